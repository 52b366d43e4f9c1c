"""What the sync does in the database, without Steam: prints what came of it in JSON.

Runs under Guildhall's settings: python -m tests.benchmarks.syncing begin | sum | time
"""

import json
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from time import time
from typing import Any, TypeAlias

import django

django.setup()

import msgspec  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from app.accounts.models import User  # noqa: E402
from app.core.steam_id import to_account_id, to_steam_id  # noqa: E402
from app.steam import payloads, records, services  # noqa: E402
from app.steam.ingest import store_matches  # noqa: E402
from app.steam.models import Match, MatchPlayer, MemberSync  # noqa: E402
from tests.benchmarks import plans  # noqa: E402
from tests.benchmarks.archive import MEMBER_ACCOUNT, NEWCOMER_ACCOUNT, REGULARS  # noqa: E402
from tests.benchmarks.worker import timed  # noqa: E402
from tests.fakes.steam.fixtures import match  # noqa: E402

Step: TypeAlias = Callable[[], object]

TIMES = 4


def begin() -> None:
    """Let there be a member and a match, after which others can be made."""
    User.objects.update(steam_id=to_steam_id(1))
    services.adopt(member=User.objects.get())
    store_matches([_match(1, [])])


def sum_up() -> None:
    """Make the members' sums of all that is stored."""
    with transaction.atomic(), connection.cursor() as cursor:
        # A key is looked up for each row.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL work_mem = '256MB'")
        for statement in (records._PLAYERS, records._HEROES, records._PEERS):
            cursor.execute(statement.format(which="TRUE"))


def measure() -> dict[str, Any]:
    """Answer by step what it took each time, in nanoseconds, and how many statements, by which
    indexes they find their rows and which of them read a whole table.
    """
    figures: dict[str, Any] = {}
    for name, step in _steps().items():
        taken = [_undone(step, timed)[1] for _ in range(TIMES)]
        explaining = _undone(step, _explained)
        figures[name] = {
            "walls": taken,
            # The transactions are within another, so that it can be undone.
            "statements": sum("SAVEPOINT" not in each.sql for each in explaining),
            "indexes": sorted({index for each in explaining for index in each.indexes}),
            "whole": {each.sql: each.whole for each in explaining if each.whole},
        }
    return figures


def _explained(step: Step) -> list[plans.Step]:
    with plans.explained() as steps:
        step()
    return steps


def _undone(step: Callable[[], Step], call: Callable[[Step], Any]) -> Any:
    """Prepare the step and call it, and let nothing of that stay."""
    with transaction.atomic():
        answer = call(step())
        transaction.set_rollback(True)
    return answer


def _steps() -> dict[str, Callable[[], Step]]:
    """Answer what prepares each step: that is not timed, as it has happened before."""
    syncs = {
        to_account_id(sync.steam_id): sync for sync in MemberSync.objects.order_by("member_id")
    }
    regulars = [syncs[MEMBER_ACCOUNT + number] for number in range(REGULARS)]
    newest = Match.objects.values_list("match_id", flat=True).first() or 0
    known = MatchPlayer.objects.filter(member=regulars[0].member_id).order_by("-match_id")
    known_ids = list(known.values_list("match_id", flat=True))
    accounts = list(syncs)[:: len(syncs) // 200][:200]
    batch = [_match(newest + n, accounts[n * 2 : n * 2 + 2]) for n in range(1, 101)]

    def ready(step: Step) -> Callable[[], Step]:
        return lambda: step

    def newcomer() -> Step:
        member = User.objects.get(username="newcomer0")
        member.steam_id = to_steam_id(NEWCOMER_ACCOUNT)
        member.save(update_fields=["steam_id"])
        return lambda: services.adopt(member=member)

    def unlinked() -> Step:
        User.objects.filter(pk=regulars[0].member_id).update(steam_id=None)
        return services.reconcile

    def look(match_ids: Sequence[int]) -> Callable[[], Step]:
        page = payloads.History([_line(n, regulars[0]) for n in match_ids], results_remaining=0)

        def leased() -> Step:
            rows = MemberSync.objects.filter(pk=regulars[0].pk)
            rows.update(look_at=timezone.now() - timedelta(minutes=1))
            sync = services.lease(member_id=regulars[0].pk)
            assert sync is not None
            return lambda: services.record_page(sync=sync, page=page, from_gap=False)

        return leased

    def check() -> None:
        summaries = {
            sync.steam_id: payloads.PlayerSummary(
                str(sync.steam_id), sync.persona_name, communityvisibilitystate=payloads.PUBLIC
            )
            for sync in regulars
        }
        services.record_check(member_ids=[sync.pk for sync in regulars], summaries=summaries)

    return {
        "members": ready(lambda: list(services.give_out_due_members(checks=1000, looks=250))),
        "pending": ready(lambda: services.give_out_pending_matches(120)),
        "unasked": ready(lambda: services.give_out_unasked_matches(10)),
        "reconcile": ready(services.reconcile),
        "leave": unlinked,
        "adopt": newcomer,
        "check": ready(check),
        "new page": look(range(newest + 1, newest + 101)),
        "known page": look(known_ids),
        "store": ready(lambda: store_matches(batch)),
    }


def _match(match_id: int, accounts: Sequence[int]) -> payloads.Match:
    raw = match(match_id=match_id, seq=match_id, accounts=accounts, start_time=int(time()))
    return msgspec.convert(raw, payloads.Match)


def _line(match_id: int, sync: MemberSync) -> payloads.HistoryMatch:
    players = [payloads.HistoryPlayer(slot, account_id=None) for slot in range(1, 5)]
    players.append(payloads.HistoryPlayer(128, to_account_id(sync.steam_id), 1))
    return payloads.HistoryMatch(match_id, match_id, int(time()), 7, players)


print(json.dumps({"begin": begin, "sum": sum_up, "time": measure}[sys.argv[1]]()))
