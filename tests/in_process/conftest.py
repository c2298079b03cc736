"""An instance to run pipelines on, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dalsegno import Instance


@pytest.fixture
def instance(database_url: str, tmp_path: Path) -> Iterator[Instance]:
    """With outputs in a folder of its own."""
    with Instance.open(database_url, storage_url=str(tmp_path / "storage")) as opened:
        yield opened
