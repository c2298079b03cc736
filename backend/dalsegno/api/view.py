"""GraphQL over HTTP and WebSocket."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from dalsegno.api.access import Caller
from dalsegno.api.context import RequestContext, Service
from dalsegno.api.schema import Schema

# Where the gate leaves who asks.
CALLER = "dalsegno.caller"

# A database can't keep it in a text, and no name or id has one.
_NUL = b"\\u0000"
_CONNECTION_INIT = timedelta(seconds=10)
_SUBSCRIPTIONS_PER_CONNECTION = 100
# GraphiQL's scripts come from the Internet, each checked against its hash; what they read goes nowhere.
_GRAPHIQL_POLICY = (
    "default-src 'self' https: data: 'unsafe-inline'; connect-src 'self'; worker-src blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_GRAPHIQL_LOADING = "Loading..."
_GRAPHIQL_ABSENT = (
    "<main style='font: 16px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 12vh auto; padding: 0 1.5rem'>"
    "<h1>GraphQL</h1><p>An editor for queries is being loaded from the Internet; without that, it can't be had. "
    "Programs send their queries here by POST; <code>dalsegno schema</code> prints the schema.</p>"
    "<p><a href='/'>To the runs</a></p></main>"
)
_encoder = msgspec.json.Encoder()


class GraphQLView(GraphQL[RequestContext, None]):
    """POST: queries and mutations. GET: GraphiQL. WebSocket: all, by graphql-transport-ws."""

    def __init__(self, schema: Schema, service: Service) -> None:
        super().__init__(
            schema,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=_CONNECTION_INIT,
            max_subscriptions_per_connection=_SUBSCRIPTIONS_PER_CONNECTION,
            # Origins are checked before a request comes here, and against the names that the service is called by.
            allowed_origins=("*",),
        )
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As an ASGI application."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        try:
            response = await self.run(Request(scope, receive))
        except HTTPException as refusal:
            response = JSONResponse({"errors": [{"message": refusal.reason}]}, refusal.status_code)
        await response(scope, receive, send)

    async def render_graphql_ide(self, request: Request) -> Response:
        """GraphiQL; where it can't be loaded, what stands there says so."""
        page = self.graphql_ide_html.replace(_GRAPHIQL_LOADING, _GRAPHIQL_ABSENT)
        return HTMLResponse(page, headers={"content-security-policy": _GRAPHIQL_POLICY})

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> RequestContext:
        """What resolvers work with."""
        caller: Caller = request.scope[CALLER]
        return RequestContext(self._service, caller)

    def decode_json(self, data: str | bytes) -> object:
        """The object in a body or a message. Raises HTTPException, or JSONDecodeError for a message."""
        raw = data.encode(errors="surrogatepass") if isinstance(data, str) else data
        try:
            document: Any = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _not_json(f"it is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise _not_json('it is not an object such as {"query": "{ version }"}')
        if _NUL in raw:
            raise _not_json("it holds a NUL character (\\u0000), which can't be kept")
        return document

    def encode_json(self, data: object) -> str:
        """As text: bytes would go over a WebSocket as binary messages."""
        return _encoder.encode(data).decode()

    def parse_json(self, data: str | bytes) -> Any:
        """As `decode_json`, for a body."""
        try:
            return self.decode_json(data)
        except json.JSONDecodeError as error:
            raise HTTPException(400, f"The request's body can't be used: {error.msg}.") from error


def _not_json(problem: str) -> json.JSONDecodeError:
    return json.JSONDecodeError(problem, "", 0)
