"""`/healthz` and `/readyz`: whether the service lives, and whether it can do its work."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dalsegno.errors import StoreUnavailableError
from dalsegno.store.database import Database
from dalsegno.store.schema import HEAD_REVISION

# Who asks waits a few seconds himself.
_SECONDS = 3.0


async def is_alive(_request: Request) -> Response:
    """200, as long as requests are answered at all."""
    return JSONResponse({"status": "ok"})


class Readiness:
    """Whether the service can do its work. Anybody may ask, so where the database is, is not told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def answer(self, _request: Request) -> Response:
        """200 where the database answers and has this version's schema, else 503, with the reason for each."""
        try:
            found = await asyncio.wait_for(self._database.revision_async(), _SECONDS)
        except StoreUnavailableError:
            return _not_ready(database="can't be read", schema="not known")
        except TimeoutError:
            return _not_ready(database=f"has not answered within {_SECONDS:g} s", schema="not known")
        if found != HEAD_REVISION:
            problem = f"is {found or 'none of ours'}, this version works with {HEAD_REVISION}; run `dalsegno migrate`"
            return _not_ready(database="ok", schema=problem)
        return JSONResponse({"status": "ok", "database": "ok", "schema": "ok"})


def _not_ready(**reasons: str) -> Response:
    return JSONResponse({"status": "unavailable", **reasons}, 503)
