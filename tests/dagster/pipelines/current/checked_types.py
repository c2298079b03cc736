"""Types are checked as steps run, declared or annotated; inputs have defaults, or values in the run config."""

from typing import List, Optional

from dagster import In, Out, job, op


class Account:
    def __init__(self, owner):
        self.owner = owner


@op(config_schema=str)
def opened(context) -> Account:
    if context.op_config == "":
        return None
    return Account(context.op_config)


@op
def owner(account: Account) -> str:
    return account.owner


@op(ins={"times": In(int, default_value=2), "text": In(str)})
def repeat(text, times):
    return text * times


@op
def greeted(name: str, greeting: str = "Hello", mark: Optional[str] = None) -> str:
    return f"{greeting} {name}{mark or ''}"


@op
def counted(text: str, words: List[str]) -> int:
    return len(text) + len(words)


@op(out=Out(int))
def given_a_text(text):
    return text


@job
def accounts():
    name = owner(opened())
    text = repeat(greeted(name))
    counted(text)


@job
def wrong():
    given_a_text(owner(opened()))


def runs(instance, folder, reconstructable):
    def config(owner, **greeted):
        inputs = {name: {"value": value} for name, value in greeted.items()}
        return {
            "ops": {
                "opened": {"config": owner},
                "greeted": {"inputs": inputs},
                "counted": {"inputs": {"words": ["a", "b"]}},
            }
        }

    result = accounts.execute_in_process(run_config=config("Ada"))
    yield result, {"text": result.output_for_node("repeat"), "counted": result.output_for_node("counted")}
    result = accounts.execute_in_process(run_config=config("Ada", greeting="Bye"))
    yield result, {"text": result.output_for_node("repeat")}
    result = accounts.execute_in_process(run_config=config(""), raise_on_error=False)
    yield result, {"failed": result.is_node_failed("opened")}
    result = wrong.execute_in_process(run_config={"ops": {"opened": {"config": "Bo"}}}, raise_on_error=False)
    yield result, {"owner": result.output_for_node("owner")}
