"""What the sync did, for people to read: runs, the use of each endpoint, and what made no sense."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils import timezone

from app.accounts.models import User
from app.steam.models import QuarantinedAnswer, SyncRun, Usage
from app.steam.transport import Transport

KEPT = timedelta(days=90)

_USAGE = """
INSERT INTO steam_usage (day, source, endpoint, calls, failures) VALUES {rows}
ON CONFLICT (day, source, endpoint) DO UPDATE SET
    calls = steam_usage.calls + excluded.calls,
    failures = steam_usage.failures + excluded.failures
"""

_QUARANTINE = """
INSERT INTO steam_quarantinedanswer
    (digest, source, endpoint, reason, match_id, size, times, first_seen_at, last_seen_at)
VALUES {rows}
ON CONFLICT (digest, endpoint) DO UPDATE SET
    times = steam_quarantinedanswer.times + excluded.times, last_seen_at = excluded.last_seen_at
"""


def begin_run(
    *, trigger: SyncRun.Trigger = SyncRun.Trigger.SCHEDULE, started_by: User | None = None
) -> SyncRun:
    now = timezone.now()
    return SyncRun.objects.create(
        trigger=trigger, started_by=started_by, started_at=now, last_active_at=now
    )


def latest_run() -> SyncRun:
    """Answer the run that what happens now is part of."""
    return SyncRun.objects.order_by("-id").first() or begin_run()


def note_due(*, run_id: int, members: int = 0, matches: int = 0) -> None:
    """Add what the run gave out."""
    SyncRun.objects.filter(pk=run_id).update(
        members_due=F("members_due") + members, matches_due=F("matches_due") + matches
    )


def note_work(
    *, run_id: int, source: str, transport: Transport, done: Mapping[str, int], error: str = ""
) -> None:
    """Add what a task did to its run, its calls to the day's usage, and its garbage to the rest."""
    now = timezone.now()
    note_usage(source=source, transport=transport)
    counts: dict[str, Any] = {name: F(name) + number for name, number in done.items() if number}
    counts["calls"] = F("calls") + transport.calls
    if error:
        counts |= {"errors": F("errors") + 1, "last_error": error[:200]}
    SyncRun.objects.filter(pk=run_id).update(last_active_at=now, **counts)


def note_usage(*, source: str, transport: Transport) -> None:
    """Add the calls to the day's usage, and note what of their answers made no sense."""
    now = timezone.now()
    calls: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    for (endpoint, brought), number in transport.usage.items():
        calls[endpoint] += number
        failures[endpoint] += 0 if brought else number
    # In the order of the key, so that two tasks wait for each other and do not deadlock.
    _insert(
        _USAGE,
        [[now.date(), source, name, calls[name], failures[name]] for name in sorted(calls)],
    )
    seen = Counter((part.digest, part.endpoint) for part in transport.garbage)
    garbage = {(part.digest, part.endpoint): part for part in transport.garbage}
    _insert(
        _QUARANTINE,
        [
            [
                part.digest,
                source,
                part.endpoint,
                part.reason.replace("\0", ""),
                part.match_id,
                part.size,
                seen[key],
                now,
                now,
            ]
            for key, part in sorted(garbage.items())
        ],
    )


def remove_old() -> None:
    """Forget the runs, the usage and the garbage that are so old that nobody asks about them."""
    then = timezone.now() - KEPT
    SyncRun.objects.filter(started_at__lt=then).delete()
    Usage.objects.filter(day__lt=then.date()).delete()
    QuarantinedAnswer.objects.filter(last_seen_at__lt=then).delete()


def _insert(sql: str, rows: list[list[Any]]) -> None:
    if not rows:
        return
    row = f"({', '.join(['%s'] * len(rows[0]))})"
    with connection.cursor() as cursor:
        cursor.execute(
            sql.format(rows=", ".join([row] * len(rows))), [value for row in rows for value in row]
        )
