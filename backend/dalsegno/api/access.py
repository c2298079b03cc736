"""Who may use the service, and as what: tokens, sessions, names, origins. Pure decisions, and nothing is logged."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from dalsegno.errors import InvalidSettingError
from dalsegno.settings import AccessToken, Role, Settings

COOKIE: Final = "dalsegno_session"
_BEARER = "bearer "
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks."""

    # For people, e.g. in a run's `launchedBy`.
    name: str
    role: Role


# Whoever is on this machine, where no tokens are set.
LOCAL_CALLER = Caller(name="local", role=Role.OPERATOR)


class Access:
    """The rules of one service."""

    def __init__(self, tokens: Iterable[AccessToken], allowed_hosts: Iterable[str]) -> None:
        self._callers = [
            (one.secret.encode(), _session(one.secret).encode(), Caller(name=one.name, role=one.role)) for one in tokens
        ]
        self._hosts = frozenset(allowed_hosts) | _LOCAL_NAMES

    @classmethod
    def of(cls, settings: Settings) -> Access:
        """As the settings say."""
        return cls(settings.tokens, settings.allowed_hosts)

    @property
    def needs_token(self) -> bool:
        """Without a token, nobody gets in; else whoever is on this machine may do everything."""
        return bool(self._callers)

    def caller(self, authorization: str | None, cookie: str | None) -> Caller | None:
        """Who brings this header, or this cookie; None where neither is right."""
        if not self._callers:
            return LOCAL_CALLER
        if authorization is not None:
            if authorization[: len(_BEARER)].lower() != _BEARER:
                return None
            return self._find(authorization[len(_BEARER) :].strip(), of_session=False)
        return None if cookie is None else self._find(cookie, of_session=True)

    def session_of(self, secret: str) -> str | None:
        """The cookie of who logs in with this token; None where it is none. It tells nothing about the token."""
        return None if self._find(secret, of_session=False) is None else _session(secret)

    def allows_host(self, host: str | None) -> bool:
        """The service is called by this name: the request was not lured here under another one."""
        name = _name_of(host or "")
        wildcards = (f"*.{name.partition('.')[2]}", "*")
        return name in self._hosts or any(wildcard in self._hosts for wildcard in wildcards)

    def allows_origin(self, origin: str | None, host: str | None) -> bool:
        """The request comes from a page of this service itself, or from no page at all."""
        if origin is None:
            return True
        scheme, _, origin_host = origin.partition("://")
        return scheme in ("http", "https") and _with_port(origin_host, scheme) == _with_port(host or "", scheme)

    def _find(self, given: str, *, of_session: bool) -> Caller | None:
        # Every one is compared, each in constant time: nothing is learnt from how long it takes.
        found = None
        brought = given.encode(errors="replace")
        for secret, session, caller in self._callers:
            if hmac.compare_digest(brought, session if of_session else secret):
                found = caller
        return found


def is_loopback(host: str | None) -> bool:
    """The address, or name, is of this machine alone."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address((host or "").strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def refuse_open_service(settings: Settings, host: str) -> None:
    """Raises InvalidSettingError where others than this machine could reach a service that asks for no token."""
    if not settings.tokens and not is_loopback(host):
        raise InvalidSettingError(
            name="DALSEGNO_TOKENS",
            value="",
            problem=(
                f"the service is to listen on {host}, where others can reach it; set tokens, e.g. "
                "DALSEGNO_TOKENS=operator:SECRET, or listen on 127.0.0.1"
            ),
        )


def cookies_in(header: str | None) -> Mapping[str, str]:
    """By name, as a browser sends them."""
    pairs = (part.strip().partition("=") for part in (header or "").split(";"))
    return {name: value for name, separator, value in pairs if separator}


def _session(secret: str) -> str:
    return hmac.new(secret.encode(), b"dalsegno session", hashlib.sha256).hexdigest()


def _name_of(host: str) -> str:
    """Without the port, in lower case."""
    name = host.lower()
    return name[: name.rfind(":")] if name.rpartition(":")[2].isdecimal() else name


def _with_port(host: str, scheme: str) -> str:
    lower = host.lower()
    default = ":443" if scheme == "https" else ":80"
    return lower.removesuffix(default)
