"""Matches of the demo members, stored the way the sync stores Steam's."""

from random import Random

from django.utils import timezone

from app.accounts.demo import members
from app.core.steam_id import to_account_id
from app.steam import payloads, services
from app.steam.ingest import store_matches

MATCHES = 24
FIRST_MATCH_ID = 9_000_000_001


def load() -> None:
    random = Random(570)  # noqa: S311 - the same demo on every laptop
    accounts = {member: to_account_id(member.steam_id) for member in members() if member.steam_id}
    now = int(timezone.now().timestamp())
    matches = [_match(random, number, list(accounts.values()), now) for number in range(MATCHES)]
    for member, account in accounts.items():
        services.adopt(member=member)
        sync = services.lease(member_id=member.pk)
        assert sync is not None
        played = [m for m in matches if account in {p.account_id for p in m.players}]
        lines = [payloads.HistoryMatch(m.match_id, m.match_seq_num, m.start_time) for m in played]
        services.record_page(sync=sync, page=payloads.History(lines, 0), from_gap=False)
        services.finish_look(sync=sync, found=0)
    store_matches(matches)


def _match(random: Random, number: int, accounts: list[int], now: int) -> payloads.Match:
    radiant_win = random.random() < 0.5
    duration = random.randint(1500, 3300)
    ours = iter(random.sample(accounts, random.randint(1, 5)))
    heroes = random.sample([hero for hero in range(1, 121) if hero != 24], 10)
    players = [
        _player(
            random,
            slot=side * 128 + position,
            account=next(ours, payloads.ANONYMOUS),
            hero=heroes.pop(),
            won=(side == 0) == radiant_win,
            minutes=duration / 60,
        )
        for side in (0, 1)
        for position in range(5)
    ]
    radiant, dire = (sum(p.kills for p in players[half]) for half in (slice(5), slice(5, 10)))
    return payloads.Match(
        match_id=FIRST_MATCH_ID + number * 1409,
        match_seq_num=7_000_000_001 + number * 1283,
        start_time=now - (MATCHES - number) * 5 * 3600 - duration,
        duration=duration,
        radiant_win=radiant_win,
        players=players,
        lobby_type=random.choice([0, 7]),
        game_mode=22,
        cluster=133,
        human_players=10,
        first_blood_time=random.randint(20, 240),
        radiant_score=radiant,
        dire_score=dire,
    )


def _player(
    random: Random, *, slot: int, account: int, hero: int, won: bool, minutes: float
) -> payloads.Player:
    gold_per_min = random.randint(280, 620) + 90 * won
    return payloads.Player(
        player_slot=slot,
        account_id=account,
        hero_id=hero,
        kills=random.randint(0, 9) + 3 * won,
        deaths=random.randint(1, 9),
        assists=random.randint(3, 20),
        level=random.randint(16, 27),
        last_hits=int(minutes * random.uniform(1, 8)),
        denies=random.randint(0, 15),
        gold_per_min=gold_per_min,
        xp_per_min=gold_per_min + random.randint(-60, 160),
        net_worth=int(gold_per_min * minutes * 0.9),
        hero_damage=random.randint(6000, 38000),
        tower_damage=random.randint(0, 9000),
    )
