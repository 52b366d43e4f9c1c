"""What the fake knows, and how each method of the Web API answers from it.

Nothing here knows of HTTP, keys, faults or threads.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tests.fakes.replies import Reply
from tests.fakes.steam.replies import BAD_REQUEST, HISTORY_NOT_ALLOWED

Raw = dict[str, Any]
Params = Mapping[str, str]

ANONYMOUS: Final = 4294967295
STEAM_ID_BASE: Final = 76561197960265728
PAGE_SIZE: Final = 100
HISTORY_LIMIT: Final = 500

REQUIRED_FIELDS: Final = ("match_id", "match_seq_num", "start_time", "lobby_type", "players")
HISTORY_PLAYER_FIELDS: Final = (
    "account_id",
    "player_slot",
    "team_number",
    "team_slot",
    "hero_id",
    "hero_variant",
)


class ParameterError(Exception):
    pass


class WebApi:
    def __init__(self) -> None:
        self.matches: dict[int, Raw] = {}
        self.hidden: set[int] = set()
        self.private: set[int] = set()
        self.vanities: dict[str, int] = {}
        self.summaries: dict[int, Raw] = {}
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

    def add_match(self, raw: Raw) -> None:
        missing = [field for field in REQUIRED_FIELDS if field not in raw]
        if missing:
            raise ValueError(f"a match needs {', '.join(missing)}")
        self.matches[raw["match_id"]] = raw

    def add_player(self, account_id: int, summary: Raw) -> None:
        account_id = to_account_id(account_id)
        self.summaries[account_id] = _summary(account_id) | summary
        kind, _, name = urlsplit(summary.get("profileurl", "")).path.strip("/").partition("/")
        if kind == "id":
            self.add_vanity(name, account_id)

    def add_vanity(self, name: str, account_id: int) -> None:
        self.vanities[name.lower()] = to_account_id(account_id)

    def players(self) -> list[Raw]:
        """The summaries of everyone known by name, then of those whom matches alone name."""
        named = sorted(self.summaries)
        seen = sorted(self._known_accounts() - self.summaries.keys())
        return [self._summary(account_id) for account_id in named + seen]

    def answer(self, interface: str, method: str, params: Params) -> Reply:
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

        found = sorted(self.matches.values(), key=lambda raw: -int(raw["match_id"]))
        if account_id:
            # The limit is on the account, not on the query: no cursor reaches an older match.
            found = [raw for raw in found if _has_player(raw, account_id)][:HISTORY_LIMIT]
        if league_id:
            found = [raw for raw in found if raw.get("leagueid") == league_id]
        if start:
            found = [raw for raw in found if raw["match_id"] <= start]
        found = found[:HISTORY_LIMIT]

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
        found = sorted(
            (
                raw
                for raw in self.matches.values()
                if raw["match_seq_num"] >= start and raw["match_id"] not in self.hidden
            ),
            key=lambda raw: int(raw["match_seq_num"]),
        )
        return Reply.json({"result": {"status": 1, "matches": found[: _clamp(requested)]}})

    def match_details(self, params: Params) -> Reply:
        # So it has been for every match since patch 7.36 of May 2024.
        return Reply.json({}, status=500)

    def player_summaries(self, params: Params) -> Reply:
        steamids = _text(params, "steamids").split(",")
        if len(steamids) > PAGE_SIZE:
            raise ParameterError
        asked = {to_account_id(int(steamid)) for steamid in steamids if steamid.isdecimal()}
        summaries = [self._summary(account_id) for account_id in asked & self._known_accounts()]
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

    def _known_accounts(self) -> set[int]:
        seen = {
            player.get("account_id", ANONYMOUS)
            for raw in self.matches.values()
            for player in raw["players"]
        }
        return (seen | self.summaries.keys() | set(self.vanities.values())) - {ANONYMOUS}

    def _summary(self, account_id: int) -> Raw:
        return self.summaries.get(account_id) or _summary(account_id)


ENDPOINTS: Final[dict[tuple[str, str], Callable[[WebApi, Params], Reply]]] = {
    ("IDOTA2Match_570", "GetMatchHistory"): WebApi.match_history,
    ("IDOTA2Match_570", "GetMatchHistoryBySequenceNum"): WebApi.match_history_by_sequence_num,
    ("IDOTA2Match_570", "GetMatchDetails"): WebApi.match_details,
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


def _has_player(raw: Raw, account_id: int) -> bool:
    # All anonymous players share one account id, which is nobody's history.
    return account_id != ANONYMOUS and any(
        player.get("account_id") == account_id for player in raw["players"]
    )


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
