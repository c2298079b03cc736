"""When a failed run is re-executed from failure without anybody asking: as tags of the run, or its pipeline, say.

1. `dalsegno/max_retries`: so many times in a row at most. Who re-executes by hand begins a new row.
2. `dalsegno/retry_on`: only where one of the failures is of these kinds, parted by commas: `failure` (any, as without
   the tag), `worker_lost`, or the name of an exception's class, with its module or without. What caused an exception
   counts as well.
3. A run that was cancelled is never re-executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from dalsegno.errors import InvalidTagError, WorkerLostError
from dalsegno.runs.attempts import ErrorInfo

MAX_RETRIES_TAG = "dalsegno/max_retries"
RETRY_ON_TAG = "dalsegno/retry_on"
# On a run that was launched so: which one in its row, from 1. Nobody else gives it.
RETRY_NUMBER_TAG = "dalsegno/retry_number"
LAUNCHED_BY = "automatic retry"

MOST_RETRIES = 100
_ANY = "failure"
_WORKER_LOST = "worker_lost"
# The name of a class: a word alone begins with a capital, so that a slip in the others is seen.
_CLASS_NAME = re.compile(r"[A-Z]\w*|[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


def check_retry_tags(tags: Mapping[str, str]) -> None:
    """Raises InvalidTagError where these tags, as somebody gives them, can't be used."""
    _max_retries(tags)
    _kinds(tags)
    if RETRY_NUMBER_TAG in tags:
        problem = "it is set by Dalsegno alone, on the runs that it launches by itself; leave it out"
        raise InvalidTagError(key=RETRY_NUMBER_TAG, value=tags[RETRY_NUMBER_TAG], problem=problem)


def retry_number(tags: Mapping[str, str]) -> int | None:
    """Of a run with these tags: which automatic retry in its row it is, from 1; None: it is none."""
    text = tags.get(RETRY_NUMBER_TAG, "")
    return int(text) if text.isascii() and text.isdigit() else None


def max_retries(run_tags: Mapping[str, str], pipeline_tags: Mapping[str, str]) -> int:
    """How many automatic retries in a row a run has, as its tags and those of its pipeline say."""
    try:
        return _max_retries({**pipeline_tags, **run_tags})
    except InvalidTagError:
        # Stored before anybody checked it: it asks for nothing.
        return 0


def number_of_retry(
    run_tags: Mapping[str, str], pipeline_tags: Mapping[str, str], errors: Sequence[ErrorInfo]
) -> int | None:
    """Of a run that failed for these reasons: which automatic retry follows, from 1; None: none does."""
    tags = {**pipeline_tags, **run_tags}
    try:
        number = int(run_tags.get(RETRY_NUMBER_TAG, 0)) + 1
        most, kinds = _max_retries(tags), _kinds(tags)
    except (InvalidTagError, ValueError):
        # Stored before anybody checked them: they ask for nothing.
        return None
    if number > most:
        return None
    return number if _ANY in kinds or any(_is_of(kinds, one) for error in errors for one in _chain(error)) else None


def _max_retries(tags: Mapping[str, str]) -> int:
    text = tags.get(MAX_RETRIES_TAG, "0")
    if not (text.isascii() and text.isdigit()) or int(text) > MOST_RETRIES:
        problem = f"it must be a whole number from 0 to {MOST_RETRIES}: so often a failed run is re-executed by itself"
        raise InvalidTagError(key=MAX_RETRIES_TAG, value=text, problem=problem)
    return int(text)


def _kinds(tags: Mapping[str, str]) -> frozenset[str]:
    text = tags.get(RETRY_ON_TAG, _ANY)
    kinds = [one.strip() for one in text.split(",")]
    for kind in kinds:
        if kind not in (_ANY, _WORKER_LOST) and not _CLASS_NAME.fullmatch(kind):
            problem = (
                f"{kind!r} in it is no kind of failure; write {_ANY}, {_WORKER_LOST}, or names of exceptions such as "
                "ConnectionError or requests.exceptions.Timeout, parted by commas"
            )
            raise InvalidTagError(key=RETRY_ON_TAG, value=text, problem=problem)
    return frozenset(WorkerLostError.__name__ if kind == _WORKER_LOST else kind for kind in kinds)


def _is_of(kinds: frozenset[str], error: ErrorInfo) -> bool:
    return error.class_name in kinds or error.class_name.rpartition(".")[2] in kinds


def _chain(error: ErrorInfo | None) -> Iterator[ErrorInfo]:
    while error is not None:
        yield error
        error = error.cause
