"""One thing that goes wrong for good takes nothing else along."""

import re
import threading
import time
from datetime import timedelta

import httpx
import msgspec
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.core.models import WaitingTask
from app.core.steam_id import to_steam_id
from app.steam import payloads, records, services, sync, tasks
from app.steam.ingest import store_matches
from app.steam.models import Match, MatchPlayer, MemberSync, PeerRecord, QuarantinedAnswer
from app.steam.sources import steam_budget
from tests.factories import UserFactory
from tests.fakes.steam import FakeSteam
from tests.fakes.steam.fixtures import match
from tests.simulation.clock import Clock, ticking
from tests.steam.test_records import by_hand, kept, season

pytestmark = pytest.mark.django_db(transaction=True)

ACCOUNT = 100_000_777


@pytest.fixture
def steam(settings):
    """A Steam on which one has played ten matches, with its real pause between details."""
    matches = [match(match_id=n, seq=n, accounts=[ACCOUNT]) for n in range(1, 11)]
    with FakeSteam(matches=matches) as fake:
        settings.STEAM_API_URL, settings.STEAM_API_KEY = fake.url, fake.key
        settings.STEAM_CALLS_PER_SECOND, settings.STEAM_DETAILS_PAUSE = 4, 5
        yield fake


@pytest.fixture
def pending(steam):
    Match.objects.bulk_create(
        Match(match_id=n, match_seq_num=n, start_time=timezone.now(), retry_at=timezone.now())
        for n in range(1, 11)
    )
    return list(range(1, 11))


def spoil(steam, how):
    if how == "malformed":
        steam.matches[10]["radiant_win"] = "yes"
    elif how == "nobody":
        steam.matches[10]["players"] = []
    else:
        steam.matches[10]["players"][0]["kills"] = 10**40


@pytest.mark.parametrize("how", ["malformed", "huge", "nobody"])
def test_the_newest_match_being_malformed_for_good_holds_up_no_other(steam, pending, how):
    spoil(steam, how)
    clock = Clock(timezone.now())
    with ticking(clock):
        left = pending
        for _ in range(20):
            with sync.work(services.begin_run().pk) as work:
                left, seconds = sync.fetch_matches(work, left)
            clock.now += seconds
            if not left:
                break

    assert Match.objects.stored().count() == 9
    assert Match.objects.get(match_id=10).reason == "malformed"
    # Asked for once more, after the pause.
    assert steam.count("GetMatchHistoryBySequenceNum") == 11


def test_a_match_that_steam_never_answers_holds_up_no_other(steam, pending, settings):
    settings.STEAM_DETAILS_PAUSE = 0.00001
    steam.fail("status2", times=3)
    with sync.work(services.begin_run().pk) as work:
        left, _ = sync.fetch_matches(work, pending)

    assert left == []
    assert Match.objects.stored().count() == 9
    bad = Match.objects.get(match_id=10)
    assert (bad.state, bad.attempts) == ("pending", 1)
    assert bad.retry_at > timezone.now()
    assert "status 2" in work.error


def test_an_old_page_that_fails_for_good_keeps_no_new_match_away(steam, settings):
    settings.STEAM_CALLS_PER_SECOND = 10_000
    for n in range(11, 150):
        steam.add_match(match(match_id=n, seq=n, accounts=[ACCOUNT]))
    member = UserFactory(steam_id=to_steam_id(ACCOUNT))
    services.adopt(member=member)
    steam.fail("503", after=1, endpoint="GetMatchHistory")
    look(member)
    assert MemberSync.objects.get().status == "failing"
    steam.clear_faults()
    steam.add_match(match(match_id=500, seq=500, accounts=[ACCOUNT]))
    steam.fail("503", after=1, endpoint="GetMatchHistory")
    MemberSync.objects.update(look_at=timezone.now())
    steam_budget().recovered()

    look(member)

    assert Match.objects.filter(match_id=500).exists()


def look(member):
    with sync.work(services.begin_run().pk) as work:
        return sync.look_at_member(work, member.pk)


def test_an_answer_nested_too_deeply_is_garbage_and_no_crash(steam, monkeypatch):
    body = b'{"result":' + b"[" * 100_000
    answer = httpx.Response(200, content=body)
    monkeypatch.setattr(httpx.Client, "get", lambda *args, **kwargs: answer)
    member = UserFactory(steam_id=to_steam_id(ACCOUNT))
    services.adopt(member=member)

    look(member)

    assert MemberSync.objects.get().status == "failing"
    assert QuarantinedAnswer.objects.get().size == len(body)


def test_a_null_character_in_an_avatar_fails_no_check():
    member = UserFactory(steam_id=to_steam_id(ACCOUNT))
    services.adopt(member=member)
    summary = payloads.PlayerSummary(
        steamid=str(member.steam_id), avatarfull="https://a.example/\0.jpg", personaname="a\0b"
    )

    services.record_check(member_ids=[member.pk], summaries={member.steam_id: summary})

    synced = MemberSync.objects.get()
    assert (synced.persona_name, synced.avatar) == ("ab", "")


def test_each_member_who_lists_a_match_is_in_it_though_it_is_never_stored():
    members = [UserFactory(steam_id=to_steam_id(101 + n)) for n in range(2)]
    seats = [payloads.HistoryPlayer(n, 101 + n, 5 + n) for n in range(2)]
    line = payloads.HistoryMatch(77, 77, 1_790_000_000, 7, seats)
    for member in members:
        services.adopt(member=member)
        leased = services.lease(member_id=member.pk)
        services.record_page(sync=leased, page=payloads.History([line], 0), from_gap=False)

    found = dict(MatchPlayer.objects.values_list("member", "hero_id"))
    assert found == {members[0].pk: 5, members[1].pk: 6}


def test_a_check_over_budget_is_put_back_and_no_error(steam, settings, queue):
    settings.STEAM_CALLS_PER_DAY = 1
    member = UserFactory(steam_id=to_steam_id(ACCOUNT))
    services.adopt(member=member)
    steam_budget(interactive=True).take("x")
    run = services.begin_run()

    tasks.check_members.call(run_id=run.pk, member_ids=[member.pk])

    run.refresh_from_db()
    assert (run.put_back, run.errors) == (1, 0)
    # For most of a day, which is longer than SQS holds it back.
    assert (queue.left(), WaitingTask.objects.count()) == (0, 1)


def test_looks_are_given_out_no_more_than_there_is_room_for():
    for n in range(8):
        services.adopt(member=UserFactory(steam_id=to_steam_id(200 + n)))
    idle = UserFactory(steam_id=to_steam_id(300))
    services.adopt(member=idle)
    MemberSync.objects.filter(member=idle).update(look_at=None)

    first = [each for page in services.give_out_due_members(checks=100, looks=5) for each in page]
    again = [each for page in services.give_out_due_members(checks=100, looks=5) for each in page]

    # The five, and the one who is to be checked alone; then none, as five are in somebody's hands.
    assert len(first) == 6
    assert idle.pk in first
    assert again == []


def test_who_was_followed_before_there_were_sums_has_them_from_the_next_plan_on():
    member = UserFactory(steam_id=to_steam_id(101))
    store_matches(list(season(3, 5)))
    MatchPlayer.objects.filter(account_id=101).update(member=member)

    services.reconcile()

    assert kept() == by_hand() != {"players": {}, "heroes": {}, "peers": {}}


def link_two_at_once():
    """Let two members with matches in common link their accounts at the same time."""
    store_matches(list(season(9, 30)))
    members = [UserFactory(steam_id=to_steam_id(101 + n)) for n in range(2)]
    barrier = threading.Barrier(2)

    def link(member):
        with transaction.atomic():
            User.objects.get(pk=member.pk)
            barrier.wait()
            services.adopt(member=member)
            time.sleep(0.1)
        connection.close()

    threads = [threading.Thread(target=link, args=[member]) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer anyway.")
def test_two_members_who_link_at_once_are_in_each_others_sums():
    link_two_at_once()

    assert PeerRecord.objects.count() == 2
    assert kept() == by_hand()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer anyway.")
def test_without_the_lock_they_would_miss_each_other(monkeypatch):
    monkeypatch.setattr(records, "lock", lambda: None)

    link_two_at_once()

    assert kept() != by_hand()


def test_those_to_be_looked_at_and_the_others_are_checked_together():
    members = [UserFactory(steam_id=to_steam_id(200 + n)) for n in range(6)]
    for member in members:
        services.adopt(member=member)
    MemberSync.objects.filter(member__in=members[3:]).update(look_at=None)

    [together] = services.give_out_due_members(checks=100, looks=100)

    assert sorted(together) == [member.pk for member in members]


def test_having_had_no_answer_is_not_having_been_told_no(steam, pending):
    for _ in range(5):
        services.note_attempt(match_id=10)
    services.note_unavailable(match_id=10)

    lost = Match.objects.get(match_id=10)
    assert (lost.attempts, lost.denials, lost.reason) == (5, 1, "hidden")
    # An hour, as after any first no.
    assert lost.retry_at - timezone.now() <= timedelta(hours=1)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer anyway.")
def test_who_links_again_while_they_are_being_left_is_followed():
    member = UserFactory(steam_id=to_steam_id(ACCOUNT))
    services.adopt(member=member)
    User.objects.filter(pk=member.pk).update(steam_id=None)
    leaving = threading.Event()

    def leave():
        with transaction.atomic():
            services.reconcile()
            leaving.set()
            time.sleep(0.3)
        connection.close()

    thread = threading.Thread(target=leave)
    thread.start()
    leaving.wait()
    User.objects.filter(pk=member.pk).update(steam_id=to_steam_id(ACCOUNT))

    services.adopt(member=member)

    thread.join()
    assert MemberSync.objects.get().member == member


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer anyway.")
def test_all_take_their_locks_in_one_order(steam, pending):
    """Of the records, then of members, then of matches: else two that cross would deadlock."""
    member = UserFactory(steam_id=to_steam_id(ACCOUNT))
    raws = [steam.matches[1], steam.matches[2]]
    line = payloads.HistoryMatch(10, 10, 1_790_000_000, 7)

    def leave():
        User.objects.filter(pk=member.pk).update(steam_id=None)
        services.reconcile()

    steps = [
        lambda: services.adopt(member=member),
        lambda: store_matches([msgspec.convert(raw, payloads.Match) for raw in raws]),
        lambda: services.record_page(
            sync=services.lease(member_id=member.pk),
            page=payloads.History([line], 0),
            from_gap=False,
        ),
        lambda: services.note_unavailable(match_id=10),
        leave,
    ]
    for step in steps:
        with CaptureQueriesContext(connection) as captured, transaction.atomic():
            step()
        taken = [place for query in captured if (place := _locks(query["sql"])) is not None]
        assert taken, "It locks nothing, so this says nothing."
        # What was locked once may be written to any time.
        firsts = list(dict.fromkeys(taken))
        assert firsts == sorted(firsts)


def _locks(statement):
    """Which of the three the statement locks first, if any."""
    if "pg_advisory_xact_lock" in statement:
        return 0
    if statement.startswith("SELECT") and "FOR " not in statement:
        return None
    found = re.search(r'"steam_(membersync|match)"', statement)
    return found and ("membersync", "match").index(found[1]) + 1
