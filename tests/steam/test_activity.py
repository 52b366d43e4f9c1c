from datetime import UTC, datetime, timedelta

import pytest

from app.core.steam_id import to_steam_id
from app.steam import activity, payloads, services
from app.steam.models import MemberSync
from tests.factories import UserFactory

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_who_plays_more_is_checked_and_looked_at_more_often():
    for slower, faster in zip(activity.PACES[1:], activity.PACES, strict=False):
        assert slower.check >= faster.check
        assert slower.look >= faster.look
        assert slower.look_hidden >= faster.look_hidden


@pytest.mark.parametrize(
    ("idle", "check"),
    [
        (0 * DAY, 10 * MINUTE),
        (6 * DAY, 10 * MINUTE),
        (8 * DAY, 30 * MINUTE),
        (400 * DAY, 12 * HOUR),
    ],
)
def test_the_pace_follows_how_long_ago_they_played(idle, check):
    assert activity.pace(idle).check == check


def test_failures_wait_twice_as_long_each_time_and_a_day_at_most():
    waits = [activity.retry(failures) for failures in range(1, 12)]

    assert waits[:3] == [10 * MINUTE, 20 * MINUTE, 40 * MINUTE]
    assert waits[-1] == activity.retry(10_000) == DAY


def summary(member, **fields):
    return {member.steam_id: payloads.PlayerSummary(steamid=str(member.steam_id), **fields)}


@pytest.fixture
def known(db):
    """A member whose history was read just now, and who has not played for three days."""
    member = UserFactory(steam_id=to_steam_id(101))
    services.adopt(member=member)
    now = datetime.now(UTC)
    MemberSync.objects.update(
        status="ok", synced_at=now, look_at=None, played_at=now - 3 * DAY, in_dota=False
    )
    return member


PUBLIC = {"communityvisibilitystate": 3}
IN_DOTA = PUBLIC | {"gameid": "570"}


def check(member, **fields):
    wanted = services.record_check(member_ids=[member.pk], summaries=summary(member, **fields))
    return wanted == [member.pk]


def looked_at(ago):
    MemberSync.objects.update(synced_at=datetime.now(UTC) - ago)


def test_who_has_not_played_since_is_left_alone(known):
    looked_at(20 * HOUR)

    assert not check(known, **PUBLIC)
    sync = MemberSync.objects.get()
    assert sync.due_at - datetime.now(UTC) > 9 * MINUTE


def test_a_public_profile_is_looked_at_once_a_day_all_the_same(known):
    looked_at(25 * HOUR)

    assert check(known, **PUBLIC)


def test_who_is_in_dota_is_looked_at_every_twenty_minutes(known):
    looked_at(5 * MINUTE)
    assert not check(known, **IN_DOTA)
    looked_at(21 * MINUTE)
    assert check(known, **IN_DOTA)
    assert MemberSync.objects.get().in_dota


def test_another_game_is_no_cause(known):
    looked_at(21 * MINUTE)

    assert not check(known, **PUBLIC, gameid="730")


def test_who_has_left_dota_is_looked_at_at_once(known):
    check(known, **IN_DOTA)

    assert check(known, **PUBLIC)


def test_a_hidden_profile_is_looked_at_more_often_as_its_checks_tell_nothing(known):
    looked_at(4 * HOUR)

    assert check(known)
    assert not MemberSync.objects.get().profile_is_public


def test_an_account_that_steam_does_not_know_is_one_with_a_hidden_profile(known):
    looked_at(4 * HOUR)

    assert services.record_check(member_ids=[known.pk], summaries={}) == [known.pk]


@pytest.mark.parametrize("change", [{"status": "private"}, {"gap_from": 5}, {"synced_at": None}])
def test_what_is_not_finished_is_cause_enough(known, change):
    MemberSync.objects.update(**change)

    assert check(known, **PUBLIC)


def test_a_persona_is_kept_as_far_as_there_is_room(known):
    check(
        known, **PUBLIC, personaname="x" * 200 + "\0", avatarfull="https://a.example/" + "y" * 400
    )

    sync = MemberSync.objects.get()
    assert (sync.persona_name, sync.avatar) == ("x" * 64, "")


def test_a_check_of_a_hundred_takes_the_same_statements_as_of_one(
    db, django_assert_max_num_queries
):
    members = [UserFactory(steam_id=to_steam_id(200 + n)) for n in range(100)]
    for member in members:
        services.adopt(member=member)
    everybody = {}
    for member in members:
        everybody |= summary(member, **IN_DOTA, personaname=f"P{member.pk}")

    # One by one each of four paces; a savepoint and its end.
    with django_assert_max_num_queries(8):
        services.record_check(member_ids=[member.pk for member in members], summaries=everybody)
