"""The client's tests work with the service's fixtures."""

from __future__ import annotations

from tests.api.conftest import chain, instance, script, service_url, settings, storage

__all__ = ["chain", "instance", "script", "service_url", "settings", "storage"]
