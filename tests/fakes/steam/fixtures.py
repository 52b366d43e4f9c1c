"""Made-up matches in the shape that Steam records them."""

from collections.abc import Sequence
from typing import Any, Final

from tests.fakes.steam.web_api import ANONYMOUS, Raw

#: In `accounts`, a seat that nobody's account is in: Steam leaves its account_id out.
BOT: Final = 0

SLOTS: Final = (0, 1, 2, 3, 4, 128, 129, 130, 131, 132)
HERO_COUNT: Final = 23
ITEMS: Final = (63, 1, 116, 36, 41, 108, 50, 29, 180, 48)
NO_DRAFT: Final = frozenset({4, 5, 18, 20, 21})
TURBO: Final = 23
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
    **fields: Any,
) -> Raw:
    """A complete match of ten players, ranked all pick unless told otherwise.

    `accounts` fills the seats from the first of Radiant to the last of Dire: an account id,
    None for an anonymous player, BOT for none at all; seats beyond it are anonymous. `heroes`
    fills them likewise. A league match has teams and captains. Statistics follow from match_id
    and seat alone and are all 0 at a duration of 0. Further `fields` replace those of the match.
    """
    if len(accounts) > len(SLOTS) or len(heroes) > len(SLOTS):
        raise ValueError("a match has ten seats")
    seats = [*accounts, *[None] * (len(SLOTS) - len(accounts))]
    # 7 and 23 share no factor: ten different heroes, others in the next match.
    drawn = [1 + (match_id + 7 * seat) % HERO_COUNT for seat in range(len(SLOTS))]
    picked = [*heroes, *[hero for hero in drawn if hero not in heroes]][: len(SLOTS)]
    players = [
        _player(match_id, seat, account, hero, duration)
        for seat, (account, hero) in enumerate(zip(seats, picked, strict=True))
    ]
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


def _draft(picked: Sequence[int]) -> list[Raw]:
    banned = [hero for hero in range(1, HERO_COUNT + 1) if hero not in picked][:4]
    turns = [(False, hero, order % 2) for order, hero in enumerate(banned)]
    for radiant, dire in zip(picked[:5], picked[5:], strict=True):
        turns += [(True, radiant, 0), (True, dire, 1)]
    return [
        {"is_pick": is_pick, "hero_id": hero, "team": team, "order": order}
        for order, (is_pick, hero, team) in enumerate(turns)
    ]
