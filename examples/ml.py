"""Trains a classifier of tumours, tests it and draws its mistakes. `test` has a bug to mend: see there.

The data are the 569 rows of scikit-learn's breast cancer set. `train` is the costly step: a search over random forests.
"""

from __future__ import annotations

import base64
import io

from matplotlib.figure import Figure
from pydantic import BaseModel, Field
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, confusion_matrix
from sklearn.model_selection import GridSearchCV, train_test_split

from dalsegno import Out, Output, StepContext, pipeline, step


class LoadConfig(BaseModel):
    """Which rows are kept for the test."""

    test_share: float = Field(default=0.3, gt=0, lt=1)
    seed: int = 0


class TrainConfig(BaseModel):
    """Which forests are tried."""

    trees: list[int] = [100, 200]
    depths: list[int] = [2, 4, 8]
    folds: int = Field(default=4, ge=2)
    seed: int = 0


@step(out={"training": Out(tuple, "rows and labels"), "held_out": Out(tuple, "rows and labels")}, config=LoadConfig)
def load(context: StepContext):
    """Splits the data into what is learned from and what is judged by."""
    rows, labels = load_breast_cancer(return_X_y=True)
    training_rows, held_out_rows, training_labels, held_out_labels = train_test_split(
        rows, labels, test_size=context.config.test_share, random_state=context.config.seed, stratify=labels
    )
    context.log.info("%d rows to learn from, %d held out", len(training_rows), len(held_out_rows))
    yield Output((training_rows, training_labels), "training", metadata={"rows": len(training_rows)})
    yield Output((held_out_rows, held_out_labels), "held_out", metadata={"rows": len(held_out_rows)})


@step(config=TrainConfig, tags={"cost": "high"})
def train(context: StepContext, training) -> RandomForestClassifier:
    """Finds the best forest: the costly step."""
    rows, labels = training
    config = context.config
    search = GridSearchCV(
        RandomForestClassifier(random_state=config.seed),
        {"n_estimators": config.trees, "max_depth": config.depths},
        cv=config.folds,
    )
    search.fit(rows, labels)
    context.log.info("best of %d forests: %s", len(search.cv_results_["params"]), search.best_params_)
    context.add_output_metadata({**search.best_params_, "accuracy in training": search.best_score_})
    return search.best_estimator_


@step
def test(context: StepContext, model, held_out) -> dict:
    """Judges the model by rows that it has not seen."""
    rows, labels = held_out
    # The bug to mend: a forest has no method `predictions`. Write `predict`.
    predicted = model.predictions(rows)
    accuracy = float(accuracy_score(labels, predicted))
    context.add_output_metadata({"accuracy": accuracy})
    return {"accuracy": accuracy, "confusion": confusion_matrix(labels, predicted).tolist()}


@step
def analyses(context: StepContext, report: dict) -> str:
    """Draws which tumours were taken for which; the plot is metadata of the output."""
    figure = Figure(figsize=(4, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(report["confusion"], cmap="Blues")
    for row, counts in enumerate(report["confusion"]):
        for column, count in enumerate(counts):
            axes.text(column, row, str(count), ha="center", va="center")
    kinds = ["malignant", "benign"]
    axes.set(xticks=[0, 1], xticklabels=kinds, yticks=[0, 1], yticklabels=kinds, xlabel="taken for", ylabel="is")
    png = io.BytesIO()
    figure.savefig(png, format="png")
    plot = base64.b64encode(png.getvalue()).decode("ascii")
    context.add_output_metadata({"confusion matrix": {"media_type": "image/png", "data": plot}})
    return f"{report['accuracy']:.1%} of the tumours that were held out are told rightly."


@pipeline
def train_and_analyse():
    """From the data to a drawing of the model's mistakes."""
    training, held_out = load()
    analyses(test(train(training), held_out))
