"""Made-up matches in the shape that Steam records them, and games that are on."""

from collections.abc import Sequence
from typing import Any, Final

from tests.fakes.steam.matches import ANONYMOUS, Raw
from tests.fakes.steam.web_api import NO_GAME

#: In `accounts`, a seat that nobody's account is in: Steam leaves its account_id out.
BOT: Final = 0

SLOTS: Final = (0, 1, 2, 3, 4, 128, 129, 130, 131, 132)
HERO_COUNT: Final = 23
ITEMS: Final = (63, 1, 116, 36, 41, 108, 50, 29, 180, 48)
NO_DRAFT: Final = frozenset({4, 5, 18, 20, 21})
TURBO: Final = 23
# The teams of who is in a league game and does not play.
CASTER: Final = 2
UNASSIGNED: Final = 4
ABSENT_FOR_BOTS: Final = frozenset(
    {
        "account_id",
        "leaver_status",
        "aghanims_scepter",
        "aghanims_shard",
        "moonshard",
        "ability_upgrades",
    }
)


def match(
    *,
    match_id: int,
    seq: int,
    accounts: Sequence[int | None] = (),
    heroes: Sequence[int] = (),
    start_time: int = 1_750_000_000,
    duration: int = 2400,
    radiant_win: bool = True,
    lobby_type: int = 7,
    game_mode: int = 22,
    leagueid: int = 0,
    ability_upgrades: bool = True,
    **fields: Any,
) -> Raw:
    """A complete match of ten players, ranked all pick unless told otherwise.

    `accounts` fills the seats from the first of Radiant to the last of Dire: an account id,
    None for an anonymous player, BOT for none at all; seats beyond it are anonymous. `heroes`
    fills them likewise. A league match has teams and captains. Statistics follow from match_id
    and seat alone and are all 0 at a duration of 0. Without `ability_upgrades`,
    which Steam leaves out of some, it takes far less memory. Further `fields` replace those of
    the match.
    """
    seats, picked = _seats(match_id, accounts, heroes)
    players = _players(match_id, seats, picked, duration)
    if not ability_upgrades:
        for player in players:
            player.pop("ability_upgrades", None)
    radiant, dire = players[:5], players[5:]
    won, lost = ((2046, 63), (6, 3)) if duration else ((0, 0), (0, 0))
    raw: Raw = {
        "players": players,
        "radiant_win": radiant_win,
        "duration": duration,
        "pre_game_duration": 60 if game_mode == TURBO else 90,
        "start_time": start_time,
        "match_id": match_id,
        "match_seq_num": seq,
        "tower_status_radiant": (won if radiant_win else lost)[0],
        "tower_status_dire": (lost if radiant_win else won)[0],
        "barracks_status_radiant": (won if radiant_win else lost)[1],
        "barracks_status_dire": (lost if radiant_win else won)[1],
        "cluster": 181 + match_id % 8,
        "first_blood_time": min(duration, match_id % 240),
        "lobby_type": lobby_type,
        "human_players": sum(seat != BOT for seat in seats),
        "leagueid": leagueid,
        "game_mode": game_mode,
        "flags": 0,
        "engine": 1,
        "radiant_score": _score(radiant),
        "dire_score": _score(dire),
    }
    if leagueid:
        raw |= _team("radiant", radiant) | _team("dire", dire)
    if game_mode not in NO_DRAFT:
        raw["picks_bans"] = _draft(picked)
    return raw | fields


def live_league_game(
    *,
    match_id: int,
    accounts: Sequence[int | None] = (),
    heroes: Sequence[int] = (),
    casters: Sequence[int] = (),
    unassigned: Sequence[int] = (),
    leagueid: int = 1,
    duration: float = 600.5,
    series_wins: tuple[int, int] = (0, 0),
    **fields: Any,
) -> Raw:
    """A game of a league that is on; seats and statistics are as those of `match`.

    Further `fields` replace those of the game, and None leaves one out, as Steam does with
    `scoreboard` before it begins and with `radiant_team` and `dire_team` where there is none.
    """
    seats, picked = _seats(match_id, accounts, heroes)
    players = _players(match_id, seats, picked, int(duration))
    radiant, dire = players[:5], players[5:]
    raw: Raw = {
        "players": [
            *(_present(player, player["hero_id"], player["team_number"]) for player in players),
            *(_present({"account_id": account}, 0, CASTER) for account in casters),
            *(_present({"account_id": account}, 0, UNASSIGNED) for account in unassigned),
        ],
        "radiant_team": _live_team(radiant),
        "dire_team": _live_team(dire),
        # Beyond 2^53, as Steam's are, though no string here.
        "lobby_id": 29_610_000_000_000_000 + match_id,
        "match_id": match_id,
        "spectators": match_id % 100,
        "league_id": leagueid,
        "stream_delay_s": 120,
        "radiant_series_wins": series_wins[0],
        "dire_series_wins": series_wins[1],
        "series_type": 1,
        "league_tier": 2,
        "scoreboard": {
            "duration": duration,
            "roshan_respawn_timer": 0,
            "radiant": _scoreboard(radiant),
            "dire": _scoreboard(dire),
        },
    } | fields
    return {name: value for name, value in raw.items() if value is not None}


def top_game(
    *,
    match_id: int,
    accounts: Sequence[int | None] = (),
    heroes: Sequence[int] = (),
    leagueid: int = 0,
    game_time: int = 600,
    activate_time: int = 1_750_000_000,
    average_mmr: int = 7000,
    **fields: Any,
) -> Raw:
    """One of the games that most people watch, of ten seats as in `match`.

    Further `fields` replace those of the game.
    """
    seats, picked = _seats(match_id, accounts, heroes)
    players = _players(match_id, seats, picked, game_time)
    radiant, dire = players[:5], players[5:]
    return (
        NO_GAME
        | {
            "activate_time": activate_time,
            "server_steam_id": str(90_277_900_000_000_000 + match_id),
            "lobby_id": str(29_610_000_000_000_000 + match_id),
            "league_id": leagueid,
            "lobby_type": 1 if leagueid else 7,
            "game_time": game_time,
            "delay": 120,
            "spectators": match_id % 100,
            "game_mode": 2 if leagueid else 22,
            "average_mmr": average_mmr,
            "match_id": str(match_id),
            "sort_score": average_mmr + match_id % 100,
            "last_update_time": activate_time + game_time,
            "radiant_lead": _worth(radiant) - _worth(dire),
            "radiant_score": _score(radiant),
            "dire_score": _score(dire),
            "players": [
                {
                    "account_id": player.get("account_id", 0),
                    "hero_id": player["hero_id"],
                    # Counted from 1 here.
                    "team_slot": player["team_slot"] + 1,
                    "team": player["team_number"],
                }
                for player in players
            ],
            "building_state": 4_784_201,
            "is_watch_eligible": True,
        }
        | fields
    )


def _seats(
    match_id: int, accounts: Sequence[int | None], heroes: Sequence[int]
) -> tuple[list[int | None], list[int]]:
    """Who is in the ten seats, and the hero in each."""
    if len(accounts) > len(SLOTS) or len(heroes) > len(SLOTS):
        raise ValueError("a match has ten seats")
    # 7 and 23 share no factor: ten different heroes, others in the next match.
    drawn = [1 + (match_id + 7 * seat) % HERO_COUNT for seat in range(len(SLOTS))]
    picked = [*heroes, *[hero for hero in drawn if hero not in heroes]][: len(SLOTS)]
    return [*accounts, *[None] * (len(SLOTS) - len(accounts))], picked


def _players(
    match_id: int, seats: Sequence[int | None], picked: Sequence[int], duration: int
) -> list[Raw]:
    return [
        _player(match_id, seat, account, hero, duration)
        for seat, (account, hero) in enumerate(zip(seats, picked, strict=True))
    ]


def _player(match_id: int, seat: int, account: int | None, hero: int, duration: int) -> Raw:
    minutes = duration // 60

    def stat(salt: int, low: int, high: int) -> int:
        """A number of this match, seat and salt; low and high are of a match of 40 minutes."""
        number = low + (match_id * 7 + seat * 13 + salt * 29) % (high - low + 1)
        return number * minutes // 40

    # Rates do not grow with the match, but an empty one has none.
    gold_per_min = (280 + (match_id * 11 + seat * 53) % 420) if minutes else 0
    earned = gold_per_min * minutes
    level = min(30, stat(3, 18, 27))
    hero_damage, tower_damage, hero_healing = (
        stat(4, 9_000, 32_000),
        stat(5, 0, 7_000),
        stat(6, 0, 4_000),
    )
    items = [ITEMS[(match_id + seat + place) % len(ITEMS)] if minutes else 0 for place in range(6)]
    player: Raw = {
        "account_id": ANONYMOUS if account is None else account,
        "player_slot": SLOTS[seat],
        "team_number": seat // 5,
        "team_slot": seat % 5,
        "hero_id": hero,
        "hero_variant": 1 + seat % 3,
        **{f"item_{place}": item for place, item in enumerate(items)},
        "backpack_0": 0,
        "backpack_1": 0,
        "backpack_2": 0,
        "item_neutral": 0,
        "item_neutral2": 0,
        "kills": stat(7, 1, 14),
        "deaths": stat(8, 1, 11),
        "assists": stat(9, 3, 24),
        "leaver_status": 0,
        "last_hits": stat(10, 40, 340),
        "denies": stat(11, 0, 18),
        "gold_per_min": gold_per_min,
        "xp_per_min": gold_per_min + 90 if minutes else 0,
        "level": level,
        "net_worth": earned * 9 // 10,
        "aghanims_scepter": 0,
        "aghanims_shard": 0,
        "moonshard": 0,
        "hero_damage": hero_damage,
        "tower_damage": tower_damage,
        "hero_healing": hero_healing,
        "gold": earned // 10,
        "gold_spent": earned * 8 // 10,
        "scaled_hero_damage": hero_damage * 2 // 3,
        "scaled_tower_damage": tower_damage // 2,
        "scaled_hero_healing": hero_healing // 3,
        "ability_upgrades": [
            {"ability": 5000 + 4 * hero + step % 4, "time": duration * step // 30, "level": step}
            for step in range(1, min(level, 18) + 1)
        ],
    }
    if account == BOT:
        return {name: value for name, value in player.items() if name not in ABSENT_FOR_BOTS}
    return player


def _score(players: list[Raw]) -> int:
    kills: int = sum(player["kills"] for player in players)
    # One more than the kills: a team also scores by deaths that are nobody's kill.
    return kills + 1 if kills else 0


def _team(side: str, players: list[Raw]) -> Raw:
    number = players[0]["team_number"] + 1
    return {
        f"{side}_team_id": 9_000_000 + number,
        f"{side}_name": f"Team {number}",
        # Beyond 2^53, as Steam's are.
        f"{side}_logo": 2_041_868_205_277_029_400 + number,
        f"{side}_team_complete": 1,
        f"{side}_captain": players[0].get("account_id", ANONYMOUS),
    }


def _present(player: Raw, hero: int, team: int) -> Raw:
    account = player.get("account_id", 0)
    return {"account_id": account, "name": f"Player {account}", "hero_id": hero, "team": team}


def _live_team(players: list[Raw]) -> Raw:
    number = players[0]["team_number"] + 1
    return {
        "team_name": f"Team {number}",
        "team_id": 9_000_000 + number,
        "team_logo": 2_041_868_205_277_029_400 + number,
        "complete": True,
    }


def _scoreboard(players: list[Raw]) -> Raw:
    return {
        "score": _score(players),
        "tower_state": 2047,
        "barracks_state": 63,
        "picks": [{"hero_id": player["hero_id"]} for player in players],
        "bans": [
            {"hero_id": HERO_COUNT + 1 + 5 * player["team_number"] + player["team_slot"]}
            for player in players
        ],
        "players": [_line(player) for player in players],
        "abilities": [{"ability_id": 5000, "ability_level": 1}],
    }


def _line(player: Raw) -> Raw:
    """A player on the scoreboard, where some words are others than in a match."""
    return {
        "player_slot": player["team_slot"] + 1,
        "account_id": player.get("account_id", 0),
        "hero_id": player["hero_id"],
        "kills": player["kills"],
        "death": player["deaths"],
        "assists": player["assists"],
        "last_hits": player["last_hits"],
        "denies": player["denies"],
        "gold": player["gold"],
        "level": player["level"],
        "gold_per_min": player["gold_per_min"],
        "xp_per_min": player["xp_per_min"],
        "ultimate_state": 3,
        "ultimate_cooldown": 0,
        **{f"item{place}": player[f"item_{place}"] for place in range(6)},
        "respawn_timer": 0,
        "position_x": -4383.5 + 100 * player["team_slot"],
        "position_y": -4267.25,
        "net_worth": player["net_worth"],
    }


def _worth(players: list[Raw]) -> int:
    worth: int = sum(player["net_worth"] for player in players)
    return worth


def _draft(picked: Sequence[int]) -> list[Raw]:
    banned = [hero for hero in range(1, HERO_COUNT + 1) if hero not in picked][:4]
    turns = [(False, hero, order % 2) for order, hero in enumerate(banned)]
    for radiant, dire in zip(picked[:5], picked[5:], strict=True):
        turns += [(True, radiant, 0), (True, dire, 1)]
    return [
        {"is_pick": is_pick, "hero_id": hero, "team": team, "order": order}
        for order, (is_pick, hero, team) in enumerate(turns)
    ]
