"""Steam's word for who somebody is, by OpenID 2.0: https://openid.net/specs/openid-authentication-2_0.html

The answer comes by the member's browser, who may write into it whatever they like. So it must be
whole, be about this site and this sign-in, name an account of Steam's own, and Steam itself must
confirm, asked directly, that it has signed it.
"""

import random
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from app.core.steam_id import STEAM_ID_MAX, STEAM_ID_MIN

NAMESPACE = "http://specs.openid.net/auth/2.0"
ANYBODY = f"{NAMESPACE}/identifier_select"
SIGNED = "signed,op_endpoint,claimed_id,identity,return_to,response_nonce,assoc_handle"
FIELDS = frozenset(f"openid.{name}" for name in ("ns", "mode", "sig", *SIGNED.split(",")))
IDENTITY = re.compile(r"https://steamcommunity\.com/openid/id/([0-9]{17})/?")
# An answer that is older has been lying somewhere; one from the future is nobody's clock.
FRESH = timedelta(minutes=5)


class Refused(Exception):
    """The answer proves nothing."""


class Cancelled(Exception):
    """The player went back without signing in."""


class Unavailable(Exception):
    """Steam could not be asked whether the answer is its own; it may be asked again."""


def login_url(*, endpoint: str, return_to: str) -> str:
    """Answer where at Steam a browser is to go, to come back to `return_to`."""
    parts = urlsplit(return_to)
    query = {
        "openid.ns": NAMESPACE,
        "openid.mode": "checkid_setup",
        "openid.return_to": return_to,
        "openid.realm": f"{parts.scheme}://{parts.netloc}/",
        "openid.identity": ANYBODY,
        "openid.claimed_id": ANYBODY,
    }
    return f"{endpoint}?{urlencode(query)}"


def read(query: str, *, endpoint: str, return_to: str, now: datetime) -> tuple[int, str]:
    """Answer the SteamID64 and the nonce of an answer that fits, by the query that it came in.

    What it says is true only if `confirm` does not object. Raises Refused, with the reason, and
    Cancelled.
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    answer = dict(pairs)
    # Two values for one name: we might check the one and Steam the other.
    if len(answer) != len(pairs):
        raise Refused("a name comes twice")
    if not all("".join(pair).isprintable() for pair in pairs):
        raise Refused("a control character")
    if answer.get("openid.mode") == "cancel":
        raise Cancelled
    asked = dict(parse_qsl(urlsplit(return_to).query, keep_blank_values=True))
    if answer.keys() != FIELDS | asked.keys() or not asked.items() <= answer.items():
        raise Refused("other parameters than Steam's and those that it was given")
    expected = {
        "openid.ns": NAMESPACE,
        "openid.mode": "id_res",
        "openid.op_endpoint": endpoint,
        # To this site, for this sign-in: another site's answer is no good here.
        "openid.return_to": return_to,
        "openid.identity": answer.get("openid.claimed_id"),
        "openid.signed": SIGNED,
    }
    for name, value in expected.items():
        if answer.get(name) != value:
            raise Refused(f"{name} is not what it must be")
    identity = IDENTITY.fullmatch(answer["openid.claimed_id"])
    # Of an individual. That their ids begin with 7656119 is true up to account 2,039,734,271.
    if identity is None or not STEAM_ID_MIN <= int(identity[1]) <= STEAM_ID_MAX:
        raise Refused("openid.claimed_id is no account of Steam's")
    nonce = answer.get("openid.response_nonce", "")
    if abs(now - _written_at(nonce)) > FRESH:
        raise Refused("openid.response_nonce is not of now")
    return int(identity[1]), nonce


def _written_at(nonce: str) -> datetime:
    try:
        return datetime.strptime(nonce[:20], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Refused("openid.response_nonce is malformed") from None


def confirm(
    query: str,
    *,
    endpoint: str,
    timeout: float = 10,
    backoff: float = 0.5,
    attempts: int = 3,
    patience: float = 20,
) -> None:
    """Ask Steam whether it has signed the answer; it says so once.

    Raises Refused, and Unavailable when Steam does not say either, `attempts` times or for
    `patience` seconds: less than a gateway waits for us, whose own error would say nothing.
    """
    until = time.monotonic() + patience
    pairs = [
        (name, "check_authentication" if name == "openid.mode" else value)
        for name, value in parse_qsl(query, keep_blank_values=True)
        if name.startswith("openid.")
    ]
    for attempt in range(attempts):
        if attempt:
            pause = random.uniform(0, backoff * 2**attempt)  # noqa: S311
            time.sleep(min(pause, max(0, until - time.monotonic())))
        if (left := until - time.monotonic()) <= 0:
            break
        said = _ask(endpoint, pairs, min(timeout, left))
        if said == "true":
            return
        if said == "false":
            raise Refused("Steam has not signed it")
    raise Unavailable


def _ask(endpoint: str, pairs: Sequence[tuple[str, str]], timeout: float) -> str | None:
    """Answer Steam's is_valid; None if it had nothing to say."""
    try:
        response = httpx.post(
            endpoint,
            content=urlencode(pairs),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            timeout=timeout,
            # Whoever answers for Steam is Steam.
            follow_redirects=False,
        )
    except httpx.HTTPError:
        return None
    return _fields(response.text).get("is_valid") if response.status_code == 200 else None


def _fields(text: str) -> Mapping[str, str]:
    """Read OpenID's key-value form: section 4.1.1."""
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
