"""Every error raised on purpose: a class per situation, its fields, and a sentence that says what to do next."""

from __future__ import annotations

from dalsegno.errors.asking import (
    BulkNotFoundError,
    InvalidArgumentsError,
    InvalidCursorError,
    InvalidPageError,
    InvalidSettingError,
    PermissionDeniedError,
    RunAlreadyFinishedError,
    RunNotFoundError,
    RunTimeoutError,
    ServiceError,
)
from dalsegno.errors.authoring import (
    CodeLoadError,
    InvalidDefinitionError,
    InvalidOutputError,
    PipelineNotFoundError,
)
from dalsegno.errors.base import DalsegnoError
from dalsegno.errors.executing import (
    CancelRequestedError,
    CodeChangedError,
    LeaseLostError,
    MemoryLimitExceededError,
    StepProcessDiedError,
    TimeLimitExceededError,
    WorkerLostError,
)
from dalsegno.errors.launching import (
    BulkCountChangedError,
    ConfigProblem,
    IdempotencyConflictError,
    InvalidRunConfigError,
    InvalidSelectionError,
    InvalidTagError,
    MissingOutput,
    MissingOutputsError,
    ReexecutionNotAllowedError,
    StalePlanError,
)
from dalsegno.errors.storing import (
    FilesNotDeletedError,
    OutputNotStoredError,
    OutputUnavailableError,
    SchemaVersionError,
    StoreUnavailableError,
)

__all__ = [
    "BulkCountChangedError",
    "BulkNotFoundError",
    "CancelRequestedError",
    "CodeChangedError",
    "CodeLoadError",
    "ConfigProblem",
    "DalsegnoError",
    "FilesNotDeletedError",
    "IdempotencyConflictError",
    "InvalidArgumentsError",
    "InvalidCursorError",
    "InvalidDefinitionError",
    "InvalidOutputError",
    "InvalidPageError",
    "InvalidRunConfigError",
    "InvalidSelectionError",
    "InvalidSettingError",
    "InvalidTagError",
    "LeaseLostError",
    "MemoryLimitExceededError",
    "MissingOutput",
    "MissingOutputsError",
    "OutputNotStoredError",
    "OutputUnavailableError",
    "PermissionDeniedError",
    "PipelineNotFoundError",
    "ReexecutionNotAllowedError",
    "RunAlreadyFinishedError",
    "RunNotFoundError",
    "RunTimeoutError",
    "SchemaVersionError",
    "ServiceError",
    "StalePlanError",
    "StepProcessDiedError",
    "StoreUnavailableError",
    "TimeLimitExceededError",
    "WorkerLostError",
]

# By this name they are recorded and pickled: in which file one stands concerns nobody.
for _name in __all__:
    globals()[_name].__module__ = __name__
