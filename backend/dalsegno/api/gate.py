"""What every request passes before anything else: its name, origin, caller and size are checked."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dalsegno.api.access import COOKIE, Access, cookies_in, is_loopback
from dalsegno.api.limits import MAX_BODY_BYTES
from dalsegno.api.view import CALLER

# They tell nothing, and probes have no token.
_OPEN_PATHS = frozenset({"/healthz", "/readyz"})
_LOGIN = "/login"
# Whoever has no session, or an old one, comes in, or is seen out.
_DOORS = frozenset({_LOGIN, "/logout"})
# Pages get everything from the service itself, run no text as a script, talk to nobody else; styles they may make.
_CONTENT_SECURITY_POLICY = (
    b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    b"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Those of every response that has not its own.
_HEADERS: Mapping[bytes, bytes] = {
    b"content-security-policy": _CONTENT_SECURITY_POLICY,
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}


class Gate:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the request through, or answers it."""
        if scope["type"] not in ("http", "websocket") or scope["path"] in _OPEN_PATHS:
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope, Headers(scope=scope))
        if refusal is not None:
            await _refuse(refusal, scope, receive, send)
        elif scope["type"] == "websocket":
            await self._app(scope, receive, send)
        else:
            body = _BoundedBody(receive)
            try:
                await self._app(scope, body, _with_headers(send))
            except _BodyTooLarge:
                await _refuse(_problem(413, _TOO_LARGE), scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.get("host")
        if not self._access.allows_host(host):
            return _problem(
                421,
                f"This service is not called {host!r}. Set DALSEGNO_ALLOWED_HOSTS to the names that it is called by.",
            )
        if not self._access.allows_origin(headers.get("origin"), host):
            return _problem(403, f"Pages of {headers.get('origin')!r} may not use this service.")
        client = scope.get("client")
        if not self._access.needs_token and not (client and is_loopback(client[0])):
            return _problem(403, "This service answers its own machine alone, because DALSEGNO_TOKENS is not set.")
        if int_of(headers.get("content-length")) > MAX_BODY_BYTES:
            return _problem(413, _TOO_LARGE)
        if scope["path"] in _DOORS:
            return None
        cookie = cookies_in(headers.get("cookie")).get(COOKIE)
        caller = self._access.caller(headers.get("authorization"), cookie)
        if caller is None:
            return _who_are_you(scope, headers)
        scope[CALLER] = caller
        return None


_TOO_LARGE = f"The request's body is larger than {MAX_BODY_BYTES:,} bytes."


class _BodyTooLarge(Exception):
    """More has come than is read."""


class _BoundedBody:
    """Receives a body of unknown length, up to the bound."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._received = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > MAX_BODY_BYTES:
            raise _BodyTooLarge
        return message


def int_of(text: str | None) -> int:
    """The number that a header gives; 0 where it gives none."""
    return int(text) if text is not None and text.isdecimal() and len(text) < 19 else 0


def _who_are_you(scope: Scope, headers: Headers) -> Response:
    if scope.get("method") == "GET" and "text/html" in headers.get("accept", ""):
        query = scope["query_string"].decode("latin-1")
        wanted = quote(scope["path"]) + (f"?{query}" if query else "")
        return RedirectResponse(f"{_LOGIN}?next={quote(wanted)}", 303)
    if "authorization" in headers:
        said = "This is not a token of this service."
    else:
        said = "This service asks for a token: send it as `Authorization: Bearer TOKEN`, or log in at /login."
    response = _problem(401, said)
    response.headers["www-authenticate"] = "Bearer"
    return response


def _problem(status: int, message: str) -> Response:
    return JSONResponse({"errors": [{"message": message}]}, status)


async def _refuse(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http" or "websocket.http.response" in scope.get("extensions", {}):
        await response(scope, receive, _with_headers(send))
    else:
        # Closed before it was accepted: the handshake is answered with 403.
        await send({"type": "websocket.close", "code": 1008})


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            own = list(message.get("headers", ()))
            names = {name for name, _ in own}
            message["headers"] = [*own, *((name, value) for name, value in _HEADERS.items() if name not in names)]
        await send(message)

    return send_with_headers
