"""What all errors have in common: fields, a sentence for people, a way across process borders."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(eq=False, kw_only=True)
class DalsegnoError(Exception):
    """The base of every error that Dalsegno raises on purpose."""

    @property
    def message(self) -> str:
        """One sentence for people: what is wrong, and what to do."""
        return (self.__doc__ or type(self).__name__).strip().split("\n\n")[0]

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process borders; Exception's own way would lose the keyword-only fields.
        return _rebuild, (type(self), {field.name: getattr(self, field.name) for field in fields(self)})


def _rebuild(kind: type[DalsegnoError], values: dict[str, Any]) -> DalsegnoError:
    return kind(**values)
