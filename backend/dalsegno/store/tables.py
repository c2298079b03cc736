"""The tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from dalsegno.runs.attempts import CapturedLog, ErrorInfo
from dalsegno.store.column_types import Instant, Json, Key, Prose

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# Descriptions of pipelines, by the hash of their content.
snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Key, primary_key=True),
    Column("pipeline_name", Key, nullable=False, index=True),
    Column("content", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

# All runs of one root, kept in the transactions that change the runs.
run_groups = Table(
    "run_groups",
    metadata,
    Column("root_run_id", Key, primary_key=True),
    Column("pipeline_name", Key, nullable=False),
    Column("status", Text, nullable=False),
    Column("newest_run_id", Key, nullable=False),
    Column("run_count", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index(None, "newest_run_id"),
    Index(None, "pipeline_name", "newest_run_id"),
    Index(None, "status", "newest_run_id"),
)

# One execution each. Run ids are UUIDv7, so their order is the order of time.
# What changes while a run goes on stands first, what may be long stands last.
runs = Table(
    "runs",
    metadata,
    Column("run_id", Key, primary_key=True),
    Column("root_run_id", Key, nullable=False),
    Column("parent_run_id", Key, ForeignKey("runs.run_id")),
    Column("pipeline_name", Key, nullable=False),
    Column("snapshot_id", Key, ForeignKey("snapshots.id"), nullable=False),
    Column("status", Text, nullable=False),
    # What the group's status is by the lineage of this run; NULL until it ends.
    Column("group_status", Text),
    Column("last_event_number", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("cancel_requested_at", Instant),
    # Who may write; NULL before it is claimed, and again when it has ended.
    Column("lease_token", Text),
    Column("lease_holder", Text),
    Column("lease_expires_at", Instant),
    Column("idempotency_scope", Key),
    Column("idempotency_key", Key),
    # Hash of the canonical arguments.
    Column("idempotency_arguments", Text),
    Column("mode", Text, nullable=False),
    Column("strategy", Text),
    Column("rest_is_settled", Boolean, nullable=False),
    Column("launched_by", Prose),
    Column("reason", Prose),
    Column("code_location", Prose),
    Column("error", Json(ErrorInfo)),
    Column("tags", Json(dict[str, str]), nullable=False),
    Column("selection", Json(tuple[str, ...])),
    Column("run_config", Json(dict[str, Any]), nullable=False),
    Column("step_keys_to_execute", Json(tuple[str, ...]), nullable=False),
    # Of those that wait the highest goes first, then the oldest.
    Column("priority", Integer, nullable=False),
    Column("cancel_requested_by", Prose),
    UniqueConstraint("idempotency_scope", "idempotency_key"),
    Index(None, "pipeline_name", "run_id"),
    Index(None, "status", "run_id"),
    Index(None, "root_run_id", "run_id"),
    Index(None, "parent_run_id"),
    Index(None, "snapshot_id"),
)
# The queue, in its order.
Index("ix_runs_queue", runs.c.status, runs.c.priority.desc(), runs.c.run_id)

# What each run was launched to do: its executed steps and the warnings.
# Apart from the runs, whose rows are rewritten often.
run_plans = Table(
    "run_plans",
    metadata,
    Column("run_id", Key, ForeignKey("runs.run_id"), primary_key=True),
    Column("plan", Text, nullable=False),
)

run_tags = Table(
    "run_tags",
    metadata,
    Column("run_id", Key, ForeignKey("runs.run_id"), nullable=False),
    Column("key", Key, nullable=False),
    Column("value", Key, nullable=False),
    PrimaryKeyConstraint("run_id", "key"),
    Index(None, "key", "value", "run_id"),
    sqlite_with_rowid=False,
)

# From here on no foreign keys to runs: these rows are written while the run's own is locked, and checking each would
# only cost; and they outlive it for a while where it is pruned.

# Steps that began, were skipped, blocked or cancelled; a planned step without a row was never reached.
steps = Table(
    "steps",
    metadata,
    Column("run_id", Key, nullable=False),
    Column("step_key", Key, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempt_count", Integer, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    # The number of the run's last event when this row last changed.
    Column("changed_at_event", BigInteger, nullable=False),
    Column("cause_step_keys", Json(tuple[str, ...])),
    Column("note", Prose),
    # Of a success with dynamic outputs: by output, the mapping keys in order.
    Column("expansions", Json(dict[str, tuple[str, ...]])),
    # Of one that waits to be tried again.
    Column("retry_at", Instant),
    PrimaryKeyConstraint("run_id", "step_key"),
    sqlite_with_rowid=False,
)

attempts = Table(
    "attempts",
    metadata,
    Column("run_id", Key, nullable=False),
    Column("step_key", Key, nullable=False),
    Column("number", Integer, nullable=False),
    Column("token", Key, nullable=False, unique=True),
    Column("status", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("worker_id", Text),
    # What its outputs are made from; all three NULL where that is not known.
    Column("code_version", Text),
    Column("config_digest", Text),
    Column("input_digests", Json(Mapping[str, tuple[str | None, ...]])),
    Column("stdout", Json(CapturedLog)),
    Column("stderr", Json(CapturedLog)),
    Column("error", Json(ErrorInfo)),
    PrimaryKeyConstraint("run_id", "step_key", "number"),
    sqlite_with_rowid=False,
)

# Outputs of successful attempts, no others.
outputs = Table(
    "outputs",
    metadata,
    Column("run_id", Key, nullable=False),
    Column("step_key", Key, nullable=False),
    Column("name", Key, nullable=False),
    # Empty for an output that is not dynamic.
    Column("mapping_key", Key, nullable=False),
    # Where it stands among the outputs of its step, from 0.
    Column("position", Integer, nullable=False),
    Column("attempt_number", Integer, nullable=False),
    Column("uri", Text),
    Column("digest", Text),
    Column("size_bytes", BigInteger),
    Column("preview", Prose),
    Column("metadata", Json(dict[str, Any])),
    PrimaryKeyConstraint("run_id", "step_key", "name", "mapping_key"),
    sqlite_with_rowid=False,
)

# The record of a run: numbered densely from 1, never changed.
events = Table(
    "events",
    metadata,
    Column("run_id", Key, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("timestamp", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("step_key", Key),
    Column("attempt", Integer),
    Column("message", Prose, nullable=False),
    # The event's own fields.
    Column("data", Json(dict[str, Any])),
    PrimaryKeyConstraint("run_id", "number"),
    sqlite_with_rowid=False,
)

# Failed runs that are to be re-executed without anybody asking: decided in the transaction that ends each of them.
automatic_retries = Table(
    "automatic_retries",
    metadata,
    Column("parent_run_id", Key, ForeignKey("runs.run_id"), primary_key=True),
    # Which of the retries in a row it is, from 1.
    Column("number", Integer, nullable=False),
    # Nothing is to be done any more: the run that was launched, or why none was, is told.
    Column("is_settled", Boolean, nullable=False),
    Column("run_id", Key),
    Column("refusal", Prose),
    Index(None, "is_settled", "parent_run_id"),
)

# What is current: of each pipeline the snapshot that was published last.
pipelines = Table(
    "pipelines",
    metadata,
    Column("name", Key, primary_key=True),
    Column("snapshot_id", Key, ForeignKey("snapshots.id"), nullable=False),
    Column("published_at", Instant, nullable=False),
)

# Who executes runs, for as long as it says that it is there; a row outlives its worker for a while.
workers = Table(
    "workers",
    metadata,
    Column("id", Key, primary_key=True),
    Column("host", Prose, nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("executor", Text, nullable=False),
    Column("code_location", Prose, nullable=False),
    # By pipeline: the snapshot that its code is now.
    Column("pipeline_snapshots", Json(dict[str, str]), nullable=False),
    # These, and older ones that a run still needs.
    Column("loaded_snapshot_ids", Json(tuple[str, ...]), nullable=False),
    # Why its code as it is now does not import.
    Column("load_error", Json(ErrorInfo)),
    Column("started_at", Instant, nullable=False),
    # By the database's clock.
    Column("last_heartbeat_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

# When a live worker last had each snapshot loaded, by the database's clock.
served_snapshots = Table(
    "served_snapshots",
    metadata,
    Column("snapshot_id", Key, ForeignKey("snapshots.id"), primary_key=True),
    Column("last_served_at", Instant, nullable=False),
)

# Many runs that are re-executed or cancelled together, by the service, one after the other.
bulks = Table(
    "bulks",
    metadata,
    Column("bulk_id", Key, primary_key=True),
    Column("action", Text, nullable=False),
    Column("strategy", Text),
    Column("total", Integer, nullable=False),
    Column("launched_by", Prose),
    Column("reason", Prose),
    Column("started_at", Instant, nullable=False),
    # When every run had its outcome, or the bulk was cancelled.
    Column("ended_at", Instant),
    Column("is_canceled", Boolean, nullable=False),
    # Which service carries it on, by the database's clock; NULL when none does.
    Column("lease_token", Text),
    Column("lease_expires_at", Instant),
    Column("idempotency_scope", Key),
    Column("idempotency_key", Key),
    Column("idempotency_arguments", Text),
    UniqueConstraint("idempotency_scope", "idempotency_key"),
)

# The runs of each bulk, as they were when it started, and what came of each.
bulk_runs = Table(
    "bulk_runs",
    metadata,
    Column("bulk_id", Key, ForeignKey("bulks.bulk_id"), nullable=False),
    # In this order they are taken.
    Column("position", Integer, nullable=False),
    Column("run_id", Key, ForeignKey("runs.run_id"), nullable=False),
    Column("outcome", Text, nullable=False),
    # The run that re-executes it.
    Column("new_run_id", Key, ForeignKey("runs.run_id")),
    # Why it was refused.
    Column("message", Prose),
    PrimaryKeyConstraint("bulk_id", "position"),
    Index(None, "bulk_id", "outcome", "position"),
    Index(None, "run_id"),
    Index(None, "new_run_id"),
    sqlite_with_rowid=False,
)

# Runs that are being deleted: nothing but this tells of them any more. Their files go first, then their last rows.
pruned_runs = Table(
    "pruned_runs",
    metadata,
    Column("run_id", Key, primary_key=True),
    Column("pruned_at", Instant, nullable=False),
)
