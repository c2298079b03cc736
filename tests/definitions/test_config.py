"""Config models: what a run config must say, and the instance that a step is given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from dalsegno import pipeline, step
from dalsegno.errors import InvalidDefinitionError, InvalidRunConfigError


class Forest(BaseModel):
    trees: int = Field(default=100, ge=1)


class TrainConfig(BaseModel):
    rate: float
    forest: Forest = Forest()
    labels: tuple[str, ...] = ()

    @field_validator("rate")
    @classmethod
    def _is_odd(cls, rate: float) -> float:
        if rate == 7:
            raise ValueError("seven is not odd enough")
        return rate


@step(config=TrainConfig)
def train(context): ...


@step
def load(): ...


def test_a_config_is_the_instance_that_the_run_config_describes():
    config = train.parse_config({"rate": 1, "forest": {"trees": 3}, "labels": ["a"]})
    assert config == TrainConfig(rate=1.0, forest=Forest(trees=3), labels=("a",))


def test_a_step_without_config_is_given_none():
    assert load.parse_config({"rate": 1}) is None
    assert load.config_schema is None


@pytest.mark.parametrize(
    ("raw", "paths"),
    [
        pytest.param(None, ["/steps/train/config/rate"], id="nothing"),
        pytest.param({"rate": "fast"}, ["/steps/train/config/rate"], id="another type"),
        pytest.param({"rate": 7}, ["/steps/train/config/rate"], id="refused by a validator"),
        pytest.param({"rate": 1, "forest": {"trees": 0}}, ["/steps/train/config/forest/trees"], id="nested"),
        pytest.param(
            {"forest": 1}, ["/steps/train/config/rate", "/steps/train/config/forest"], id="every problem at once"
        ),
        pytest.param({"rate": {1, 2}}, ["/steps/train/config/rate"], id="a set is read as a list"),
        pytest.param({"rate": object()}, ["/steps/train/config"], id="no JSON"),
        pytest.param([], ["/steps/train/config"], id="a list"),
    ],
)
def test_what_does_not_fit_is_told_with_its_path(raw, paths):
    with pytest.raises(InvalidRunConfigError) as raised:
        train.parse_config(raw)
    assert [problem.path for problem in raised.value.problems] == paths


def test_paths_are_those_of_the_placed_step():
    with pytest.raises(InvalidRunConfigError) as raised:
        train.parse_config({}, "train_2")
    assert raised.value.problems[0].path == "/steps/train_2/config/rate"


class SaysNothing(BaseModel):
    a: int = 1


class Allows(BaseModel):
    model_config = ConfigDict(extra="allow")
    inner: SaysNothing = SaysNothing()


class Ignores(BaseModel):
    model_config = ConfigDict(extra="ignore")


@pytest.mark.parametrize(("model", "additional"), [(SaysNothing, False), (Allows, True), (Ignores, None)], ids=str)
def test_unknown_keys_are_refused_unless_the_model_says_otherwise(model, additional):
    schema = step(config=model)(lambda_step).config_schema
    assert schema is not None
    assert schema.get("additionalProperties") is additional
    if model is Allows:
        assert schema["$defs"]["SaysNothing"]["additionalProperties"] is False


def lambda_step(): ...


class HasOddDefaults(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    limit: float = float("inf")
    password: SecretStr = SecretStr("sesame")
    nested: dict = {"token": SecretStr("sesame")}
    anything: object = object()
    until: date = date(2026, 1, 2)


def test_defaults_that_json_can_not_say_and_secrets_stay_with_the_model():
    configured = step(config=HasOddDefaults)(lambda_step)
    assert configured.config_schema is not None
    defaults = {
        name: one["default"] for name, one in configured.config_schema["properties"].items() if "default" in one
    }
    assert defaults == {"until": "2026-01-02"}
    config = configured.parse_config(defaults)
    assert (config.limit, config.password.get_secret_value()) == (float("inf"), "sesame")
    assert config.until == date(2026, 1, 2)


class AddsNoJson(BaseModel):
    rate: float = Field(default=1, json_schema_extra={"examples": [object()]})  # type: ignore[list-item]


class NotJson(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    function: Callable[[], int]


@pytest.mark.parametrize("model", [NotJson, AddsNoJson])
def test_a_config_that_json_can_not_say_is_a_fault_of_the_pipeline(model):
    trained = step(config=model, name="trained")(lambda_step)
    with pytest.raises(
        InvalidDefinitionError, match=f"no JSON Schema can be made of its config {model.__name__}"
    ) as raised:

        @pipeline
        def body():
            trained()

    assert raised.value.place == "step 'trained'"
