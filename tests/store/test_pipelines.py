"""What workers publish: the current snapshot of each pipeline."""

from __future__ import annotations

from dalsegno.store.pipelines import current_snapshot_ids, fetch_current, publish
from tests.drawing import draw
from tests.store.conftest import Store
from tests.store.records import at

TRAINING = draw("load -> train", name="training")
TRAINING_MENDED = draw("load -> clean -> train", name="training")
REPORT = draw("query -> mail", name="report")


def test_the_snapshot_published_last_is_current(store: Store) -> None:
    store.write(publish([TRAINING, REPORT], at(0)))
    store.write(publish([TRAINING_MENDED], at(1)))
    assert store.read(current_snapshot_ids()) == {"report": REPORT.id, "training": TRAINING_MENDED.id}
    assert store.read(fetch_current("training")) == TRAINING_MENDED
    store.write(publish([TRAINING], at(2)))
    assert store.read(fetch_current("training")) == TRAINING


def test_a_pipeline_that_nobody_has_published_is_not_there(store: Store) -> None:
    store.write(publish([], at(0)))
    assert store.read(fetch_current("training")) is None
