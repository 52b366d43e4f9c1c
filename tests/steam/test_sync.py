"""The sync from the scheduled event to the rows, through a queue, with Steam at its worst."""

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, models, transaction
from django.utils import timezone

from app.accounts.models import User
from app.core.steam_id import to_account_id, to_steam_id
from app.steam import services, tasks
from app.steam.models import (
    HeroRecord,
    Match,
    MatchPlayer,
    MemberSync,
    PeerRecord,
    PlayerRecord,
    QuarantinedAnswer,
    SyncRun,
)
from app.steam.sources import steam_budget
from config import functions
from tests.factories import MatchFactory, MatchPlayerFactory, UserFactory
from tests.fakes.sqs import Context
from tests.fakes.steam import ANONYMOUS, FakeSteam
from tests.fakes.steam.fixtures import match
from tests.steam.conftest import ACCOUNTS

# Commits for real: a function drops a connection that it finds inside of a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

DETAILS = "GetMatchHistoryBySequenceNum"
HISTORY = "GetMatchHistory"


def run(queue):
    """The scheduled events once, each with the queue until it is empty."""
    for entry in ("steam-sync", "steam-matches"):
        functions.schedule({"entry": entry}, Context())
        # What was put back is given out again by the next plan, should its message be lost.
        queue.drain(functions.worker, delayed=False)


def make_all_due():
    """Let time pass until everybody is due, and what is pending is given out again."""
    now = timezone.now()
    MemberSync.objects.update(due_at=now, look_at=now, leased_until=None, lease=None)
    Match.objects.pending().update(retry_at=now)


def link_members(steam):
    """Make members of five accounts that play in Steam's matches."""
    known = Counter(
        player["account_id"]
        for raw in steam.matches.values()
        for player in raw["players"]
        if player.get("account_id", ANONYMOUS) != ANONYMOUS
    )
    chosen = ACCOUNTS if set(ACCOUNTS) <= set(known) else sorted(known)[:5]
    return [UserFactory(steam_id=to_steam_id(account)) for account in chosen]


def played(steam, members):
    accounts = {to_account_id(member.steam_id) for member in members}
    return {
        match_id: raw
        for match_id, raw in steam.matches.items()
        if accounts & {player.get("account_id") for player in raw["players"]}
    }


def assert_all_stored(steam, members):
    """Check the rows against what Steam has, by another road than the sync's."""
    expected = played(steam, members)
    stored = dict(Match.objects.values_list("match_id", "state"))
    assert stored == dict.fromkeys(expected, "stored")

    rows = MatchPlayer.objects.values_list(
        "match_id", "player_slot", "account_id", "member__steam_id", "hero_id", "kills"
    )
    steam_ids = {to_account_id(member.steam_id): member.steam_id for member in members}
    wanted = set()
    for match_id, raw in expected.items():
        assert len(raw["players"]) == 10
        for player in raw["players"]:
            account = player.get("account_id")
            account = None if account == ANONYMOUS else account
            wanted.add(
                (
                    match_id,
                    player["player_slot"],
                    account,
                    steam_ids.get(account),
                    player["hero_id"],
                    player["kills"],
                )
            )
    assert set(rows) == wanted
    assert len(rows) == 10 * len(expected)


def test_a_scheduled_event_stores_every_match_of_the_members_once(any_steam, queue):
    members = link_members(any_steam)

    run(queue)

    assert_all_stored(any_steam, members)
    assert any_steam.count(DETAILS) == len(played(any_steam, members))
    assert set(MemberSync.objects.values_list("status", flat=True)) == {"ok"}


def test_a_second_run_asks_for_histories_only(any_steam, queue):
    members = link_members(any_steam)
    run(queue)
    any_steam.clear_calls()
    make_all_due()

    run(queue)

    assert any_steam.count(DETAILS) == 0
    assert any_steam.count(HISTORY) == len(members)
    assert_all_stored(any_steam, members)


def test_a_member_who_is_not_due_is_left_alone(steam, queue, members):
    run(queue)
    steam.clear_calls()

    run(queue)

    assert steam.count() == 0


def until_all_is_well(queue, *, rounds=10):
    """Run as time passes until every history is known and nothing is pending."""
    for _ in range(rounds):
        run(queue)
        unknown = MemberSync.objects.exclude(gap_from=None, synced_at__isnull=False)
        unknown = unknown.exclude(status="private")
        if not unknown.exists() and not Match.objects.pending().exists():
            return
        make_all_due()
        steam_budget().recovered()
    states = Match.objects.values_list("state").annotate(models.Count("pk"))
    raise AssertionError(f"Not all is well: {unknown.values()} {states}")


@pytest.mark.parametrize("every", [2, 3])
def test_limits_outages_and_confusion_change_nothing_in_the_end(any_steam, queue, every):
    members = link_members(any_steam)
    any_steam.fail("429", every=every)
    any_steam.fail("503", every=every + 2)
    any_steam.fail("status2", every=every + 3)
    any_steam.fail("garbage", every=11)
    any_steam.fail("empty", every=13)
    any_steam.fail("truncated", every=17)
    any_steam.fail("drop", every=19)

    until_all_is_well(queue, rounds=30)

    assert {call.status for call in any_steam.calls} >= {200, 429, 503}
    assert_all_stored(any_steam, members)


def test_steam_being_down_loses_nothing_and_is_told(steam, queue, members):
    steam.fail("503")
    for _ in range(3):
        run(queue)
        make_all_due()
        steam_budget().recovered()
    assert not Match.objects.exists()
    told = SyncRun.objects.latest("id")
    assert told.errors > 0
    assert told.last_error == "GetPlayerSummaries: 503"

    steam.clear_faults()
    until_all_is_well(queue)

    assert_all_stored(steam, members)


def test_a_member_whose_history_fails_says_since_when(steam, queue, members):
    steam.fail("503", endpoint=HISTORY)
    run(queue)
    steam_budget().recovered()
    first = MemberSync.objects.get(member=members[0])

    assert (first.status, first.error) == ("failing", "GetMatchHistory: 503")
    assert first.failures == 1
    assert first.due_at > timezone.now()

    make_all_due()
    run(queue)
    again = MemberSync.objects.get(member=members[0])
    assert (again.failures, again.since) == (2, first.since)

    steam.clear_faults()
    until_all_is_well(queue)
    well = MemberSync.objects.get(member=members[0])
    assert (well.status, well.error, well.failures) == ("ok", "", 0)
    assert well.since > first.since


def test_a_batch_that_fails_half_way_keeps_what_it_has(steam, members):
    Match.objects.bulk_create(
        Match(match_id=i, match_seq_num=raw["match_seq_num"], start_time=timezone.now())
        for i, raw in list(played(steam, members).items())[:8]
    )
    steam.fail("503", after=5, endpoint=DETAILS)

    tasks.ingest_matches.call(
        run_id=services.begin_run().pk, match_ids=list(Match.objects.values_list("pk", flat=True))
    )

    assert Match.objects.filter(state="stored").count() == 5
    assert MatchPlayer.objects.count() == 50
    ended = SyncRun.objects.get()
    # The three others were each asked for three times.
    assert (ended.matches_stored, ended.calls, ended.errors) == (5, 14, 1)


def test_what_was_discovered_and_never_enqueued_is_picked_up_by_the_next_plan(
    steam, queue, members
):
    run(queue)
    lost = Match.objects.order_by("match_id").first()
    MatchPlayer.objects.filter(match=lost).delete()
    Match.objects.filter(pk=lost.pk).update(state="pending", retry_at=timezone.now())

    run(queue)

    assert_all_stored(steam, members)


def test_a_pending_match_is_given_out_once_in_a_while(steam, queue, members):
    run_history_first(steam, queue)
    make_all_due()
    waiting = Match.objects.filter(state="pending").count()

    assert len(services.give_out_pending_matches(1000)) == waiting > 0
    assert services.give_out_pending_matches(1000) == []


def test_no_more_matches_are_given_out_than_asked_for_and_the_newest_first(steam, queue, members):
    run_history_first(steam, queue)
    make_all_due()
    newest = list(Match.objects.order_by("-match_id").values_list("match_id", flat=True))

    assert services.give_out_pending_matches(4) == newest[:4]
    # No more than so many are in anybody's hands at once.
    assert services.give_out_pending_matches(4) == []
    assert services.give_out_pending_matches(7) == newest[4:7]
    assert services.give_out_pending_matches(0) == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no row locks.")
def test_two_plans_at_once_do_not_give_out_the_same_match():
    MatchFactory.create_batch(3, state="pending", radiant_win=None, retry_at=timezone.now())
    others = []

    def plan():
        others.extend(services.give_out_pending_matches(100))
        connection.close()

    other = threading.Thread(target=plan, daemon=True)
    with transaction.atomic():
        ours = services.give_out_pending_matches(100)
        other.start()
        other.join(timeout=5)
        # It went past the rows that we hold, and did not wait for them.
        assert not other.is_alive()

    assert (len(ours), others) == (3, [])


def test_a_hidden_match_is_unavailable_and_says_why(steam, queue, members):
    shown = list(played(steam, members))
    hidden = shown[3]
    run_history_first(steam, queue)
    steam.hide(hidden)

    until_all_is_well(queue)

    lost = Match.objects.get(match_id=hidden)
    assert (lost.state, lost.reason) == ("unavailable", "hidden")
    # It is known who of ours played it, and no more.
    assert {player.member for player in lost.players.all()} <= set(members)
    assert not lost.players.exclude(won=None).exists()
    assert Match.objects.filter(state="stored").count() == len(shown) - 1


def test_a_match_that_is_revealed_is_fetched_when_a_history_lists_it_again(steam, queue, members):
    hidden = list(played(steam, members))[3]
    run_history_first(steam, queue)
    steam.hide(hidden)
    until_all_is_well(queue)
    steam.reveal(hidden)
    steam.clear_calls()

    make_all_due()
    run(queue)
    assert steam.count(DETAILS) == 0  # not as soon as that
    Match.objects.filter(match_id=hidden).update(retry_at=timezone.now())
    make_all_due()
    until_all_is_well(queue)

    assert steam.count(DETAILS) == 1
    assert_all_stored(steam, members)


def listed_and_never_given(lobby_type, times=1):
    Match.objects.create(
        match_id=77, match_seq_num=1, start_time=timezone.now(), lobby_type=lobby_type
    )
    for _ in range(times):
        Match.objects.update(state="pending", reason="", retry_at=timezone.now())
        services.note_unavailable(match_id=77)
    return Match.objects.get()


def test_the_reason_tells_an_unticketed_lobby_from_a_hidden_match_and_one_that_is_gone():
    assert listed_and_never_given(7).reason == "hidden"
    Match.objects.all().delete()
    assert listed_and_never_given(1).reason == "not_ticketed"
    Match.objects.all().delete()
    gone = listed_and_never_given(7, times=3)
    assert gone.reason == "gone"
    assert gone.retry_at > timezone.now() + timedelta(hours=15)


def test_a_match_of_members_who_share_no_history_says_so(members):
    for member in members:
        services.adopt(member=member)
    match = MatchFactory(match_id=77, state="pending", radiant_win=None, lobby_type=7)
    MatchPlayerFactory(match=match, member=members[0])
    MemberSync.objects.filter(member=members[0]).update(status="private")

    services.note_unavailable(match_id=77)

    assert Match.objects.get().reason == "private"


def run_history_first(steam, queue):
    """Read the histories, so that the matches are known and not yet fetched."""
    steam.fail("status2", endpoint=DETAILS)
    run(queue)
    steam.clear_faults()
    steam_budget().recovered()
    assert Match.objects.filter(state="pending").exists()


def test_a_malformed_match_is_unavailable_and_spoils_no_other(steam, queue, members):
    broken = list(played(steam, members))[2]
    steam.matches[broken]["players"][4]["kills"] = "many"

    until_all_is_well(queue)

    lost = Match.objects.get(match_id=broken)
    assert (lost.state, lost.reason) == ("unavailable", "malformed")
    kept = QuarantinedAnswer.objects.get()
    assert "$.players[4].kills" in kept.reason
    assert (kept.match_id, kept.endpoint, kept.times) == (broken, DETAILS, 2)
    assert Match.objects.filter(state="stored").count() == len(played(steam, members)) - 1


def test_a_private_history_is_noted_and_asked_for_again_later(steam, queue, members):
    steam.make_private(ACCOUNTS[0])

    run(queue)

    sync = MemberSync.objects.get(member=members[0])
    assert sync.status == "private"
    assert sync.due_at > timezone.now()
    assert_all_stored_without(steam, members[1:])

    steam.make_public(ACCOUNTS[0])
    make_all_due()
    until_all_is_well(queue)
    sync.refresh_from_db()
    assert sync.status == "ok"
    assert_all_stored(steam, members)


def assert_all_stored_without(steam, members):
    assert set(Match.objects.values_list("match_id", flat=True)) == set(played(steam, members))


def test_a_match_that_surfaces_late_is_found_within_the_page(steam, queue, members):
    late = list(played(steam, members))[4]
    steam.hide(late)
    run(queue)
    steam.reveal(late)
    make_all_due()

    run(queue)

    assert_all_stored(steam, members)


def test_a_history_of_many_pages_is_read_to_its_end(settings, queue, db):
    account = 100_000_777
    matches = [
        match(match_id=5_000 + n, seq=9_000 + n, accounts=[account], start_time=1_790_000_000 + n)
        for n in range(230)
    ]
    member = UserFactory(steam_id=to_steam_id(account))
    with FakeSteam(matches=matches) as steam:
        settings.STEAM_API_URL, settings.STEAM_API_KEY = steam.url, steam.key

        run(queue)

        assert steam.count(HISTORY) == 3
        assert Match.objects.filter(state="stored").count() == 230
        assert MemberSync.objects.get(member=member).newest_match_id == 5_229


def test_linking_another_account_starts_its_history_anew(steam, queue, members):
    run(queue)
    mover = members[0]
    newcomer = 200_000_001
    mover.steam_id = to_steam_id(newcomer)
    mover.save()

    run(queue)

    assert MemberSync.objects.get(member=mover).steam_id == mover.steam_id
    theirs = MatchPlayer.objects.filter(account_id=newcomer)
    assert theirs.exists()
    assert set(theirs.values_list("member", flat=True)) == {mover.pk}
    assert not MatchPlayer.objects.filter(account_id=ACCOUNTS[0], member=mover).exists()


def test_a_member_who_links_later_is_linked_in_matches_that_are_here_already(steam, queue, members):
    run(queue)
    late = UserFactory(steam_id=to_steam_id(200_000_001))

    run(queue)

    assert MatchPlayer.objects.filter(member=late).exists()
    assert_all_stored(steam, [*members, late])


def test_a_deactivated_member_is_not_synced(steam, queue, members):
    User.objects.update(is_active=False)

    run(queue)

    assert steam.count() == 0


def test_a_refused_key_is_not_tried_again_by_anybody_and_never_told(
    steam, queue, members, settings, caplog
):
    settings.STEAM_API_KEY = "a-wrong-key"

    run(queue)

    # The circuit is open for everybody from the first refusal on.
    assert steam.count() == 1
    told = SyncRun.objects.latest("id")
    assert told.last_error == "GetPlayerSummaries: 403"
    assert steam_budget().standing().rests_for > 0
    assert "a-wrong-key" not in caplog.text


WORKER = """
import sys
from config import functions
from tests.fakes.sqs import Context, Queue

for entry in ("steam-sync", "steam-matches"):
    functions.schedule({"entry": entry}, Context())
    Queue(sys.argv[1]).drain(functions.worker)
"""
# `KILLS=50 make test ARGS="-k killed"` kills as many.
KILLS = int(os.environ.get("KILLS", "4"))


def contents():
    """All that the sync has written of matches, by their keys."""
    left_out = {"created_at", "updated_at", "retry_at", "attempts", "match_seq_num"}
    fields = [field.name for field in Match._meta.fields if field.name not in left_out]
    cursors = ("member_id", "status", "newest_match_id", "gap_from", "gap_to", "played_at")
    others = (MatchPlayer, PlayerRecord, HeroRecord, PeerRecord)
    return [
        list(Match.objects.order_by("pk").values(*fields)),
        *(list(model.objects.order_by("pk").values()) for model in others),
        list(MemberSync.objects.order_by("pk").values(*cursors)),
    ]


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="Another process cannot see an in-memory SQLite."
)
def test_a_worker_killed_anywhere_and_run_again_ends_the_same(any_steam, queue, sqs):
    members = link_members(any_steam)
    rng = random.Random(KILLS)
    run(queue)
    undisturbed = contents()
    calls = any_steam.count()
    any_steam.fail("slow", seconds=0.02)
    for _ in range(KILLS):
        for model in (Match, MemberSync, PlayerRecord, HeroRecord, PeerRecord):
            model.objects.all().delete()
        any_steam.clear_calls()
        worker = start_worker(any_steam, queue, sqs)
        wanted = rng.randrange(calls)
        while any_steam.count() < wanted and worker.poll() is None:
            time.sleep(0.002)
        # Between two calls as well as in one, and while rows are being written.
        time.sleep(rng.uniform(0, 0.04))
        worker.kill()
        worker.wait()

        make_all_due()
        until_all_is_well(queue)

        assert contents() == undisturbed
    assert_all_stored(any_steam, members)


def start_worker(steam, queue, sqs):
    database = connection.settings_dict
    environment = os.environ | {
        "DATABASE_URL": os.environ["DATABASE_URL"].rpartition("/")[0] + "/" + database["NAME"],
        "SQS_QUEUE_URL": queue.url,
        "AWS_ENDPOINT_URL": sqs,
        "STEAM_API_URL": steam.url,
        "STEAM_API_KEY": steam.key,
    }
    return subprocess.Popen([sys.executable, "-c", WORKER, queue.url], env=environment)
