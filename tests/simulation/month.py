"""A month of the sync against the scripted Steam, and what is in the database at its end.

Run by `make month`, and in little by tests/steam/test_month.py.
"""

import random
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.test import override_settings
from django.utils.module_loading import import_string

from app.core.steam_id import to_account_id
from app.steam.models import Match, MatchPlayer, MemberSync, QuarantinedAnswer, SyncRun
from app.steam.sources import steam_budget
from config.schedule import SCHEDULE
from tests.fakes.steam import ANONYMOUS, FakeSteam
from tests.fakes.steam.web_api import HISTORY_LIMIT
from tests.simulation.clock import Clock, ticking
from tests.simulation.queue import Queue
from tests.simulation.world import DAY, HOUR, MINUTE, World

START = datetime(2026, 10, 1, tzinfo=UTC)
QUIET = 8.0
"""Days after the script in which all goes well: nobody is looked at less often than each week."""
PER_SECOND, DETAILS_PAUSE = 4, 5
ENTRIES = ("steam-sync", "steam-matches")
DETAILS, HISTORY, SUMMARIES = (
    "GetMatchHistoryBySequenceNum",
    "GetMatchHistory",
    "GetPlayerSummaries",
)


@dataclass
class Figures:
    members: int
    days: float
    matches_played: int
    sessions: int
    stored: int
    unavailable: int
    quarantined: int
    calls: int
    failed_calls: int
    least_calls: int
    looks: int
    checks: int
    details: int
    busiest_second: int
    busiest_day: int
    closest_details: float
    """Seconds between two calls for details, at the least."""
    tasks_failed: int

    @property
    def ratio(self) -> float:
        return self.calls / self.least_calls

    def __str__(self) -> str:
        rows = asdict(self) | {"ratio": round(self.ratio, 4)}
        return "\n".join(f"{name:>16}  {value:>12,}" for name, value in rows.items())


class Month:
    def __init__(
        self,
        *,
        members: int,
        days: float,
        seed: int,
        fault_every: int = 900,
        per_day: int = 100_000,
    ) -> None:
        """Let about one call in so many go wrong, for each of the ways in which Steam fails.

        `per_day` is the limit of calls, which the sync is told and Steam holds it to.
        """
        self.clock = Clock(START)
        self.fault_every, self.per_day = fault_every, per_day
        self.members, self.days, self.seed = members, days, seed
        self.rng = random.Random(seed)

    def run(self) -> Figures:
        """Play the month; answer its figures. Raises AssertionError when the end is not right."""
        limits: dict[str, Any] = {
            "STEAM_CALLS_PER_SECOND": PER_SECOND,
            "STEAM_CALLS_PER_DAY": self.per_day,
            "STEAM_DETAILS_PAUSE": DETAILS_PAUSE,
            "STEAM_BACKOFF": 0.5,
            "TASKS": {
                "default": {
                    "BACKEND": "tests.simulation.queue.Backend",
                    "OPTIONS": {"queue_url": "simulated"},
                }
            },
        }
        # That of the transport's pauses: a month that fails is to fail again.
        random.seed(self.seed)
        with ticking(self.clock), FakeSteam() as steam, override_settings(**limits):
            settings.STEAM_API_URL, settings.STEAM_API_KEY = steam.url, steam.key
            # What the world does does not depend on what the queue and the faults do.
            queue = Queue(self.clock, random.Random(self.seed + 1))
            world = World(steam, self.clock, self.rng)
            world.populate(self.members, self.days)
            steam.limit(per_second=5, per_day=self.per_day)
            steam.limit(per_second=1 / DETAILS_PAUSE, endpoint=DETAILS)
            self._live(world, queue, self.clock.now + self.days * DAY)
            steam.clear_faults()
            self._live(world, queue, self.clock.now + QUIET * DAY, calm=True)
            check(world)
            return self._figures(world, queue)

    def _live(self, world: World, queue: Queue, end: float, *, calm: bool = False) -> None:
        ticks = dict.fromkeys(ENTRIES, self.clock.now)
        if not calm:
            self._schedule_faults(world)
        while (now := min(world.next_at, queue.next_at, *ticks.values())) < end:
            self.clock.reach(now)
            if world.next_at <= now:
                world.happen()
            elif queue.next_at <= now:
                queue.deliver()
            else:
                entry = min(ticks, key=lambda name: ticks[name])
                # In the quiet days nothing is in a hurry.
                ticks[entry] += (10 if calm else SCHEDULE[entry].minutes) * MINUTE
                import_string(SCHEDULE[entry].task).enqueue()

    def _schedule_faults(self, world: World) -> None:
        """Let calls go wrong, each kind in its turn, and Steam be down for hours, twice.

        Once besides it lists matches and has no details: some are hidden before it has them again.
        """
        steam = world.steam
        self._fail_now_and_then(steam)

        def recover() -> None:
            steam.clear_faults()
            self._fail_now_and_then(steam)

        for share, hours, endpoint in ((0.3, 3, None), (0.45, 6, DETAILS), (0.6, 0.5, None)):
            down = self.clock.now + share * self.days * DAY
            world.at(down, partial(steam.fail, "503", endpoint=endpoint))
            world.at(down + hours * HOUR, recover)

    def _fail_now_and_then(self, steam: FakeSteam) -> None:
        kinds = ("429", "503", "500", "empty", "bare", "garbage", "truncated", "drop")
        bends = ("wrong_types", "missing_keys", "huge_ids", "negative")
        for number, kind in enumerate((*kinds, *bends)):
            steam.fail(kind, every=self.fault_every + 11 * number)
        steam.fail("status2", every=self.fault_every // 2)

    def _figures(self, world: World, queue: Queue) -> Figures:
        calls = world.steam.calls
        failed = sum(call.status != 200 for call in calls)
        sums = SyncRun.objects.aggregate(
            looks=Sum("members_looked_at"), matches=Sum("matches_stored"), calls=Sum("calls")
        )
        checks = sum(
            -(-due // 100) for due in SyncRun.objects.values_list("members_due", flat=True)
        )
        stored = Match.objects.stored().count()
        lost = Match.objects.filter(state="unavailable").count()
        # A page for each look, and for each further hundred of a past when it is first read.
        linked = {player.account: player.linked_at for player in world.players}
        pasts = Counter(
            player["account_id"]
            for raw in world.steam.matches.values()
            for player in raw["players"]
            if (linked.get(player.get("account_id")) or 0) >= raw["start_time"]
        )
        pages = sum((min(past, HISTORY_LIMIT) - 1) // 100 for past in pasts.values())
        details = sorted(call.time for call in calls if call.method_name == DETAILS)
        return Figures(
            members=self.members,
            days=self.days + QUIET,
            matches_played=world.matches,
            sessions=world.sessions,
            stored=stored,
            unavailable=lost,
            quarantined=QuarantinedAnswer.objects.count(),
            calls=len(calls),
            failed_calls=failed,
            least_calls=sums["looks"] + pages + stored + lost + checks,
            looks=sums["looks"],
            checks=checks,
            details=len(details),
            busiest_second=world.steam.busiest(1),
            busiest_day=world.steam.busiest(DAY),
            closest_details=round(
                min(
                    (later - first for first, later in pairwise(details)),
                    default=0,
                ),
                3,
            ),
            tasks_failed=queue.failed,
        )


def histories(world: World) -> dict[int, list[int]]:
    """The ids that Steam would list for each account, by what was put in and not by its answers."""
    by_account: dict[int, list[int]] = {}
    for match_id, raw in world.steam.matches.items():
        for player in raw["players"]:
            by_account.setdefault(player.get("account_id", ANONYMOUS), []).append(match_id)
    return {
        account: sorted(played, reverse=True)[:HISTORY_LIMIT]
        for account, played in by_account.items()
    }


def check(world: World) -> None:
    """Compare the database with what Steam would give, by another road than the sync's."""
    played = histories(world)
    hidden = world.steam.hidden
    listed: set[int] = set()
    ever: set[int] = set()
    for player in world.players:
        ours = played.get(player.account, [])
        if player.linked_at is not None:
            ever.update(ours)
        if player.member is not None and not player.is_private:
            listed.update(match_id for match_id in ours if match_id not in hidden)
    states = dict(Match.objects.values_list("match_id", "state"))
    stored = {match_id for match_id, state in states.items() if state == "stored"}
    missing = listed - stored
    assert not missing, f"{len(missing)} matches are missing: {sorted(missing)[:5]}"
    assert "pending" not in states.values(), Counter(states.values())
    assert stored <= ever, f"{len(stored - ever)} are nobody's"
    assert not stored & world.steam.unticketed.keys()

    members: dict[int | None, int] = {
        player.account: player.member.pk for player in world.players if player.member is not None
    }
    rows = Counter[int]()
    for row in MatchPlayer.objects.filter(match__state="stored").iterator(5000):
        raw = world.steam.matches[row.match_id]
        player = next(p for p in raw["players"] if p["player_slot"] == row.player_slot)
        account = player.get("account_id")
        account = None if account == ANONYMOUS else account
        assert row.account_id == account
        assert row.member_id == members.get(account), f"{row} is linked to {row.member_id}"
        for name in ("hero_id", "kills", "deaths", "assists", "net_worth", "hero_damage"):
            assert getattr(row, name) == player[name]
        assert row.won == ((row.player_slot < 128) == raw["radiant_win"])
        rows[row.match_id] += 1
    assert set(rows.values()) <= {10}
    assert rows.keys() == stored
    for sync in MemberSync.objects.all():
        assert sync.gap_from is None
        player = next(p for p in world.players if p.account == to_account_id(sync.steam_id))
        assert sync.status == ("private" if player.is_private else "ok"), sync
    assert steam_budget().standing().failures == 0
