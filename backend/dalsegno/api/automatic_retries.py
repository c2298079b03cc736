"""Re-executions that nobody asked for: the tags of the run that failed did."""

from __future__ import annotations

import strawberry

from dalsegno.api.fields import shown
from dalsegno.store.automatic_retries import AutomaticRetry as RetryRecord


@shown
class AutomaticRetry:
    """What follows a failed run by itself; without both a run and a refusal it is still to come."""

    number: int = strawberry.field(description="Which one in its row, from 1.")
    run_id: strawberry.ID | None = strawberry.field(description="The run that was launched.")
    refusal: str | None = strawberry.field(description="Why none was launched, for people.")

    @staticmethod
    def of(retry: RetryRecord) -> AutomaticRetry:
        """The same as a record holds it."""
        run_id = None if retry.run_id is None else strawberry.ID(retry.run_id)
        return AutomaticRetry(number=retry.number, run_id=run_id, refusal=retry.refusal)
