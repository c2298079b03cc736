"""Sites for workers, as in the tests of workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worker.site import Site


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """On each database."""
    made = Site(tmp_path, database_url)
    yield made
    made.close()


@pytest.fixture
def sqlite_site(tmp_path: Path) -> Iterator[Site]:
    """Where the database does not matter."""
    made = Site(tmp_path, f"sqlite:///{tmp_path}/dalsegno.db")
    yield made
    made.close()
