"""Logging in with a token, for browsers: a cookie that scripts can't read, sent to no other site."""

from __future__ import annotations

import html
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dalsegno.api.access import COOKIE, Access

_SECONDS = 30 * 24 * 3600
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Log in - Dalsegno</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; display: grid; place-items: center; min-height: 90vh; margin: 0 }}
  form {{ display: grid; gap: .75rem; width: min(22rem, 90vw) }}
  input, button {{ font: inherit; padding: .5rem .75rem }}
  [role=alert] {{ color: #b00020; margin: 0 }}
</style>
<form method="post">
  <h1>Dalsegno</h1>
  {problem}
  <label for="token">Token</label>
  <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
  <input type="hidden" name="next" value="{target}">
  <button>Log in</button>
</form>
</html>
"""


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
            return _page(target, "This is not a token of this service.", 401)
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
    shown = f'<p role="alert">{html.escape(problem)}</p>' if problem else ""
    return HTMLResponse(_PAGE.format(problem=shown, target=html.escape(target)), status)


def _local(target: str | None) -> str:
    """A path of this service, whatever was asked for: never another site."""
    if target is None or not target.startswith("/") or target[1:2] in ("/", "\\") or not target.isprintable():
        return "/graphql"
    return target
