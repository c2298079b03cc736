"""Who asks: what a client may offer to its user."""

from __future__ import annotations

import strawberry

from dalsegno.api.context import Info
from dalsegno.api.fields import computed, shown
from dalsegno.settings import Role


@shown
class Me:
    """The caller, as the service knows it."""

    name: str = strawberry.field(description="As in launchedBy.")
    can_launch: bool = strawberry.field(description="May launch and cancel runs; else may only look.")
    uses_token: bool = strawberry.field(description="Is known by a token, so that logging out means something.")


@strawberry.type
class MeQueries:
    """Fields of Query on the caller."""

    @computed
    def me(self, info: Info) -> Me:
        """Who asks, and what that caller may do."""
        caller = info.context.caller
        return Me(
            name=caller.name,
            can_launch=caller.role is Role.OPERATOR,
            uses_token=bool(info.context.service.settings.tokens),
        )
