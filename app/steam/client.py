"""Steam's Web API: https://partner.steamgames.com/doc/webapi_overview

GetMatchDetails has answered 500 since Dota's patch 7.36, so a match comes by its sequence number,
which the players' histories tell.
"""

from typing import Any, TypeVar

import msgspec

from app.steam import payloads
from app.steam.transport import GARBLED, Budget, CallError, Client, Confused, Transport

T = TypeVar("T")

HISTORY = "GetMatchHistory"
DETAILS = "GetMatchHistoryBySequenceNum"
SUMMARIES = "GetPlayerSummaries"
VANITY = "ResolveVanityURL"
HEROES = "GetHeroes"
LEAGUE_GAMES = "GetLiveLeagueGames"
TOP_GAMES = "GetTopLiveGame"


class PrivateHistory(CallError):
    """The player does not let Steam share their match history."""

    retryable = False


class MalformedMatch(CallError):
    """Steam has the match, in a form that makes no sense."""

    retryable = False


class SteamClient(Client):
    """Steam's answers."""

    def __init__(
        self,
        *,
        url: str,
        key: str,
        budget: Budget,
        timeout: float = 10,
        backoff: float = 0.5,
        attempts: int = 3,
    ) -> None:
        self.transport = Transport(
            url=url,
            # In the header, not in the query, where every log on the way would keep it.
            headers={"x-webapi-key": key},
            budget=budget,
            timeout=timeout,
            backoff=backoff,
            attempts=attempts,
        )

    def match_history(
        self, *, account_id: int, start_at_match_id: int | None = None
    ) -> payloads.History:
        """Answer up to 100 of the player's matches, newest first, from the given id downwards.

        A line that makes no sense is asked for once more, and then left out. Raises PrivateHistory.
        """
        params = {"account_id": account_id, "matches_requested": payloads.HISTORY_PAGE}
        highest = payloads.HIGHEST_ID
        if start_at_match_id is not None:
            params["start_at_match_id"] = highest = start_at_match_id
        found: dict[int, payloads.HistoryMatch] = {}
        for again in (False, True):
            page = self._dota(HISTORY, payloads.HistoryAnswer, again=again, **params).result
            raws = page.matches or []
            lines = self.transport.each(raws, payloads.HistoryMatch, endpoint=HISTORY)
            # Above it is what an answer to another question lists, which would be read for ever.
            found |= {line.match_id: line for line in lines if line.match_id <= highest}
            if len(lines) == len(raws):
                break
        if raws and not found:
            raise Confused(f"{HISTORY}: not one line makes sense")
        return payloads.History(list(found.values()), page.results_remaining or 0)

    def match(self, *, match_id: int, match_seq_num: int) -> payloads.Match | None:
        """Answer a match in full, or None when Steam hides it.

        One that makes no sense is asked for once more. Raises MalformedMatch.
        """
        params = {"start_at_match_seq_num": match_seq_num, "matches_requested": 1}
        for again in (False, True):
            answer = self._dota(DETAILS, payloads.MatchesAnswer, again=again, **params)
            # By id and not by position: in a hidden match's place comes its neighbour.
            for raw in answer.result.matches or []:
                try:
                    if msgspec.json.decode(raw, type=payloads.MatchRef).match_id == match_id:
                        return msgspec.json.decode(raw, type=payloads.Match)
                except GARBLED as error:
                    self.transport.quarantine(DETAILS, bytes(raw), str(error))
                    if again:
                        raise MalformedMatch(f"{DETAILS}: {error}") from None
                    break
            else:
                return None
        raise AssertionError("the second attempt answers or raises")

    def player_summaries(self, *, steam_ids: list[int]) -> list[payloads.PlayerSummary]:
        """Answer the profiles of at most 100 accounts, in no order; unknown ones are left out."""
        answer = self._get(
            f"ISteamUser/{SUMMARIES}/v2",
            payloads.PlayerSummariesAnswer,
            SUMMARIES,
            steamids=",".join(map(str, steam_ids)),
        )
        return self.transport.each(
            answer.response.players, payloads.PlayerSummary, endpoint=SUMMARIES
        )

    def resolve_vanity_url(self, *, name: str) -> int | None:
        """Answer the SteamID64 behind steamcommunity.com/id/<name>, or None."""
        answer = self._get(
            f"ISteamUser/{VANITY}/v1", payloads.VanityUrlAnswer, VANITY, vanityurl=name, url_type=1
        )
        steam_id = answer.response.steamid
        return int(steam_id) if answer.response.success == 1 and steam_id else None

    def heroes(self) -> list[payloads.Hero]:
        """Answer the heroes with their English names."""
        answer = self._get(
            f"IEconDOTA2_570/{HEROES}/v1", payloads.HeroesAnswer, HEROES, language="en"
        )
        return self.transport.each(answer.result.heroes, payloads.Hero, endpoint=HEROES)

    def live_league_games(self) -> list[payloads.LeagueGame]:
        """Answer the league games that are being played."""
        answer = self._dota(LEAGUE_GAMES, payloads.LeagueGamesAnswer)
        return self.transport.each(answer.result.games, payloads.LeagueGame, endpoint=LEAGUE_GAMES)

    def top_live_games(self) -> list[payloads.TopGame]:
        """Answer the about ten games that Dota shows to watch first."""
        answer = self._dota(TOP_GAMES, payloads.TopGamesAnswer, partner=1)
        return self.transport.each(answer.game_list, payloads.TopGame, endpoint=TOP_GAMES)

    def _dota(self, method: str, answer: type[T], **params: Any) -> T:
        return self._get(f"IDOTA2Match_570/{method}/v1", answer, method, **params)

    def _get(self, path: str, answer: type[T], endpoint: str, **params: Any) -> T:
        return self.transport.get(f"/{path}/", answer, endpoint=endpoint, check=_check, **params)


def _check(answer: Any, endpoint: str) -> None:
    """Look at the status in an answer that came with 200, which does not yet make it one."""
    result = getattr(answer, "result", None)
    status = getattr(result, "status", 1)
    if status == payloads.PRIVATE:
        raise PrivateHistory(f"{endpoint}: the match history is private")
    match result:
        # Taken for none, they would end a history that goes on.
        case (
            payloads.HistoryPage(status=1, matches=None)
            | payloads.HistoryPage(status=1, results_remaining=None)
            | payloads.Matches(status=1, matches=None)
        ):
            raise Confused(f"{endpoint}: no matches, not even none")
    # GetHeroes and GetLiveLeagueGames say it as HTTP does.
    if status not in {1, 200}:
        raise Confused(f"{endpoint}: status {status}")
