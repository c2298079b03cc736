"""How much more memory an attempt may take than its process has already. Linux only: elsewhere there is no limit."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dalsegno.errors import MemoryLimitExceededError
from dalsegno.quantities import shown_bytes

# Pages of data, and of stacks, of this process; the sixth number.
_PAGES = Path("/proc/self/statm")


@contextmanager
def limited_memory(limit_bytes: int | None, step_key: str) -> Iterator[None]:
    """Within, what would take more memory than this raises MemoryError; MemoryLimitExceededError comes of that.

    Every process that is started within may take as much as this one in all.
    """
    if limit_bytes is None or not _PAGES.exists():
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = _data_bytes() + limit_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard < 0 else min(wanted, hard), hard))
    try:
        yield
    except MemoryError as error:
        # First, so that there is memory to tell it.
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
        raise MemoryLimitExceededError(step_key=step_key, limit=shown_bytes(limit_bytes)) from error
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _data_bytes() -> int:
    return int(_PAGES.read_text().split()[5]) * resource.getpagesize()
