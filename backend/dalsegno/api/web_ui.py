"""The web UI's files as they were built into the package, for browsers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

# Built by backend/hatch_build.py; git knows nothing of it.
FOLDER = Path(__file__).parents[1] / "_web"
# Their names hold a hash of their content.
_ASSETS = "/assets"
_FOR_EVER = "max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_NOT_BUILT = Path(__file__).with_name("web_ui_missing.html")


class WebUI:
    """What a browser gets of the service, besides GraphQL."""

    def __init__(self, folder: Path) -> None:
        self._index = folder / "index.html"
        self._is_built = self._index.is_file()
        self._assets = folder / _ASSETS.strip("/")
        # Such as /favicon.svg. Known by name, so no path leads out of the folder.
        self._files = {f"/{file.name}": file for file in folder.glob("[!.]*.*")} if self._is_built else {}

    def routes(self) -> list[BaseRoute]:
        """Those of the files whose content never changes."""
        if not self._is_built:
            return []
        return [Mount(_ASSETS, GZipMiddleware(_Assets(directory=self._assets), compresslevel=6))]

    async def answer(self, request: Request, _not_found: Exception) -> Response:
        """For paths that no route has: the UI, which knows more of them, to whoever wants a page; else 404."""
        path = request.url.path
        if request.method in ("GET", "HEAD") and not path.startswith(f"{_ASSETS}/"):
            if path in self._files:
                return FileResponse(self._files[path], headers={"cache-control": _ASK_AGAIN})
            if path == "/" or "text/html" in request.headers.get("accept", ""):
                return self._page()
        return JSONResponse({"errors": [{"message": f"There is nothing at {path}. GraphQL is at /graphql."}]}, 404)

    def _page(self) -> Response:
        if self._is_built:
            return FileResponse(self._index, headers={"cache-control": _ASK_AGAIN})
        return FileResponse(_NOT_BUILT, 503, headers={"cache-control": "no-store"})


class _Assets(StaticFiles):
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """As it is, to be kept for ever."""
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = _FOR_EVER
        return response
