"""A match as OpenDota tells it, from what Steam says of it."""

from collections.abc import Mapping
from typing import Final

from tests.fakes.steam.matches import ANONYMOUS, Raw

#: Of OpenDota's parser, the patch by its own count, and a region of Dota's.
VERSION: Final = 21
PATCH: Final = 57
REGION: Final = 3
DIRE: Final = 128
# Steam's statistics that OpenDota tells in a form of its own, or not at all.
STEAMS_OWN: Final = frozenset({"account_id", "ability_upgrades"})
ABANDONED: Final = frozenset({2, 3, 4})


def match(raw: Raw, names: Mapping[int, str]) -> Raw:
    """The whole of a match whose replay was read."""
    return raw | {
        "version": VERSION,
        "patch": PATCH,
        "region": REGION,
        "series_id": 0,
        "series_type": 0,
        "replay_salt": raw["match_id"] % 2_000_000_000,
        "od_data": {
            "has_api": True,
            "has_gcdata": True,
            "has_parsed": True,
            "has_archive": False,
        },
        "players": [_player(raw, player, names) for player in raw["players"]],
    }


def _player(raw: Raw, player: Raw, names: Mapping[int, str]) -> Raw:
    account_id = player.get("account_id", ANONYMOUS)
    radiant = player["player_slot"] < DIRE
    won = radiant == raw["radiant_win"]
    told = {name: value for name, value in player.items() if name not in STEAMS_OWN}
    told |= {
        "account_id": None if account_id == ANONYMOUS else account_id,
        "match_id": raw["match_id"],
        "ability_upgrades_arr": [
            upgrade["ability"] for upgrade in player.get("ability_upgrades", [])
        ],
        "isRadiant": radiant,
        "radiant_win": raw["radiant_win"],
        "win": int(won),
        "lose": int(not won),
        "abandons": int(player.get("leaver_status", 0) in ABANDONED),
        "duration": raw["duration"],
        "start_time": raw["start_time"],
        "lobby_type": raw["lobby_type"],
        "game_mode": raw["game_mode"],
        "patch": PATCH,
        "region": REGION,
    }
    if account_id in names:
        told["personaname"] = names[account_id]
    return told
