"""Tags that mean something to Dalsegno itself: limits of steps, retries of runs."""

from __future__ import annotations

import pytest

from dalsegno import pipeline, step
from dalsegno.errors import InvalidDefinitionError


def a_step_with(tags: dict[str, str]) -> object:
    return step(tags=tags)(lambda_step)


def lambda_step() -> None:
    """Nothing."""


def a_pipeline_with(tags: dict[str, str]) -> object:
    @pipeline(tags=tags)
    def tagged():
        step(lambda_step)()

    return tagged


@pytest.mark.parametrize("of", [a_step_with, a_pipeline_with], ids=["of a step", "of a pipeline"])
@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"dalsegno/memory_limit": "2 gigs"}, "an amount of memory such as 2GiB"),
        ({"dalsegno/time_limit": "5m"}, "a number of seconds above 0"),
        ({"dalsegno/time_limits": "5"}, "no tag 'dalsegno/time_limits' means anything here"),
    ],
)
def test_a_limit_that_cannot_be_used_is_refused_where_it_is_defined(of, tags: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidDefinitionError, match=said):
        of(tags)


@pytest.mark.parametrize("tags", [{"dalsegno/max_retries": "x"}, {"dalsegno/retry_on": "oops"}])
def test_a_pipelines_retries_are_checked_where_it_is_defined(tags: dict[str, str]) -> None:
    with pytest.raises(InvalidDefinitionError, match="pipeline 'tagged'"):
        a_pipeline_with(tags)


def test_a_step_has_no_retries_of_runs() -> None:
    with pytest.raises(InvalidDefinitionError, match="there is 'dalsegno/memory_limit', 'dalsegno/time_limit'"):
        a_step_with({"dalsegno/max_retries": "1"})


def test_what_can_be_used_is_kept_as_it_was_given() -> None:
    tags = {"dalsegno/memory_limit": "2GiB", "dalsegno/time_limit": "90", "team": "ml"}
    assert a_step_with(tags).tags == tags  # type: ignore[attr-defined]
    retried = {"dalsegno/max_retries": "2", "dalsegno/retry_on": "failure, zlib.error"}
    assert a_pipeline_with(tags | retried).tags == tags | retried  # type: ignore[attr-defined]
