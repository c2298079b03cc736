"""What an installation is set to: read once, from the environment, then a file, then defaults."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from dalsegno.errors import InvalidSettingError
from dalsegno.quantities import parse_bytes, parse_seconds

PREFIX = "DALSEGNO_"
FILE_NAME = "dalsegno.toml"
# Names another file than ./dalsegno.toml.
FILE_VARIABLE = "DALSEGNO_CONFIG"


class Role(StrEnum):
    """What the bearer of a token may do."""

    # Look.
    VIEWER = "viewer"
    # Look, launch and cancel.
    OPERATOR = "operator"


class Durability(StrEnum):
    """What recorded results survive."""

    # The killing of any process. What the system had yet to write is lost with the machine's power.
    PROCESS = "process"
    # The loss of power too: each output, each folder that it is in, and each commit is synced to the disk.
    POWER = "power"


class LogFormat(StrEnum):
    """How the service and workers write their logs."""

    # Text for a terminal, else JSON.
    AUTO = "auto"
    JSON = "json"
    TEXT = "text"


class LogLevel(StrEnum):
    """The least that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """Who brings this secret may use the service."""

    role: Role
    # For people: who brings it.
    name: str
    secret: str

    def __repr__(self) -> str:
        return f"AccessToken({self.name})"


class TagLimit(msgspec.Struct, frozen=True, kw_only=True):
    """How many runs with a tag may go on at once, whichever workers execute them."""

    key: str
    # None: whatever its value, all together.
    value: str | None = None
    # Runs that have the same value of the tag count by themselves.
    by_value: bool = False
    most: int

    def __str__(self) -> str:
        value = "=*" if self.by_value else "" if self.value is None else f"={self.value}"
        return f"{self.key}{value}:{self.most}"


class ListenAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a process listens."""

    host: str
    port: int


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting. In the environment each is DALSEGNO_ and its name in capitals; in dalsegno.toml, its name."""

    database_url: str
    # A folder, or any fsspec URL.
    storage_url: str
    durability: Durability = Durability.PROCESS
    # How long a run's holder may be silent before it counts as gone, and how often it says that it is there.
    lease_seconds: float = 15.0
    heartbeat_seconds: float = 3.0
    # How long a Postgres server's answer is waited for; less than a lease, so that its holder can try again in time.
    database_timeout_seconds: float = 10.0
    # What happens in a run is committed after this time, or this many events, whichever comes first.
    commit_interval_ms: float = 20.0
    commit_events: int = 500
    # How many runs a worker executes at once, and how many steps, each in a process of its own.
    max_runs: int = 4
    max_steps: int = msgspec.field(default_factory=lambda: max(2, os.cpu_count() or 2))
    # How many runs with a tag go on at once on all workers, which are to be given the same. Texts: "team=ml:2" is at
    # most 2 runs tagged team=ml, "database:1" 1 run that has the tag database, "customer=*:1" 1 run for each customer.
    tag_limits: tuple[TagLimit, ...] = ()
    # How many runs that a bulk has launched may wait for a worker at once: a single launch waits behind no more.
    bulk_queued_runs: int = 10
    # From interrupting a step, because its run is cancelled or its worker stops, to killing it.
    grace_seconds: float = 5.0
    # What an attempt may take where neither its step nor its pipeline says so by tags; None: as much as there is.
    # In the environment "2GiB" and "3600": bytes, and seconds.
    step_memory_limit: int | None = None
    step_time_limit: float | None = None
    # Who may use the service; where there are none, only this machine may. Texts: "operator:SECRET,viewer:SECRET".
    tokens: tuple[AccessToken, ...] = ()
    # The names that the service is called by, besides localhost: "runs.example.org", "*.example.org".
    allowed_hosts: tuple[str, ...] = ()
    log_format: LogFormat = LogFormat.AUTO
    log_level: LogLevel = LogLevel.INFO
    # Where a worker gives out its metrics: "9464" is that port for this machine alone, "0.0.0.0:9464" for others too.
    worker_metrics: ListenAddress | None = None

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, directory: Path | None = None) -> Settings:
        """The settings of a process started in `directory` with this environment; by default, of this process.

        Raises InvalidSettingError, naming the setting, for a value that can't be used, or one that does not exist.
        """
        environ = os.environ if environ is None else environ
        directory = Path.cwd() if directory is None else directory
        given = _from_file(environ, directory) | _from_environment(environ)
        defaults = {
            # In a URL some characters that a folder's name may have mean something else.
            "database_url": f"sqlite:///{quote(str(directory / '.dalsegno' / 'dalsegno.db'))}",
            "storage_url": str(directory / ".dalsegno" / "storage"),
        }
        values = {name: _READERS[name](source, value) for name, (source, value) in given.items()}
        settings = cls(**(defaults | values))
        if settings.heartbeat_seconds >= settings.lease_seconds:
            source, value = given.get("heartbeat_seconds") or given["lease_seconds"]
            raise InvalidSettingError(name=source, value=str(value), problem="heartbeats must come within a lease")
        return settings


# By setting: the name under which it was given, for people, and its raw value.
_Given = dict[str, tuple[str, Any]]


def _from_environment(environ: Mapping[str, str]) -> _Given:
    named = {name: f"{PREFIX}{name.upper()}" for name in _READERS}
    return {name: (variable, environ[variable]) for name, variable in named.items() if environ.get(variable)}


def _from_file(environ: Mapping[str, str], directory: Path) -> _Given:
    named = environ.get(FILE_VARIABLE)
    path = directory / (named or FILE_NAME)
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if named is None:
            return {}
        raise InvalidSettingError(name=FILE_VARIABLE, value=named, problem="there is no such file") from None
    except (OSError, ValueError) as error:
        raise InvalidSettingError(name=FILE_VARIABLE, value=str(path), problem=f"it can't be read: {error}") from error
    given: _Given = {}
    for name, value in content.items():
        if name not in _READERS:
            known = ", ".join(_READERS)
            raise InvalidSettingError(name=f"{name} in {path}", value=str(value), problem=f"there is {known}")
        given[name] = (f"{name} in {path}", value)
    return given


def _text(source: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidSettingError(name=source, value=str(value), problem="it must be a text")
    return value


def _positive(kind: type[int] | type[float], called: str) -> Callable[[str, Any], int | float]:
    def read(source: str, value: Any) -> int | float:
        try:
            number = kind(value)
            if isinstance(value, bool) or number != float(value) or not 0 < number < float("inf"):
                number = 0
        except (TypeError, ValueError, OverflowError):
            number = 0
        if number == 0:
            raise InvalidSettingError(name=source, value=str(value), problem=f"it must be {called}")
        return number

    return read


def _one_of(kind: type[StrEnum]) -> Callable[[str, Any], StrEnum]:
    def read(source: str, value: Any) -> StrEnum:
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(kind)
            raise InvalidSettingError(name=source, value=str(value), problem=f"it must be one of {known}") from None

    return read


def _amount(parse: Callable[[str], int | float]) -> Callable[[str, Any], int | float]:
    def read(source: str, value: Any) -> int | float:
        try:
            return parse(str(value))
        except ValueError as error:
            raise InvalidSettingError(name=source, value=str(value), problem=str(error)) from None

    return read


def _address(source: str, value: Any) -> ListenAddress:
    host, _, port = str(value).rpartition(":")
    if isinstance(value, bool) or not port.isdecimal() or not 0 < int(port) < 65536:
        raise InvalidSettingError(name=source, value=str(value), problem="it must be a port, or HOST:PORT")
    return ListenAddress(host=host.strip("[]") or "127.0.0.1", port=int(port))


def _listed(source: str, value: Any) -> list[str]:
    """Texts parted by commas, or a list of texts."""
    texts = value.split(",") if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InvalidSettingError(name=source, value="...", problem="it must be texts parted by commas")
    return [text.strip() for text in texts if text.strip()]


def _tokens(source: str, value: Any) -> tuple[AccessToken, ...]:
    return tuple(_token(source, text) for text in _listed(source, value))


def _token(source: str, text: str) -> AccessToken:
    # What was given is never repeated: it holds a secret.
    who, _, secret = text.partition(":")
    role, _, name = who.partition("/")
    if role not in Role.__members__.values():
        problem = "each token is operator:SECRET or viewer:SECRET; a name may follow the role: operator/nightly:SECRET"
        raise InvalidSettingError(name=source, value="...", problem=problem)
    if len(secret) < _SHORTEST_SECRET or not secret.isascii() or not secret.isprintable() or " " in secret:
        problem = f"a {role}'s secret must have at least {_SHORTEST_SECRET} letters, digits or ASCII signs"
        raise InvalidSettingError(name=source, value="...", problem=problem)
    return AccessToken(role=Role(role), name=name or role, secret=secret)


def _tag_limits(source: str, value: Any) -> tuple[TagLimit, ...]:
    limits = tuple(_tag_limit(source, text) for text in _listed(source, value))
    for number, limit in enumerate(limits):
        if any(
            (one.key, one.value, one.by_value) == (limit.key, limit.value, limit.by_value) for one in limits[:number]
        ):
            raise InvalidSettingError(name=source, value=str(limit), problem="the same runs are limited twice")
    return limits


def _tag_limit(source: str, text: str) -> TagLimit:
    tag, _, most = text.rpartition(":")
    key, has_value, wanted = tag.partition("=")
    if not key.strip() or not (most.isascii() and most.isdecimal()) or (has_value and not wanted):
        problem = "each limit is TAG=VALUE:NUMBER, TAG:NUMBER, or TAG=*:NUMBER for each value by itself: team=ml:2"
        raise InvalidSettingError(name=source, value=text, problem=problem)
    by_value = wanted == "*"
    return TagLimit(key=key, value=wanted if wanted and not by_value else None, by_value=by_value, most=int(most))


def _host_names(source: str, value: Any) -> tuple[str, ...]:
    return tuple(name.lower() for name in _listed(source, value))


_SHORTEST_SECRET = 16

_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "database_url": _text,
    "storage_url": _text,
    "durability": _one_of(Durability),
    "lease_seconds": _positive(float, "a number of seconds above 0"),
    "heartbeat_seconds": _positive(float, "a number of seconds above 0"),
    "database_timeout_seconds": _positive(float, "a number of seconds above 0"),
    "commit_interval_ms": _positive(float, "a number of milliseconds above 0"),
    "commit_events": _positive(int, "a whole number above 0"),
    "max_runs": _positive(int, "a whole number above 0"),
    "max_steps": _positive(int, "a whole number above 0"),
    "tag_limits": _tag_limits,
    "bulk_queued_runs": _positive(int, "a whole number above 0"),
    "grace_seconds": _positive(float, "a number of seconds above 0"),
    "step_memory_limit": _amount(parse_bytes),
    "step_time_limit": _amount(parse_seconds),
    "tokens": _tokens,
    "allowed_hosts": _host_names,
    "log_format": _one_of(LogFormat),
    "log_level": _one_of(LogLevel),
    "worker_metrics": _address,
}
