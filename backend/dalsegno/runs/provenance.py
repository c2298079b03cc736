"""What an attempt's outputs are made from, as digests: the config that its step reads, and its inputs."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

import msgspec


def digest_of(value: Any) -> str:
    """Of a JSON value, as algorithm:hex; equal values give equal digests."""
    return f"sha256:{hashlib.sha256(msgspec.json.encode(value, order='deterministic')).hexdigest()}"


def config_digest(run_config: Mapping[str, Any], step_key: str, resource_keys: Collection[str]) -> str:
    """Of the config that a step reads: its own and its resources', from a complete run config."""
    own = run_config.get("steps", {}).get(step_key, {}).get("config")
    resources = run_config.get("resources", {})
    read = {key: resources[key]["config"] for key in resource_keys if resources.get(key, {}).get("config") is not None}
    return digest_of((own, read)) if own is not None or read else _NOTHING_READ


def attempt_identity(run_id: str, step_key: str, attempt: int) -> str:
    """Stands for the digest of an output whose IO manager gave none: each attempt makes another output."""
    return f"attempt:{run_id}/{step_key}/{attempt}"


_NOTHING_READ = digest_of((None, {}))


def idempotency_key(
    root_run_id: str, step_key: str, config: str, input_digests: Mapping[str, tuple[str | None, ...]]
) -> str:
    """The same for the same step, config and inputs within a run group: 32 hex digits."""
    return digest_of((root_run_id, step_key, config, input_digests))[7:39]
