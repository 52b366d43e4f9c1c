"""The guild's members, as Discord tells our bot.

https://discord.com/developers/docs/resources/guild#list-guild-members
https://discord.com/developers/docs/topics/rate-limits
"""

import time
from collections.abc import Sequence
from typing import NamedTuple, Self

import httpx

from app.accounts.discord.payloads import GuildMember, Malformed, snowflake

# What Discord gives at most.
PAGE_SIZE = 1000


class DiscordError(Exception):
    """A call that brought nothing. Never says the token."""


class DiscordRefused(DiscordError):
    """The token or the guild is wrong, or the bot lacks the members intent: asking again is no use,
    and ten thousand such answers in ten minutes get the address banned."""


class DiscordLimited(DiscordError):
    """Discord wants to be left alone for longer than it makes sense to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Discord wants {seconds:.1f} seconds of rest")
        self.seconds = seconds


class GuildPage(NamedTuple):
    """The guild's members with an id above `after`, up to `last`, and no others."""

    after: int
    last: int | None
    """None on the last page: there are no ids beyond."""
    members: dict[int, GuildMember]


class DiscordBot:
    """One connection pool to Discord; call `close` when done, or use it as a context manager.

    Waits before a call for which Discord's last answer left nothing, and once when it is told to,
    `patience` seconds at most.
    """

    def __init__(self, *, url: str, token: str, timeout: float = 10, patience: float = 10) -> None:
        self._patience = patience
        self._free_at = 0.0
        self._http = httpx.Client(
            base_url=f"{url}/api/v10",
            headers={"Authorization": f"Bot {token}"},
            timeout=timeout,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def guild_page(self, *, guild_id: int, after: int = 0) -> GuildPage:
        """Answer up to 1,000 members, by id from the one after the given one on.

        Raises DiscordRefused; DiscordLimited; DiscordError when it fails in passing.
        """
        params = {"limit": PAGE_SIZE, "after": after}
        response = self._get(f"/guilds/{guild_id}/members", params)
        try:
            members = _members(response.json())
        except ValueError as error:
            raise DiscordError(f"Discord's answer makes no sense: {error}") from error
        whole = len(members) >= PAGE_SIZE
        return GuildPage(after, max(members) if whole else None, members)

    def _get(self, path: str, params: dict[str, int]) -> httpx.Response:
        for _ in range(2):
            self._rest(self._free_at - time.monotonic())
            try:
                response = self._http.get(path, params=params)
            except httpx.HTTPError as error:
                raise DiscordError(f"Discord: {type(error).__name__}") from None
            self._note(response)
            if response.status_code != 429:
                break
        if response.status_code == 429:
            raise DiscordLimited(self._free_at - time.monotonic())
        if response.status_code in {401, 403, 404}:
            raise DiscordRefused(f"Discord: {response.status_code}")
        if response.status_code != 200:
            raise DiscordError(f"Discord: {response.status_code}")
        return response

    def _note(self, response: httpx.Response) -> None:
        """Note from when on Discord takes the next call."""
        headers, seconds = response.headers, 0.0
        if response.status_code == 429:
            seconds = _seconds(headers.get("Retry-After"), default=1.0)
        elif headers.get("X-RateLimit-Remaining") == "0":
            seconds = _seconds(headers.get("X-RateLimit-Reset-After"), default=0.0)
        self._free_at = time.monotonic() + seconds

    def _rest(self, seconds: float) -> None:
        if seconds > self._patience:
            raise DiscordLimited(seconds)
        if seconds > 0:
            time.sleep(seconds)


def _seconds(header: str | None, *, default: float) -> float:
    try:
        return max(0.0, float(header or default))
    except ValueError:
        return default


def _members(raw: Sequence[object]) -> dict[int, GuildMember]:
    if not isinstance(raw, list):
        raise Malformed("not a list")
    found = {}
    for each in raw:
        if not isinstance(each, dict) or not isinstance(each.get("user"), dict):
            raise Malformed("not a guild member")
        found[snowflake(each["user"].get("id"))] = GuildMember.read(each)
    return found
