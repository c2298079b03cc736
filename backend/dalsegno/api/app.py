"""The service as an ASGI application, and the server that runs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute

from dalsegno.api.access import Access
from dalsegno.api.bulk_carrier import BulkCarrier
from dalsegno.api.context import Service
from dalsegno.api.gate import Gate
from dalsegno.api.limits import MAX_BODY_BYTES
from dalsegno.api.login import Login
from dalsegno.api.metrics import MetricsPage
from dalsegno.api.readiness import Readiness, is_alive
from dalsegno.api.schema import schema
from dalsegno.api.view import GraphQLView
from dalsegno.api.web_ui import FOLDER, WebUI
from dalsegno.output_storage import OutputStorage
from dalsegno.settings import Settings
from dalsegno.store.changes import Changes
from dalsegno.store.database import Database

# How long open subscriptions and requests may take to end when the server stops.
_GRACE_SECONDS = 3


def create_app(
    settings: Settings, database: Database, storage: OutputStorage, *, web_folder: Path = FOLDER
) -> Starlette:
    """The service on an open database and its outputs; who opened them closes them, after the application has ended.

    `web_folder` holds the built web UI.
    """
    service = Service(database=database, storage=storage, settings=settings, changes=Changes(database))
    access = Access.of(settings)
    login = Login(access)
    graphql = GraphQLView(schema(), service)
    web_ui = WebUI(web_folder)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        carrier = BulkCarrier(service)
        carrying = asyncio.create_task(carrier.run())
        watching = asyncio.create_task(service.abandoned_runs.watch())
        try:
            yield
        finally:
            await service.abandoned_runs.stop(watching, _GRACE_SECONDS)
            await carrier.stop(carrying, _GRACE_SECONDS)
            service.changes.close()
            await database.close_async()

    return Starlette(
        routes=[
            Route("/graphql", graphql),
            WebSocketRoute("/graphql", graphql),
            Route("/healthz", is_alive),
            Route("/readyz", Readiness(database).answer),
            Route("/metrics", MetricsPage(database, service.metrics).answer),
            Route("/login", login.form),
            Route("/login", login.log_in, methods=["POST"]),
            Route("/logout", login.log_out, methods=["POST"]),
            *web_ui.routes(),
        ],
        exception_handlers={404: web_ui.answer},
        middleware=[Middleware(Gate, access=access)],
        lifespan=lifespan,
    )


def create_server(app: Starlette, host: str, port: int) -> uvicorn.Server:
    """A server that is not running yet: `run()` blocks, `serve()` is for a running event loop."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws_max_size=MAX_BODY_BYTES,
        # Its lines go where ours do.
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return uvicorn.Server(config)
