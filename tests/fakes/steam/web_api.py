"""What the fake knows, and how each method of the Web API answers from it.

Nothing here knows of HTTP, keys, faults or threads.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from math import inf
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tests.fakes.replies import Reply
from tests.fakes.steam.matches import Matches, Raw
from tests.fakes.steam.replies import BAD_REQUEST, HISTORY_NOT_ALLOWED

Params = Mapping[str, str]

STEAM_ID_BASE: Final = 76561197960265728
PAGE_SIZE: Final = 100
HISTORY_LIMIT: Final = 500
DOTA: Final = "570"
PRACTICE_LOBBY: Final = 1

REQUIRED_FIELDS: Final = ("match_id", "match_seq_num", "start_time", "lobby_type", "players")
HISTORY_PLAYER_FIELDS: Final = (
    "account_id",
    "player_slot",
    "team_number",
    "team_slot",
    "hero_id",
    "hero_variant",
)
ABSENT_WHEN_HIDDEN: Final = frozenset({"lastlogoff", "gameid", "gameextrainfo", "lobbysteamid"})

#: A top game of which there is nothing to say, as Steam has one beside the list.
NO_GAME: Final[Raw] = {
    "activate_time": 0,
    "deactivate_time": 0,
    "server_steam_id": "0",
    "lobby_id": "0",
    "league_id": 0,
    "lobby_type": 0,
    "game_time": 0,
    "delay": 0,
    "spectators": 0,
    "game_mode": 0,
    "average_mmr": 0,
    "match_id": "0",
    "series_id": 0,
    "team_name_radiant": "",
    "team_name_dire": "",
    "team_logo_radiant": "0",
    "team_logo_dire": "0",
    "team_id_radiant": 0,
    "team_id_dire": 0,
    "sort_score": 0,
    "last_update_time": 0,
    "radiant_lead": 0,
    "radiant_score": 0,
    "dire_score": 0,
    "players": [],
    "building_state": 0,
    "weekend_tourney_tournament_id": 0,
    "weekend_tourney_division": 0,
    "weekend_tourney_skill_level": 0,
    "weekend_tourney_bracket_round": 0,
    "custom_game_difficulty": 0,
    "is_player_draft": False,
    "is_watch_eligible": False,
}
TOP_GAMES: Final[Raw] = {
    "search_key": "",
    "league_id": 0,
    "hero_id": 0,
    "start_game": 0,
    "num_games": 0,
    "game_list_index": 0,
    "specific_games": False,
    "bot_game": NO_GAME,
}
TOP_GAME_PARTNERS: Final = range(3)


class ParameterError(Exception):
    pass


class WebApi:
    def __init__(self) -> None:
        self.matches = Matches()
        self.unticketed: dict[int, Raw] = {}
        self.hidden: set[int] = set()
        self.private: set[int] = set()
        self.vanities: dict[str, int] = {}
        self.summaries: dict[int, Raw] = {}
        #: Who is in a game, and in which.
        self.playing: dict[int, str] = {}
        self.hidden_profiles: set[int] = set()
        self.live_league_games: list[Raw] = []
        self.top_games: list[Raw] = []
        self.heroes: Raw = {"heroes": [], "status": 200, "count": 0}

    def load(self, folder: Path) -> None:
        """Read every recorded answer in the folder whose file name starts as its method does."""
        for _, page in _recordings(folder, "GetMatchHistoryBySequenceNum"):
            for raw in page["result"].get("matches", []):
                self.add_match(raw)
        for _, page in _recordings(folder, "GetPlayerSummaries"):
            for summary in page["response"]["players"]:
                self.add_player(int(summary["steamid"]), summary)
        # The answer does not say which name was asked for: the file name has to.
        for name, page in _recordings(folder, "ResolveVanityURL"):
            if page["response"]["success"] == 1:
                self.add_vanity(name, int(page["response"]["steamid"]))
        for _, page in _recordings(folder, "GetHeroes"):
            self.heroes = page["result"]
        # One game may be in several recordings: the last has it at its latest.
        league, top = {}, {}
        for _, page in _recordings(folder, "GetLiveLeagueGames"):
            league.update({game["match_id"]: game for game in page["result"]["games"]})
        for _, page in _recordings(folder, "GetTopLiveGame"):
            top.update({game["match_id"]: game for game in page.get("game_list", [])})
        self.live_league_games, self.top_games = list(league.values()), list(top.values())

    def add_match(self, raw: Raw, surfaces_at: float = -inf) -> None:
        missing = [field for field in REQUIRED_FIELDS if field not in raw]
        if missing:
            raise ValueError(f"a match needs {', '.join(missing)}")
        self.matches.add(raw, surfaces_at)

    def add_unticketed(self, raw: Raw) -> None:
        if raw["lobby_type"] != PRACTICE_LOBBY or raw.get("leagueid"):
            raise ValueError("only a practice lobby of no league has no ticket")
        self.unticketed[raw["match_id"]] = raw

    def add_player(self, account_id: int, summary: Raw) -> None:
        account_id = to_account_id(account_id)
        self.summaries[account_id] = _summary(account_id) | summary
        kind, _, name = urlsplit(summary.get("profileurl", "")).path.strip("/").partition("/")
        if kind == "id":
            self.add_vanity(name, account_id)

    def add_vanity(self, name: str, account_id: int) -> None:
        self.vanities[name.lower()] = to_account_id(account_id)

    def play(self, account_ids: Iterable[int], gameid: str) -> None:
        self.playing |= dict.fromkeys(self._introduced(account_ids), gameid)

    def stop_playing(self, account_ids: Iterable[int]) -> None:
        for account_id in map(to_account_id, account_ids):
            self.playing.pop(account_id, None)

    def hide_profile(self, account_ids: Iterable[int]) -> None:
        self.hidden_profiles.update(self._introduced(account_ids))

    def show_profile(self, account_ids: Iterable[int]) -> None:
        self.hidden_profiles.difference_update(map(to_account_id, account_ids))

    def players(self) -> list[Raw]:
        """The summaries of everyone known by name, then of those whom matches alone name."""
        self.matches.surface(time.time())
        named = sorted(self.summaries)
        others = self.matches.by_account.keys() | set(self.vanities.values())
        seen = sorted(others - self.summaries.keys())
        return [self._summary(account_id) for account_id in named + seen]

    def answer(self, interface: str, method: str, params: Params) -> Reply:
        self.matches.surface(time.time())
        try:
            return ENDPOINTS[interface, method](self, params)
        except ParameterError:
            return BAD_REQUEST

    def match_history(self, params: Params) -> Reply:
        account_id = to_account_id(_integer(params, "account_id", default=0))
        if account_id in self.private:
            return HISTORY_NOT_ALLOWED
        requested = _integer(params, "matches_requested", default=PAGE_SIZE)
        start = _integer(params, "start_at_match_id", default=0)
        league_id = _integer(params, "league_id", default=0)

        listed: Iterator[Raw]
        if account_id:
            # The limit is on the account, not on the query: no cursor reaches an older match.
            listed = islice(self.matches.of_account(account_id), HISTORY_LIMIT)
            listed = (raw for raw in listed if not start or raw["match_id"] <= start)
        else:
            listed = self.matches.descending(start=start or None)
        if league_id:
            listed = (raw for raw in listed if raw.get("leagueid") == league_id)
        found = list(islice(listed, HISTORY_LIMIT))

        visible = [raw for raw in found if raw["match_id"] not in self.hidden]
        page = visible[: _clamp(requested)]
        return Reply.json(
            {
                "result": {
                    "status": 1,
                    "num_results": len(page),
                    # As at Steam, hidden matches are counted though never listed: a client
                    # that waits for "none remaining" would ask for ever.
                    "total_results": len(found),
                    "results_remaining": len(found) - len(page),
                    "matches": [_history_entry(raw) for raw in page],
                }
            }
        )

    def match_history_by_sequence_num(self, params: Params) -> Reply:
        start = _integer(params, "start_at_match_seq_num", default=0)
        requested = _integer(params, "matches_requested", default=PAGE_SIZE)
        if requested < 1:
            detail = "'matches_requested' must be greater than 0."
            return Reply.json({"result": {"status": 8, "statusDetail": detail}})
        listed = self.matches.ascending(start=start)
        visible = (raw for raw in listed if raw["match_id"] not in self.hidden)
        found = list(islice(visible, _clamp(requested)))
        return Reply.json({"result": {"status": 1, "matches": found}})

    def match_details(self, params: Params) -> Reply:
        # So it has been for every match since patch 7.36 of May 2024.
        return Reply.json({}, status=500)

    def player_summaries(self, params: Params) -> Reply:
        steamids = _text(params, "steamids").split(",")
        if len(steamids) > PAGE_SIZE:
            raise ParameterError
        asked = {to_account_id(int(steamid)) for steamid in steamids if steamid.isdecimal()}
        known = (
            (asked & self.summaries.keys())
            | (asked & self.matches.by_account.keys())
            | (asked & set(self.vanities.values()))
        )
        summaries = [self._summary(account_id) for account_id in known]
        # Steam promises no order. Sorting by the last digits first is stable, and is neither
        # the order of the request nor that of the ids.
        summaries.sort(key=lambda summary: str(summary["steamid"])[::-1])
        return Reply.json({"response": {"players": summaries}})

    def resolve_vanity_url(self, params: Params) -> Reply:
        account_id = self.vanities.get(_text(params, "vanityurl").lower())
        # Type 1 is a person; 2 and 3 are groups, of which the fake has none.
        if account_id is None or _integer(params, "url_type", default=1) != 1:
            return Reply.json({"response": {"success": 42, "message": "No match"}})
        return Reply.json({"response": {"steamid": to_steamid(account_id), "success": 1}})

    def all_heroes(self, params: Params) -> Reply:
        return Reply.json({"result": self.heroes})

    def live_league(self, params: Params) -> Reply:
        league_id = _integer(params, "league_id", default=0)
        games = self.live_league_games
        if league_id:
            games = [game for game in games if game["league_id"] == league_id]
        return Reply.json({"result": {"games": games, "status": 200}})

    def top_live(self, params: Params) -> Reply:
        _text(params, "partner")
        partner = _integer(params, "partner", default=0)
        games = self.top_games if partner in TOP_GAME_PARTNERS else []
        return Reply.json(TOP_GAMES | {"game_list": games})

    def _introduced(self, account_ids: Iterable[int]) -> list[int]:
        """The accounts, known from now on even if no match names them."""
        introduced = [to_account_id(account_id) for account_id in account_ids]
        for account_id in introduced:
            self.summaries.setdefault(account_id, _summary(account_id))
        return introduced

    def _summary(self, account_id: int) -> Raw:
        summary = self.summaries.get(account_id) or _summary(account_id)
        if account_id in self.hidden_profiles:
            shown = {name: summary[name] for name in summary if name not in ABSENT_WHEN_HIDDEN}
            return shown | {"communityvisibilitystate": 1, "personastate": 0}
        if gameid := self.playing.get(account_id):
            name = "Dota 2" if gameid == DOTA else f"Game {gameid}"
            # Nobody is in a game and offline.
            state = summary.get("personastate") or 1
            return summary | {"personastate": state, "gameid": gameid, "gameextrainfo": name}
        return summary


ENDPOINTS: Final[dict[tuple[str, str], Callable[[WebApi, Params], Reply]]] = {
    ("IDOTA2Match_570", "GetMatchHistory"): WebApi.match_history,
    ("IDOTA2Match_570", "GetMatchHistoryBySequenceNum"): WebApi.match_history_by_sequence_num,
    ("IDOTA2Match_570", "GetMatchDetails"): WebApi.match_details,
    ("IDOTA2Match_570", "GetLiveLeagueGames"): WebApi.live_league,
    ("IDOTA2Match_570", "GetTopLiveGame"): WebApi.top_live,
    ("IEconDOTA2_570", "GetHeroes"): WebApi.all_heroes,
    ("ISteamUser", "GetPlayerSummaries"): WebApi.player_summaries,
    ("ISteamUser", "ResolveVanityURL"): WebApi.resolve_vanity_url,
}
METHOD_NAMES: Final = frozenset(method for _, method in ENDPOINTS)


def to_account_id(value: int) -> int:
    """The 32-bit account id of either form of a Steam id."""
    return value - STEAM_ID_BASE if value >= STEAM_ID_BASE else value


def to_steamid(account_id: int) -> str:
    """The 64-bit form, as Steam writes it."""
    return str(account_id + STEAM_ID_BASE)


def _recordings(folder: Path, method: str) -> Iterator[tuple[str, Raw]]:
    """Each recorded answer of the method, with what its file name adds: `method-<this>.json`."""
    for path in sorted(folder.glob(f"{method}*.json")):
        yield path.stem.removeprefix(method).lstrip("-"), json.loads(path.read_bytes())


def _text(params: Params, name: str) -> str:
    value = params.get(name, "")
    if not value:
        raise ParameterError(name)
    return value


def _integer(params: Params, name: str, *, default: int) -> int:
    value = params.get(name, "")
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise ParameterError(name) from None


def _clamp(requested: int) -> int:
    return max(1, min(requested, PAGE_SIZE))


def _history_entry(raw: Raw) -> Raw:
    return {
        "match_id": raw["match_id"],
        "match_seq_num": raw["match_seq_num"],
        "start_time": raw["start_time"],
        "lobby_type": raw["lobby_type"],
        "radiant_team_id": raw.get("radiant_team_id", 0),
        "dire_team_id": raw.get("dire_team_id", 0),
        "players": [
            {field: player[field] for field in HISTORY_PLAYER_FIELDS if field in player}
            for player in raw["players"]
        ],
    }


def _summary(account_id: int) -> Raw:
    return {
        "steamid": to_steamid(account_id),
        "communityvisibilitystate": 3,
        "profilestate": 1,
        "personaname": f"Player {account_id}",
        "profileurl": f"https://steamcommunity.com/profiles/{to_steamid(account_id)}/",
        "avatar": f"https://avatars.example/{account_id}.jpg",
        "avatarmedium": f"https://avatars.example/{account_id}_medium.jpg",
        "avatarfull": f"https://avatars.example/{account_id}_full.jpg",
        "personastate": 0,
    }
