"""Logging in with a token, for browsers: a cookie that scripts can't read, sent to no other site."""

from __future__ import annotations

import html
from pathlib import Path
from string import Template
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dalsegno.api.access import COOKIE, Access

_SECONDS = 30 * 24 * 3600
# As the web UI looks, by itself: whoever is not known gets none of its files.
_PAGE = Template(Path(__file__).with_name("login.html").read_text("utf-8"))
_NO_TOKEN = (
    "This is not a token of this service. Paste the part after the colon of one that stands in DALSEGNO_TOKENS, "
    "without blanks."
)


class Login:
    """The pages /login and /logout."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def form(self, request: Request) -> Response:
        """Asks for a token; where none is needed, goes on."""
        target = _local(request.query_params.get("next"))
        if not self._access.needs_token:
            return RedirectResponse(target, 303)
        return _page(target)

    async def log_in(self, request: Request) -> Response:
        """Sets the cookie, and goes on to where the browser wanted to go."""
        fields = parse_qs((await request.body()).decode(errors="replace"), max_num_fields=10)
        target = _local(next(iter(fields.get("next", ())), None))
        session = self._access.session_of(next(iter(fields.get("token", ())), "").strip())
        if session is None:
            return _page(target, _NO_TOKEN, 401)
        response = RedirectResponse(target, 303)
        response.set_cookie(
            COOKIE, session, _SECONDS, httponly=True, samesite="strict", secure=request.url.scheme == "https"
        )
        return response

    async def log_out(self, request: Request) -> Response:
        """Takes the cookie away."""
        response = RedirectResponse("/login", 303)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")
        return response


def _page(target: str, problem: str = "", status: int = 200) -> Response:
    page = _PAGE.substitute(
        title=f"{'Not logged in' if problem else 'Log in'} - Dalsegno",
        problem=f'<p role="alert" id="problem">{html.escape(problem)}</p>' if problem else "",
        described=" problem" if problem else "",
        invalid=' aria-invalid="true"' if problem else "",
        target=html.escape(target),
    )
    return HTMLResponse(page, status, headers={"cache-control": "no-store"})


def _local(target: str | None) -> str:
    """A path of this service, whatever was asked for: never another site."""
    if target is None or not target.startswith("/") or target[1:2] in ("/", "\\") or not target.isprintable():
        return "/"
    return target
