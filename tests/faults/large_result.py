"""A result of more than 2 GiB, through a worker: too slow for every test run, and the real thing.

python -m tests.faults.large_result [BYTES]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from dalsegno.runs.status import RunStatus
from tests.worker.site import shared_site

# More than the system takes, or gives, in one call.
BYTES = (1 << 31) + 7
CODE = """
@step
def gives(size):
    return bytes(size)

@step
def is_given(value):
    return len(value)

@pipeline
def large():
    is_given(gives())
"""


def main() -> None:
    """Executes a run whose first step gives so many bytes to the second, and says how long each took."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else BYTES
    with (
        tempfile.TemporaryDirectory() as folder,
        shared_site(Path(folder), CODE) as site,
    ):
        run_id = site.launch("large", run_config={"steps": {"gives": {"inputs": {"size": size}}}})
        run = site.ended(run_id, seconds=600)
        assert run.status is RunStatus.SUCCESS, run.error
        assert site.value(run_id, "is_given") == size
        for key, state in site.instance.step_states(run_id).items():
            (attempt,) = state.attempts
            assert attempt.ended_at is not None
            print(f"{key}: {(attempt.ended_at - attempt.started_at).total_seconds():.1f} s")


if __name__ == "__main__":
    main()
