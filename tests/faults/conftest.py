"""Sites for workers, as in the tests of workers."""

from __future__ import annotations

from tests.worker.conftest import site, sqlite_site

__all__ = ["site", "sqlite_site"]
