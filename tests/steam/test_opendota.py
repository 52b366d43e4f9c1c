"""OpenDota as the second source: only where it is wanted, for what Steam does not give."""

import pytest
from django.utils import timezone

from app.steam.models import Match, PlayerRecord, Usage
from app.steam.sources import opendota_budget
from tests.fakes.opendota import FakeOpenDota
from tests.steam.test_sync import make_all_due, played, run, until_all_is_well

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hidden(steam, queue, members):
    """A match that the histories list and Steam then hides."""
    steam.fail("status2", endpoint="GetMatchHistoryBySequenceNum")
    run(queue)
    steam.clear_faults()
    match_id = list(played(steam, members))[3]
    steam.hide(match_id)
    make_all_due()
    return match_id


@pytest.fixture
def opendota(steam, settings):
    """OpenDota with all that Steam has."""
    with FakeOpenDota(matches=list(steam.matches.values())) as fake:
        settings.OPENDOTA_ENABLED = True
        settings.OPENDOTA_URL = fake.api_url
        yield fake


def test_what_steam_hides_comes_from_opendota_and_says_so(hidden, opendota, steam, queue, members):
    until_all_is_well(queue)
    run(queue)

    match = Match.objects.get(match_id=hidden)
    assert (match.state, match.reason, match.source) == ("stored", "", "opendota")
    raw = steam.matches[hidden]
    assert (match.duration, match.radiant_win) == (raw["duration"], raw["radiant_win"])
    assert match.players.count() == 10
    kills = {player["player_slot"]: player["kills"] for player in raw["players"]}
    assert dict(match.players.values_list("player_slot", "kills")) == kills
    # Its players' sums count it as any other.
    assert sum(PlayerRecord.objects.values_list("games", flat=True)) == sum(
        len(players_of(raw, members)) for raw in played(steam, members).values()
    )
    assert set(Match.objects.exclude(pk=hidden).values_list("source", flat=True)) == {"steam"}
    # The one call that was needed, in the day's usage.
    assert opendota.count() == 1
    assert Usage.objects.get(source="opendota").calls == 1


def test_it_is_asked_again_when_its_answer_never_came(hidden, opendota, steam, queue, members):
    opendota.fail("503")
    until_all_is_well(queue)
    # Its worker was killed in the middle.
    Match.objects.filter(pk=hidden).update(opendota_at=timezone.now())
    opendota.clear_faults()
    run(queue)
    assert Match.objects.get(pk=hidden).state == "unavailable"

    steam.reveal(hidden)
    steam.fail("503", endpoint="GetMatchHistoryBySequenceNum")
    Match.objects.filter(pk=hidden).update(retry_at=timezone.now())
    make_all_due()
    run(queue)

    assert Match.objects.get(pk=hidden).opendota_at is None


def players_of(raw, members):
    from app.core.steam_id import to_account_id

    accounts = {to_account_id(member.steam_id) for member in members}
    return accounts & {player.get("account_id") for player in raw["players"]}


def test_it_is_not_asked_unless_it_is_wanted(hidden, opendota, settings, queue):
    settings.OPENDOTA_ENABLED = False

    until_all_is_well(queue)
    run(queue)

    assert opendota.count() == 0
    assert Match.objects.get(match_id=hidden).state == "unavailable"


def test_what_it_has_not_either_is_asked_for_once(hidden, opendota, queue):
    opendota.remove_match(hidden)

    until_all_is_well(queue)
    run(queue)
    run(queue)

    assert opendota.count() == 1
    assert Match.objects.get(match_id=hidden).reason == "hidden"


@pytest.mark.parametrize("kind", ["429", "503", "garbage", "drop"])
def test_what_it_did_not_answer_is_asked_for_again(hidden, opendota, queue, kind):
    opendota.fail(kind, times=2)
    until_all_is_well(queue)
    run(queue)
    assert opendota.count() >= 2
    opendota_budget().recovered()

    run(queue)

    assert Match.objects.get(match_id=hidden).source == "opendota"


def test_its_own_limits_hold(hidden, opendota, settings, queue):
    settings.OPENDOTA_CALLS_PER_DAY = 3
    budget = opendota_budget()
    for _ in range(3):
        budget.take("matches")

    until_all_is_well(queue)
    run(queue)

    assert opendota.count() == 0
    assert Match.objects.get(match_id=hidden).opendota_at is None


@pytest.mark.parametrize(
    "spoil",
    [{"match_id": 5}, {"duration": None}, {"players": []}, {"players": "none"}, {"duration": -1}],
)
def test_what_makes_no_sense_there_is_put_aside(hidden, opendota, steam, queue, spoil):
    opendota.remove_match(hidden)
    # Under the address of the one, and of another shape.
    raw = steam.matches[hidden] | spoil
    opendota.add_match(raw | {"match_id": hidden} if "match_id" not in spoil else raw)

    until_all_is_well(queue)
    run(queue)

    assert Match.objects.get(match_id=hidden).state == "unavailable"
