"""The examples define what they say, and their steps work as plain functions."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from dalsegno import StepContext
from dalsegno.definitions.repository import load_pipelines

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL = {"trees": [5], "depths": [2], "folds": 2}


def load(name):
    (pipeline,) = load_pipelines(file=EXAMPLES / name).pipelines.values()
    return pipeline


def run(pipeline, step_key, inputs, config=None):
    """The outputs of one step by name, with the context that it had."""
    definition = pipeline.steps[step_key].definition
    context = StepContext(
        step_key=step_key, config=definition.parse_config(config), output_names=tuple(definition.outputs)
    )
    return {one.output_name: one.value for one in definition.invoke(context, inputs)}, context


def test_the_unreliable_pipeline_fails_and_succeeds(monkeypatch):
    pipeline = load("unreliable.py")
    assert list(pipeline.steps) == ["unreliable_start", "unreliable", "unreliable_end"]
    unreliable = pipeline.steps["unreliable"].definition
    for chance, ends_well in ((0.49, False), (0.5, True)):
        monkeypatch.setitem(unreliable.function.__globals__, "random", lambda chance=chance: chance)
        if ends_well:
            assert unreliable(None, 7) == 7
        else:
            with pytest.raises(RuntimeError, match="Half of the time"):
                unreliable(None, 7)


def test_the_machine_learning_pipeline_fails_at_its_bug_and_works_once_it_is_mended(tmp_path):
    broken = load("ml.py")
    assert broken.name == "train_and_analyse"
    assert list(broken.steps) == ["load", "train", "test", "analyses"]
    split, _ = run(broken, "load", {})
    model, trained = run(broken, "train", {"training": split["training"]}, SMALL)
    assert trained.take_output_metadata("result")["n_estimators"] == 5
    judged = {"model": model["result"], "held_out": split["held_out"]}
    with pytest.raises(AttributeError, match="'RandomForestClassifier' object has no attribute 'predictions'"):
        run(broken, "test", judged)

    text = (EXAMPLES / "ml.py").read_text()
    assert text.count("model.predictions(") == 1
    (tmp_path / "ml.py").write_text(text.replace("model.predictions(", "model.predict("))
    (mended,) = load_pipelines(file=tmp_path / "ml.py").pipelines.values()
    report, _ = run(mended, "test", judged)
    assert report["result"]["accuracy"] > 0.85
    words, analysed = run(mended, "analyses", {"report": report["result"]})
    assert "told rightly" in words["result"]
    plot = analysed.take_output_metadata("result")["confusion matrix"]
    assert plot["media_type"] == "image/png"
    assert base64.b64decode(plot["data"]).startswith(b"\x89PNG")

    versions = [{key: one.code_version for key, one in each.snapshot.by_key.items()} for each in (broken, mended)]
    assert [key for key in versions[0] if versions[0][key] != versions[1][key]] == ["test"]
