"""Two workers never read one member's history at once, and a dead one's members are free again."""

import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from app.core import deadline
from app.core.steam_id import to_steam_id
from app.steam import payloads, services, sync
from app.steam.errors import LeaseLost
from app.steam.models import Match, MemberSync
from tests.factories import UserFactory
from tests.fakes.steam import FakeSteam
from tests.fakes.steam.fixtures import match

pytestmark = pytest.mark.django_db(transaction=True)

ACCOUNT = 100_000_777


@pytest.fixture
def member():
    member = UserFactory(steam_id=to_steam_id(ACCOUNT))
    services.adopt(member=member)
    return member


@pytest.fixture
def long_history(settings):
    """A Steam on which the member has played 450 matches."""
    matches = [match(match_id=n, seq=n, accounts=[ACCOUNT]) for n in range(1, 451)]
    with FakeSteam(matches=matches) as fake:
        settings.STEAM_API_URL, settings.STEAM_API_KEY = fake.url, fake.key
        yield fake


def careless_lease(*, member_id):
    """What a lease must not be: a look, and a write after it."""
    if MemberSync.objects.filter(member=member_id, leased_until=None).exists():
        time.sleep(0.05)
        MemberSync.objects.filter(member=member_id).update(
            lease=uuid4(), leased_until=timezone.now() + timedelta(minutes=5)
        )
        return True
    return None


def leased_by(workers, lease, member):
    """Let so many workers ask for the member at once; answer how many get them."""
    got, barrier = [], threading.Barrier(workers)

    def work():
        barrier.wait()
        got.append(lease(member_id=member.pk))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(each is not None for each in got)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer anyway.")
def test_of_workers_at_once_one_gets_the_member():
    for number in range(5):
        member = UserFactory(steam_id=to_steam_id(1000 + number))
        services.adopt(member=member)
        assert leased_by(6, services.lease, member) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer anyway.")
def test_with_a_careless_lease_several_would(member):
    assert leased_by(6, careless_lease, member) > 1


def test_a_lease_runs_out(member):
    first = services.lease(member_id=member.pk)
    assert services.lease(member_id=member.pk) is None
    MemberSync.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    second = services.lease(member_id=member.pk)

    assert second.lease != first.lease
    # Who comes late writes nothing over what the other one has.
    page = payloads.History([payloads.HistoryMatch(5, 5, 1_790_000_000)], 0)
    with pytest.raises(LeaseLost):
        services.record_page(sync=first, page=page, from_gap=False)
    for late in (services.note_private, lambda sync: services.finish_look(sync=sync, found=0)):
        with pytest.raises(LeaseLost):
            late(sync=first)
    assert not Match.objects.exists()
    services.record_page(sync=second, page=page, from_gap=False)
    assert Match.objects.get().match_id == 5


def test_who_is_not_wanted_or_not_active_is_not_leased(member):
    MemberSync.objects.update(look_at=timezone.now() + timedelta(hours=1))
    assert services.lease(member_id=member.pk) is None

    MemberSync.objects.update(look_at=timezone.now())
    member.is_active = False
    member.save()
    assert services.lease(member_id=member.pk) is None


def test_a_look_stops_before_its_function_does_and_goes_on_where_it_was(
    member, long_history, monkeypatch
):
    run_id = services.begin_run().pk
    pages = []
    while True:
        deadline.begin(sync.STOP + 0.5)
        # Each page of Steam's takes longer than what is left.
        long_history.fail("slow", seconds=0.6, times=1)
        with sync.work(run_id) as work:
            seconds = sync.look_at_member(work, member.pk)
        pages.append(MemberSync.objects.get().gap_from)
        if seconds is None:
            break
    deadline.begin(float("inf"))

    # A page a time, from the newest down, and no page twice.
    assert pages == [350, 250, 150, 50, None]
    assert long_history.count("GetMatchHistory") == 5
    row = MemberSync.objects.get()
    assert (row.newest_match_id, row.status, row.lease) == (450, "ok", None)
    assert Match.objects.pending().count() == 450


def test_what_was_played_while_a_gap_is_open_is_not_lost(member, long_history):
    run_id = services.begin_run().pk
    deadline.begin(sync.STOP + 0.5)
    long_history.fail("slow", seconds=0.6, times=1)
    with sync.work(run_id) as work:
        assert sync.look_at_member(work, member.pk) is not None
    deadline.begin(float("inf"))
    for n in range(451, 700):
        long_history.add_match(match(match_id=n, seq=n, accounts=[ACCOUNT]))
    # Nobody went on with it, until another look was wanted.
    MemberSync.objects.update(look_at=timezone.now())

    with sync.work(run_id) as work:
        assert sync.look_at_member(work, member.pk) is None

    row = MemberSync.objects.get()
    assert (row.gap_from, row.newest_match_id) == (None, 699)
    # All that a history lists, which is 500.
    assert set(Match.objects.values_list("match_id", flat=True)) >= set(range(200, 700))


def test_starting_over_reads_the_history_from_its_start(member, long_history):
    run_id = services.begin_run().pk
    with sync.work(run_id) as work:
        sync.look_at_member(work, member.pk)
    Match.objects.filter(match_id__lt=100).delete()

    assert services.start_over(member_ids=[member.pk]) == 1
    with sync.work(run_id) as work:
        sync.look_at_member(work, member.pk)

    assert Match.objects.count() == 450
