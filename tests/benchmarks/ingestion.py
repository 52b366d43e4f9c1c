"""Stores matches in Guildhall's way and in the plain one, and prints what each took, in JSON.

Runs under Guildhall's settings, as load.py does.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

import django

django.setup()

import msgspec  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from app.accounts.models import User  # noqa: E402
from app.core.steam_id import to_account_id, to_steam_id  # noqa: E402
from app.steam import payloads, services  # noqa: E402
from app.steam.ingest import store_matches  # noqa: E402
from app.steam.models import Match, MatchPlayer, MemberSync  # noqa: E402
from tests.benchmarks.worker import timed  # noqa: E402
from tests.fakes.steam.fixtures import match  # noqa: E402

BATCH = 100  # matches, of ten players each
ROUNDS = 10
ACCOUNTS = range(1_000, 1_200)  # of the members, of whom two are in each match
_OF_MATCH = {*payloads.Match.__struct_fields__} & {field.name for field in Match._meta.fields}
_OF_PLAYER = {*payloads.Player.__struct_fields__} & {f.name for f in MatchPlayer._meta.fields}


def batch(number: int) -> list[payloads.Match]:
    first, half = number * BATCH + 1, len(ACCOUNTS) // 2
    return [
        msgspec.convert(
            match(
                match_id=match_id,
                seq=match_id,
                accounts=[ACCOUNTS[match_id % half], None, ACCOUNTS[half + match_id * 7 % half]],
                radiant_win=match_id % 3 == 0,
            ),
            payloads.Match,
        )
        for match_id in range(first, first + BATCH)
    ]


def store_plainly(matches: Sequence[payloads.Match]) -> None:
    """Store them row by row, a transaction for each match, and sum up nothing."""
    for each in matches:
        accounts = [player.known_account_id for player in each.players]
        with transaction.atomic():
            stored, _ = Match.objects.get_or_create(
                match_id=each.match_id,
                defaults={
                    **{name: getattr(each, name) for name in _OF_MATCH},
                    "state": Match.State.STORED,
                    "start_time": datetime.fromtimestamp(each.start_time, UTC),
                    "league_id": each.leagueid,
                    "picks_bans": msgspec.to_builtins(each.picks_bans),
                },
            )
            syncs = MemberSync.objects.filter(
                steam_id__in=[to_steam_id(account) for account in accounts if account]
            )
            members = {to_account_id(sync.steam_id): sync.member_id for sync in syncs}
            for player, account in zip(each.players, accounts, strict=True):
                MatchPlayer.objects.get_or_create(
                    match=stored,
                    player_slot=player.player_slot,
                    defaults={
                        **{name: getattr(player, name) for name in _OF_PLAYER},
                        "account_id": account,
                        "member_id": members.get(account) if account else None,
                        "won": player.is_radiant == each.radiant_win,
                        "items": player.items,
                        "backpack": player.backpack,
                    },
                )


def statements(function: Callable[[], Any]) -> int:
    """Call it; answer how many statements that took, but for those of the transaction."""
    around = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    with CaptureQueriesContext(connection) as queries:
        function()
    return sum(not query["sql"].startswith(around) for query in queries)


def checksums() -> dict[str, str]:
    """Answer one of the rows of each table."""
    with connection.cursor() as cursor:
        sums = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f"SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM \"{table}\" t"
            )
            [sums[table]] = cursor.fetchone()
    return sums


def measure() -> dict[str, Any]:
    """Answer the medians in microseconds of a batch."""
    for account in ACCOUNTS:
        name, steam_id = f"one{account}", to_steam_id(account)
        email = f"{name}@guildhall.example"
        services.adopt(member=User.objects.create(username=name, email=email, steam_id=steam_id))
    first, second, *batches = (batch(number) for number in range(2 + 2 * ROUNDS))
    figures: dict[str, Any] = {"statements": statements(lambda: store_matches(first))}
    figures["plain statements"] = statements(lambda: store_plainly(second))
    taken: dict[Any, list[int]] = {store_matches: [], store_plainly: []}
    for number in range(ROUNDS):
        ways = [*taken][:: -1 if number % 2 else 1]
        for way, matches in zip(ways, batches[2 * number :], strict=False):
            taken[way].append(timed(way, matches)[1])
    before = checksums()
    figures["again statements"] = statements(lambda: store_matches(first))
    again = [timed(store_matches, matches)[1] for matches in batches]
    after = checksums()
    return figures | {
        "bulk": median(taken[store_matches]) / 1e3,
        "plain": median(taken[store_plainly]) / 1e3,
        "again": median(again) / 1e3,
        "changed": sum(before[table] != after[table] for table in after),
    }


print(json.dumps(measure()))
