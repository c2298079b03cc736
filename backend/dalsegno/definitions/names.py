"""Which names and tags authors may give."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from dalsegno.errors import InvalidDefinitionError, InvalidTagError
from dalsegno.runs.automatic_retry import MAX_RETRIES_TAG, RETRY_ON_TAG, check_retry_tags
from dalsegno.snapshot.close_names import known_names
from dalsegno.snapshot.step_limits import MEMORY_LIMIT_TAG, TIME_LIMIT_TAG, faulty_limits

# Names stand in selections, addresses of outputs and dotted keys, so they hold none of the signs that these use.
_NAME = re.compile(r"[\w-]+")
# A name becomes one part of a path, and file systems take 255 bytes.
MAX_NAME_BYTES = 200
# Tags that mean something to Dalsegno itself.
OWN_TAGS = "dalsegno/"
_MAPPING_KEY = re.compile(r"[A-Za-z0-9_]+")


def check_name(name: object, *, place: str, what: str) -> str:
    """The name as it is, or InvalidDefinitionError. `what` says what it names, e.g. "step"."""
    if not isinstance(name, str):
        raise InvalidDefinitionError(place=place, problem=f"a {what}'s name is a str, not {type(name).__name__}")
    if not _NAME.fullmatch(name):
        problem = f"{name!r} can't be the name of a {what}: use letters, digits, '_' and '-' alone"
        raise InvalidDefinitionError(place=place, problem=problem)
    if len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES:
        problem = f"{name[:20]!r}... can't be the name of a {what}: it is longer than {MAX_NAME_BYTES} bytes"
        raise InvalidDefinitionError(place=place, problem=problem)
    return name


def wrong_mapping_key(key: object) -> str | None:
    """What is wrong with a mapping key; None where nothing is."""
    if not isinstance(key, str):
        return f"a mapping key is a str, not {type(key).__name__}; write str(...)"
    if not _MAPPING_KEY.fullmatch(key):
        return f"{key!r} can't be a mapping key: use the letters A to Z and a to z, digits and '_' alone"
    if len(key) > MAX_NAME_BYTES:
        return f"{key[:20]!r}... can't be a mapping key: it is longer than {MAX_NAME_BYTES} letters"
    return None


def check_tags(tags: object, *, place: str) -> dict[str, str]:
    """A copy of the tags, or InvalidDefinitionError; None is no tags."""
    if tags is None:
        return {}
    if not isinstance(tags, Mapping):
        raise InvalidDefinitionError(place=place, problem=f"tags are a dict of str to str, not {type(tags).__name__}")
    for name, value in tags.items():
        if not isinstance(name, str) or not isinstance(value, str):
            problem = f"the tag {name!r}: {value!r} is not str to str; write str({value!r})"
            raise InvalidDefinitionError(place=place, problem=problem)
    return dict(tags)


def check_limits(tags: Mapping[str, str], *, place: str, known: Collection[str] = ()) -> None:
    """InvalidDefinitionError where a limit can't be used, or where a tag of Dalsegno's own is none that it knows."""
    for name, problem in faulty_limits(tags):
        raise InvalidDefinitionError(place=place, problem=f"the tag {name!r} is {tags[name]!r}; {problem}")
    understood = (MEMORY_LIMIT_TAG, TIME_LIMIT_TAG, *known)
    for name in tags:
        if name.startswith(OWN_TAGS) and name not in understood:
            problem = f"no tag {name!r} means anything here; there is {', '.join(map(repr, understood))}"
            raise InvalidDefinitionError(place=place, problem=problem)


def check_pipeline_tags(tags: Mapping[str, str], *, place: str) -> None:
    """The same for a pipeline, which may say by tags how its runs are retried too."""
    check_limits(tags, place=place, known=(MAX_RETRIES_TAG, RETRY_ON_TAG))
    try:
        check_retry_tags(tags)
    except InvalidTagError as error:
        raise InvalidDefinitionError(
            place=place, problem=f"the tag {error.key!r} is {error.value!r}; {error.problem}"
        ) from None


def check_keys(keys: object, *, place: str) -> frozenset[str]:
    """Resource keys as a set, or InvalidDefinitionError; None is none."""
    if keys is None:
        return frozenset()
    # A str is a collection too, of its letters.
    if isinstance(keys, str) or not isinstance(keys, Collection):
        problem = f"required_resource_keys is a set of str such as {{'db'}}, not {keys!r}"
        raise InvalidDefinitionError(place=place, problem=problem)
    return frozenset(check_name(key, place=place, what="resource") for key in keys)


def check_text(text: object, *, place: str, what: str) -> str | None:
    """A text or None as it is, or InvalidDefinitionError."""
    if text is not None and not isinstance(text, str):
        raise InvalidDefinitionError(place=place, problem=f"{what} is a str, not {type(text).__name__}")
    return text


def check_options(options: Collection[str], known: Collection[str], *, decorator: str) -> None:
    """InvalidDefinitionError for a keyword that a decorator does not take."""
    for name in options:
        if name not in known:
            problem = f"it takes no argument {name!r}.{known_names(name, known)}"
            raise InvalidDefinitionError(place=f"@{decorator}", problem=problem)


def refuse_positional(value: Any, *, decorator: str) -> InvalidDefinitionError:
    """The error for a decorator that was given something else than a function."""
    return InvalidDefinitionError(
        place=f"@{decorator}",
        problem=f"decorates a function, and takes its arguments by name; it was given {value!r}",
    )
