"""Which browser the tests use, and how it is started."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class ChromiumMissingError(Exception):
    """There is no browser; its message says how to get one."""


def chromium_path() -> str:
    """Where Chromium is: as CHROMIUM says, else as found on PATH. Raises ChromiumMissingError."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise ChromiumMissingError(
            "Chromium is missing (Debian, Ubuntu: apt-get install chromium); else say with CHROMIUM where it is."
        )
    return found
