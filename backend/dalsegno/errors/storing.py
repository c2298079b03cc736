"""Errors of the database, of stored outputs."""

from __future__ import annotations

from dataclasses import dataclass

from dalsegno.errors.base import DalsegnoError


@dataclass(eq=False, kw_only=True)
class StoreUnavailableError(DalsegnoError):
    """The database can't be read or written."""

    # The database as people name it, without a password.
    database: str
    problem: str
    # Waiting may be enough: its server is away, or another process has it locked.
    may_pass: bool = False

    @property
    def message(self) -> str:
        return (
            f"The database {self.database} can't be used: {self.problem}. Nothing was changed; mend that and try again."
        )


@dataclass(eq=False, kw_only=True)
class SchemaVersionError(DalsegnoError):
    """The database's schema is not the one that this version works with."""

    database: str
    found: str | None
    expected: str

    @property
    def message(self) -> str:
        return (
            f"The database {self.database} has schema {self.found or 'none of ours'}, this version works with "
            f"{self.expected}. Run `dalsegno migrate` with the newest version installed."
        )


@dataclass(eq=False, kw_only=True)
class OutputNotStoredError(DalsegnoError):
    """An output could not be stored, so its step has not succeeded."""

    step_key: str
    output_name: str
    uri: str | None
    problem: str

    @property
    def message(self) -> str:
        where = f" at {self.uri}" if self.uri else ""
        return f"Output {self.output_name!r} of step {self.step_key!r} could not be stored{where}: {self.problem}"


@dataclass(eq=False, kw_only=True)
class OutputUnavailableError(DalsegnoError):
    """A recorded output is gone or damaged."""

    run_id: str
    step_key: str
    output_name: str
    uri: str | None
    problem: str

    @property
    def message(self) -> str:
        where = f" ({self.uri})" if self.uri else ""
        return (
            f"Output {self.output_name!r} of step {self.step_key!r} in run {self.run_id} can't be loaded: "
            f"{self.problem}{where}. Re-execute {self.step_key!r} to make it again."
        )


@dataclass(eq=False, kw_only=True)
class FilesNotDeletedError(DalsegnoError):
    """Stored files that are to go could not be deleted, or not even listed."""

    # The run whose files they are; None where the storage as a whole could not be looked at.
    run_id: str | None
    problem: str

    @property
    def message(self) -> str:
        what = "The storage can't be cleared" if self.run_id is None else f"Files of run {self.run_id} can't be deleted"
        return f"{what}: {self.problem}. Mend that and prune again; it goes on where it was."
