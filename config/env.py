"""Typed readers of environment variables, which fail with the name and what was expected.

What the environment leaves empty may stand in the secret of AWS Secrets Manager that SECRETS_ARN
names, a JSON object of variables; it is read once, when the first of them is.
The value itself is never repeated in an error: it may be a secret.
"""

import os
from collections.abc import Callable, Sequence
from functools import cache
from ipaddress import ip_network
from typing import TypeVar
from urllib.parse import quote, urlsplit

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

_TRUE = {"true", "1", "yes", "on"}
_FALSE = {"false", "0", "no", "off"}
# libpq's.
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_PERIODS = ("second", "minute", "hour", "day")


def _raw(name: str) -> str:
    """Answer what stands in the environment, or else in the secret; an empty text is nothing."""
    found = os.environ.get(name, "").strip()
    arn = os.environ.get("SECRETS_ARN", "").strip()
    return found or (_secret(arn).get(name, "").strip() if arn else "")


@cache
def _secret(arn: str) -> dict[str, str]:
    from app.core import secrets_manager  # 5 ms, and 25 more for the request

    try:
        secret = secrets_manager.read(arn)
    except secrets_manager.SecretUnavailable as error:
        raise ImproperlyConfigured(f"SECRETS_ARN: {error}") from None
    wrong = sorted(name for name, value in secret.items() if not isinstance(value, str))
    if wrong:
        raise ImproperlyConfigured(
            f"SECRETS_ARN: {', '.join(wrong)} in the secret {arn} must be texts, in quotes."
        )
    return secret


def _read(name: str, default: T | None, expected: str, parse: Callable[[str], T]) -> T:
    """Parse the variable; an empty one counts as missing, as compose files often leave it."""
    raw = _raw(name)
    if not raw:
        if default is None:
            raise ImproperlyConfigured(f"{name} is not set: expected {expected}.")
        return default
    try:
        return parse(raw)
    except (KeyError, ValueError):
        raise ImproperlyConfigured(f"{name} is malformed: expected {expected}.") from None


def string(name: str, default: str | None = None, *, expected: str = "a text") -> str:
    return _read(name, default, expected, str)


def boolean(name: str, default: bool | None = None) -> bool:
    def parse(raw: str) -> bool:
        if raw.lower() not in _TRUE | _FALSE:
            raise ValueError
        return raw.lower() in _TRUE

    return _read(name, default, "true or false", parse)


def integer(
    name: str, default: int | None = None, *, minimum: int = 0, maximum: int | None = None
) -> int:
    def parse(raw: str) -> int:
        if int(raw) < minimum or (maximum is not None and int(raw) > maximum):
            raise ValueError
        return int(raw)

    limits = f"at least {minimum}" + ("" if maximum is None else f" and at most {maximum}")
    return _read(name, default, f"a whole number, {limits}", parse)


def seconds(name: str, default: float | None = None) -> float:
    def parse(raw: str) -> float:
        if not 0 <= float(raw) < float("inf"):
            raise ValueError
        return float(raw)

    return _read(name, default, "a number of seconds, such as 0.5", parse)


def choice(name: str, choices: Sequence[str], default: str | None = None) -> str:
    by_name = {choice.lower(): choice for choice in choices}
    return _read(name, default, f"one of {', '.join(choices)}", lambda raw: by_name[raw.lower()])


def strings(name: str, default: list[str] | None = None) -> list[str]:
    def parse(raw: str) -> list[str]:
        found = [item.strip() for item in raw.split(",") if item.strip()]
        if not found:
            raise ValueError
        return found

    return _read(name, default, "a list with commas between", parse)


def origins(name: str, default: list[str] | None = None) -> list[str]:
    """A list of origins, scheme://host[:port]; a path would silently never match."""

    def parse(raw: str) -> list[str]:
        found = [item.strip().rstrip("/") for item in raw.split(",") if item.strip()]
        for origin in found:
            parts = urlsplit(origin)
            if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path:
                raise ValueError
        return found

    return _read(
        name, default, "origins such as https://app.example.org, with commas between", parse
    )


def url(name: str, default: str | None = None, *, schemes: Sequence[str]) -> str:
    def parse(raw: str) -> str:
        parts = urlsplit(raw)
        if parts.scheme not in schemes:
            raise ValueError
        if parts.scheme != "sqlite":
            _ = parts.port  # raises ValueError, as for a slash in a password that is not encoded
        return raw

    return _read(name, default, f"a URL that begins with {' or '.join(schemes)}", parse)


def redis_url(name: str) -> str:
    """A Redis, or none: with REDIS_PASSWORD, which two of them share, where it has no password."""
    found = url(name, "", schemes=("redis", "rediss", "unix"))
    password = string("REDIS_PASSWORD", "")
    scheme, _, rest = found.partition("://")
    if password and rest and scheme != "unix" and "@" not in rest:
        return f"{scheme}://:{quote(password, safe='')}@{rest}"
    return found


def networks(name: str, default: list[str]) -> list[str]:
    """Addresses and networks, or * for all."""

    def parse(raw: str) -> list[str]:
        found = [item.strip() for item in raw.split(",") if item.strip()]
        for network in set(found) - {"*"}:
            ip_network(network)  # raises ValueError
        return found

    return _read(name, default, "addresses or networks, with commas between, or *", parse)


def rate(name: str, default: str | None = None) -> str:
    """A throttle rate: a number, a slash, and second, minute, hour or day, or their beginnings."""

    def parse(raw: str) -> str:
        number, period = raw.split("/")
        if int(number) < 1 or not any(period and name.startswith(period) for name in _PERIODS):
            raise ValueError
        return f"{int(number)}/{period}"

    return _read(name, default, "a rate such as 10/min", parse)


def database_url(default: str | None) -> str:
    """DATABASE_URL, or one put together from DB_NAME, DB_USER, DB_PASSWORD, DB_HOST, DB_PORT.

    With DB_SECRET_ARN it names nobody: who connects, and by which password, is in that secret.
    """
    schemes = ("postgres", "postgresql", "sqlite")
    if _raw("DATABASE_URL") or not _raw("DB_NAME"):
        return url("DATABASE_URL", default, schemes=schemes)
    host, port = string("DB_HOST"), integer("DB_PORT", 5432, minimum=1)
    place = f"{host}:{port}/{quote(string('DB_NAME'), safe='')}"
    if _raw("DB_SECRET_ARN"):
        return f"postgresql://{place}"
    user, password = (quote(string(name), safe="") for name in ("DB_USER", "DB_PASSWORD"))
    return f"postgresql://{user}:{password}@{place}"


def replica_url(database: str) -> str:
    """DATABASE_REPLICA_URL, or the database's own at DB_REPLICA_HOST; else none."""
    host = string("DB_REPLICA_HOST", "")
    if not host:
        return url("DATABASE_REPLICA_URL", "", schemes=("postgres", "postgresql", "sqlite"))
    parts = urlsplit(database)
    user, at, _ = parts.netloc.rpartition("@")
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"{user}{at}{host}{port}").geturl()
