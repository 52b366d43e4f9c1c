"""Steam's Web API: https://partner.steamgames.com/doc/webapi_overview

GetMatchDetails has answered 500 since Dota's patch 7.36, so a match comes by its sequence number,
which the players' histories tell.
"""

import random
import time
from typing import Any, Self, TypeVar

import httpx
import msgspec

from app.steam import payloads

T = TypeVar("T")


class SteamError(Exception):
    """A call that brought nothing. Never says the URL's query or the key."""


class SteamUnavailable(SteamError):
    """Steam is limiting, busy or confused; the same call may succeed later."""


class SteamRefused(SteamError):
    """Steam does not accept the key, or the call."""


class PrivateHistory(SteamError):
    """The player does not let Steam share their match history."""


class MalformedMatch(SteamError):
    """Steam has the match, in a form that makes no sense."""


class SteamClient:
    """One connection pool to Steam; call `close` when done, or use it as a context manager.

    A call that failed for a passing reason is tried again, `attempts` times in all, after a random
    time that doubles at most from `backoff` seconds on. `calls` counts every request sent.
    """

    def __init__(
        self, *, url: str, key: str, timeout: float = 10, backoff: float = 0.5, attempts: int = 3
    ) -> None:
        self.calls = 0
        self._attempts = attempts
        self._backoff = backoff
        # In the header, not in the query, where every log on the way would keep it.
        self._http = httpx.Client(base_url=url, headers={"x-webapi-key": key}, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def match_history(
        self, *, account_id: int, start_at_match_id: int | None = None
    ) -> payloads.History:
        """Answer up to 100 of the player's matches, newest first, from the given id downwards.

        Raises PrivateHistory, or what every call raises: SteamUnavailable, SteamRefused.
        """
        params = {"account_id": account_id, "matches_requested": 100}
        if start_at_match_id is not None:
            params["start_at_match_id"] = start_at_match_id
        return self._get(
            "IDOTA2Match_570/GetMatchHistory/v1", params, payloads.HistoryAnswer
        ).result

    def match(self, *, match_id: int, match_seq_num: int) -> payloads.Match | None:
        """Answer a match in full, or None when Steam hides it.

        Raises MalformedMatch, or what every call raises: SteamUnavailable, SteamRefused.
        """
        params = {"start_at_match_seq_num": match_seq_num, "matches_requested": 1}
        answer = self._get(
            "IDOTA2Match_570/GetMatchHistoryBySequenceNum/v1", params, payloads.MatchesAnswer
        )
        # By id and not by position: in a hidden match's place comes its neighbour.
        for raw in answer.result.matches or []:
            try:
                if msgspec.json.decode(raw, type=payloads.MatchRef).match_id == match_id:
                    return msgspec.json.decode(raw, type=payloads.Match)
            except msgspec.ValidationError as error:
                raise MalformedMatch(str(error)) from error
        return None

    def player_summaries(self, *, steam_ids: list[int]) -> list[payloads.PlayerSummary]:
        """Answer the profiles of at most 100 accounts, in no order; unknown ones are left out."""
        params = {"steamids": ",".join(map(str, steam_ids))}
        return self._get(
            "ISteamUser/GetPlayerSummaries/v2", params, payloads.PlayerSummariesAnswer
        ).response.players

    def resolve_vanity_url(self, *, name: str) -> int | None:
        """Answer the SteamID64 behind steamcommunity.com/id/<name>, or None."""
        params = {"vanityurl": name, "url_type": 1}
        answer = self._get("ISteamUser/ResolveVanityURL/v1", params, payloads.VanityUrlAnswer)
        steam_id = answer.response.steamid
        return int(steam_id) if answer.response.success == 1 and steam_id else None

    def _get(self, path: str, params: dict[str, Any], answer: type[T]) -> T:
        for attempt in range(1, self._attempts + 1):
            try:
                return self._get_once(path, params, answer)
            except SteamUnavailable:
                if attempt == self._attempts:
                    raise
                time.sleep(random.uniform(0, self._backoff * 2 ** (attempt - 1)))  # noqa: S311
        raise AssertionError("attempts is at least 1")

    def _get_once(self, path: str, params: dict[str, Any], answer: type[T]) -> T:
        self.calls += 1
        method = path.split("/")[1]
        try:
            response = self._http.get(f"/{path}/", params=params)
        except httpx.HTTPError as error:
            raise SteamUnavailable(f"{method}: {type(error).__name__}") from None
        if response.status_code == 429 or response.status_code >= 500:
            raise SteamUnavailable(f"{method}: {response.status_code}")
        if response.status_code != 200:
            raise SteamRefused(f"{method}: {response.status_code}")
        return _decode(response.content, answer, method)


def _decode(body: bytes, answer: type[T], method: str) -> T:
    """Read an answer with status 200, which does not yet make it one."""
    try:
        decoded = msgspec.json.decode(body, type=answer)
    except msgspec.MsgspecError as error:
        # HTML, half an answer or {}: Steam under load.
        raise SteamUnavailable(f"{method}: {error}") from error
    status = getattr(getattr(decoded, "result", None), "status", 1)
    if status == payloads.PRIVATE:
        raise PrivateHistory(f"{method}: the match history is private")
    if status != 1:
        raise SteamUnavailable(f"{method}: status {status}")
    return decoded
