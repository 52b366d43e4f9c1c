import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.core.steam_id import to_steam_id
from app.steam import payloads, services
from app.steam.ingest import store_matches
from app.steam.models import HeroRecord, Match, MatchPlayer, PeerRecord, PlayerRecord
from tests.factories import UserFactory
from tests.fakes.steam.fixtures import match

pytestmark = pytest.mark.django_db


def payload(**fields):
    return msgspec.convert(match(**fields), payloads.Match)


def everything():
    """All rows that storing a match writes to."""
    matches = Match.objects.values(*[f.name for f in Match._meta.fields if f.name != "updated_at"])
    others = (MatchPlayer, PlayerRecord, HeroRecord, PeerRecord)
    return [list(matches), *(list(model.objects.order_by("pk").values()) for model in others)]


def member_of(account_id):
    member = UserFactory(steam_id=to_steam_id(account_id))
    services.adopt(member=member)
    return member


def test_a_match_is_stored_as_steam_tells_it():
    raw = match(match_id=1, seq=2, duration=1800, radiant_win=False, start_time=1_790_000_000)

    store_matches([msgspec.convert(raw, payloads.Match)])

    stored = Match.objects.get()
    assert stored.start_time.isoformat() == "2026-09-21T14:13:20+00:00"
    for field in ("duration", "radiant_win", "radiant_score", "tower_status_dire", "cluster"):
        assert getattr(stored, field) == raw[field]
    for row, player in zip(stored.players.all(), raw["players"], strict=True):
        for field in ("player_slot", "hero_id", "kills", "net_worth", "hero_damage", "level"):
            assert getattr(row, field) == player[field]
        assert row.items == [player[f"item_{slot}"] for slot in range(6)]
        assert row.is_radiant == (player["player_slot"] < 128)


def test_storing_again_changes_nothing():
    for account in (101, 102, 103):
        member_of(account)
    matches = [payload(match_id=n, seq=n, accounts=[101, 100 + n]) for n in range(2, 7)]
    assert store_matches(matches) == [2, 3, 4, 5, 6]
    before = everything()

    assert store_matches(matches) == []

    assert everything() == before


def test_a_pending_match_becomes_stored_and_keeps_its_place():
    first = payload(match_id=7, seq=8)
    Match.objects.create(match_id=7, match_seq_num=8, start_time="2026-01-01T00:00:00Z")

    store_matches([first])

    assert Match.objects.get().state == "stored"


@pytest.mark.parametrize("number", [1, 100])
def test_any_number_of_matches_takes_six_statements(number):
    members = {n: member_of(100 + n) for n in range(1, 4)}
    matches = [payload(match_id=n, seq=n, accounts=[100 + n]) for n in range(1, number + 1)]

    with CaptureQueriesContext(connection) as queries:
        store_matches(matches)

    statements = [q["sql"] for q in queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    # SQLite's own limit splits the rows of the players.
    assert len(statements) == 6 or connection.vendor == "sqlite"
    assert MatchPlayer.objects.count() == 10 * number
    assert MatchPlayer.objects.get(match=1, player_slot=0).member == members[1]


def test_a_stored_batch_costs_one_statement():
    matches = [payload(match_id=n, seq=n) for n in range(1, 101)]
    store_matches(matches)

    with CaptureQueriesContext(connection) as queries:
        store_matches(matches)

    assert len([q for q in queries if "INSERT" in q["sql"]]) == 1


def test_junk_that_steam_is_known_to_send_is_stored():
    store_matches([payload(match_id=1, seq=1, duration=0, heroes=[0] * 10)])

    assert Match.objects.get().duration == 0


def test_a_name_with_a_null_character_is_stored_without_it():
    store_matches([payload(match_id=1, seq=1, radiant_name="Ra\0diant")])

    assert Match.objects.get().radiant_name == "Radiant"


@pytest.mark.parametrize("broken", [{"player_slot": 0}, {"account_id": 7}])
def test_a_slot_or_an_account_that_is_there_twice_makes_no_sense(broken):
    raw = match(match_id=1, seq=1, accounts=[7])
    raw["players"][1] |= broken

    with pytest.raises(msgspec.ValidationError, match="twice"):
        msgspec.convert(raw, payloads.Match)
