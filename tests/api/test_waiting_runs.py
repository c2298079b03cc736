"""Runs that wait: whose turn it is, and what each waits for."""

from __future__ import annotations

from dalsegno import execute_pipeline


async def test_a_priority_that_is_no_number_is_refused_and_nothing_is_stored(service, chain):
    service.serve(chain)
    query = """
    mutation($tags: [TagInput!]) {
      launchRun(pipelineName: "chain", tags: $tags) { __typename }
    }
    """
    (error,) = await service.errors(query, tags=[{"key": "dalsegno/priority", "value": "high"}])
    assert error["extensions"]["code"] == "INVALID_TAG"
    assert "whole number" in error["message"]
    assert (await service.ask("{ runs { totalCount } }"))["runs"]["totalCount"] == 0


async def test_a_queued_run_tells_what_it_waits_for(service, chain):
    service.publish(chain)
    query = "{ runs { edges { node { status whyQueued } } } }"
    await service.ask('mutation { launchRun(pipelineName: "chain") { __typename } }')
    (edge,) = (await service.ask(query))["runs"]["edges"]
    assert edge["node"]["status"] == "QUEUED"
    assert "No live worker" in edge["node"]["whyQueued"]
    service.serve(chain)
    (edge,) = (await service.ask(query))["runs"]["edges"]
    assert "waits for its turn" in edge["node"]["whyQueued"]


async def test_a_run_that_does_not_wait_says_nothing_of_it(service, chain):
    execute_pipeline(chain, instance=service.instance)
    (edge,) = (await service.ask("{ runs { edges { node { whyQueued } } } }"))["runs"]["edges"]
    assert edge["node"]["whyQueued"] is None
