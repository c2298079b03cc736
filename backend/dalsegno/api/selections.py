"""What a selection picks."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import strawberry

from dalsegno.api.errors import InvalidSelectionError
from dalsegno.api.fields import shown


@shown
class StepSelection:
    """The steps that a selection picks."""

    step_keys: list[str]


StepSelectionResult: TypeAlias = Annotated[
    StepSelection | InvalidSelectionError, strawberry.union("StepSelectionResult")
]
