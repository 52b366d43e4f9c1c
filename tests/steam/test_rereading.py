"""What Steam hid when a long history was read, and shows later, is found though it is old."""

import pytest
from django.utils import timezone

from app.core.steam_id import to_steam_id
from app.steam import activity, services, sync
from app.steam.models import Match, MemberSync
from app.steam.sources import steam_budget
from tests.factories import UserFactory
from tests.fakes.steam import FakeSteam
from tests.fakes.steam.fixtures import match
from tests.simulation.clock import Clock, ticking

pytestmark = pytest.mark.django_db

ACCOUNT = 100_000_777
HISTORY = "GetMatchHistory"


@pytest.fixture
def clock():
    clock = Clock(timezone.now())
    with ticking(clock):
        yield clock


@pytest.fixture
def member(clock):
    member = UserFactory(steam_id=to_steam_id(ACCOUNT))
    services.adopt(member=member)
    return member


@pytest.fixture
def play(clock, settings):
    """Answer a Steam on which the member has played so many matches, from 1 on."""
    with FakeSteam() as fake:
        settings.STEAM_API_URL, settings.STEAM_API_KEY = fake.url, fake.key
        settings.STEAM_CALLS_PER_SECOND = 1_000_000

        def play(count):
            for n in range(1, count + 1):
                fake.add_match(match(match_id=n, seq=n, accounts=[ACCOUNT]))
            return fake

        yield play


def calls_of_a_look(steam, member):
    steam.clear_calls()
    MemberSync.objects.update(look_at=timezone.now())
    with sync.work(services.begin_run().pk) as work:
        assert sync.look_at_member(work, member.pk) is None
    return steam.count(HISTORY)


def test_an_old_match_that_was_hidden_is_found_when_it_is_so_no_longer(play, member, clock):
    steam = play(250)
    steam.hide(40, 41)
    assert calls_of_a_look(steam, member) == 3
    assert Match.objects.count() == 248

    # The newest page tells nothing of it but that there is more than is known.
    assert calls_of_a_look(steam, member) == 1
    steam.reveal(40)
    clock.now += activity.REREAD.total_seconds()
    assert calls_of_a_look(steam, member) == 3

    assert Match.objects.filter(match_id=40).exists()
    row = MemberSync.objects.get()
    assert (row.gap_from, row.newest_match_id) == (None, 250)
    assert calls_of_a_look(steam, member) == 1
    steam.reveal(41)
    clock.now += activity.REREAD.total_seconds()
    assert calls_of_a_look(steam, member) == 3
    calls_of_a_look(steam, member)

    # All is known: it is not read again.
    assert Match.objects.count() == 250
    assert MemberSync.objects.get().reread_at is None


@pytest.mark.parametrize(("count", "hidden"), [(250, []), (90, [40, 41]), (90, []), (0, [])])
def test_where_nothing_can_have_been_missed_the_newest_page_is_enough(
    play, member, clock, count, hidden
):
    steam = play(count)
    steam.hide(*hidden)
    calls_of_a_look(steam, member)

    clock.now += activity.REREAD.total_seconds()

    assert calls_of_a_look(steam, member) == 1
    assert MemberSync.objects.get().reread_at is None


def test_a_match_without_details_is_looked_for_again_where_no_newest_page_reaches(
    play, member, clock
):
    steam = play(250)
    calls_of_a_look(steam, member)
    Match.objects.exclude(match_id=40).update(state="unavailable", reason="gone", opendota_at=None)
    services.note_unavailable(match_id=40)
    assert MemberSync.objects.get().reread_at == timezone.now() + activity.REREAD

    clock.now += activity.REREAD.total_seconds()
    assert calls_of_a_look(steam, member) == 3

    assert Match.objects.get(match_id=40).state == "pending"
    assert MemberSync.objects.get().reread_at is None


def test_who_is_to_be_read_again_is_looked_at_whatever_they_do(play, member, clock):
    calls_of_a_look(play(0), member)
    assert services.record_check(member_ids=[member.pk], summaries={}) == []
    MemberSync.objects.update(reread_at=timezone.now())

    assert services.record_check(member_ids=[member.pk], summaries={}) == [member.pk]


def test_new_matches_in_the_middle_of_it_are_no_matter(play, member, clock):
    steam = play(250)
    steam.hide(40)
    calls_of_a_look(steam, member)
    calls_of_a_look(steam, member)
    steam.reveal(40)
    clock.now += activity.REREAD.total_seconds()
    # The page in which it is fails, and by the next look there are more than a page of new ones.
    steam.fail("503", after=1, endpoint=HISTORY)
    calls_of_a_look(steam, member)
    steam.clear_faults()
    for n in range(251, 400):
        steam.add_match(match(match_id=n, seq=n, accounts=[ACCOUNT]))
    clock.now += 3600

    assert calls_of_a_look(steam, member) == 4

    assert Match.objects.count() == 399
    row = MemberSync.objects.get()
    assert (row.gap_from, row.reread_at) == (None, None)


def test_more_than_a_page_of_news_does_not_take_its_place(play, member, clock):
    steam = play(250)
    steam.hide(40)
    calls_of_a_look(steam, member)
    calls_of_a_look(steam, member)
    clock.now += activity.REREAD.total_seconds()
    for n in range(251, 400):
        steam.add_match(match(match_id=n, seq=n, accounts=[ACCOUNT]))
    steam.reveal(40)

    assert calls_of_a_look(steam, member) == 4

    assert Match.objects.filter(match_id=40).exists()


def test_a_gap_that_ends_leaves_what_was_wanted_meanwhile(play, member, clock):
    steam = play(450)
    steam.fail("503", after=3, endpoint=HISTORY)
    calls_of_a_look(steam, member)
    steam.clear_faults()
    steam_budget().recovered()
    services.note_unavailable(match_id=200)
    clock.now += 3600
    calls_of_a_look(steam, member)
    assert MemberSync.objects.get().gap_from is None

    clock.now += activity.REREAD.total_seconds()
    calls_of_a_look(steam, member)

    assert Match.objects.get(match_id=200).state == "pending"


@pytest.mark.parametrize("at_once", [True, False], ids=["in a gap", "on a page"])
def test_what_was_hidden_when_it_was_new_is_found_too(play, member, clock, at_once):
    steam = play(50)
    calls_of_a_look(steam, member)
    for n in range(51, 300):
        steam.add_match(match(match_id=n, seq=n, accounts=[ACCOUNT]))
        if n == 60:
            steam.hide(55)
        if n % 50 == 0 and not at_once:
            calls_of_a_look(steam, member)
    calls_of_a_look(steam, member)
    calls_of_a_look(steam, member)
    steam.reveal(55)
    assert not Match.objects.filter(match_id=55).exists()

    clock.now += activity.REREAD.total_seconds()
    calls_of_a_look(steam, member)

    assert Match.objects.count() == 299
