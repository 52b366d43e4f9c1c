import msgspec
import pytest

from app.core.steam_id import to_steam_id
from app.steam import payloads
from app.steam.budget import Budget, Limits, LocalStore
from app.steam.client import MalformedMatch, PrivateHistory, SteamClient
from app.steam.transport import Refused, Unavailable
from tests.fakes.steam import ANONYMOUS, FakeSteam
from tests.fakes.steam.fixtures import BOT, match

ACCOUNT = 100_000_101


@pytest.fixture
def steam():
    matches = [
        match(match_id=501, seq=901, accounts=[ACCOUNT, None, BOT]),
        match(match_id=502, seq=902, accounts=[ACCOUNT]),
        match(match_id=503, seq=905),
    ]
    with FakeSteam(matches=matches) as fake:
        yield fake


def unlimited():
    return Budget(LocalStore(), Limits(per_second=1e6, per_day=10**9))


@pytest.fixture
def connect(steam):
    """Answer a client of the fake, with settings of its own."""

    def client(**settings):
        defaults = {"url": steam.url, "key": steam.key, "budget": unlimited(), "backoff": 0.001}
        return SteamClient(**(defaults | {"timeout": 1} | settings))

    return client


@pytest.fixture
def client(connect):
    with connect() as client:
        yield client


def test_a_history_comes_newest_first(client):
    history = client.match_history(account_id=ACCOUNT)

    assert [(m.match_id, m.match_seq_num) for m in history.matches] == [(502, 902), (501, 901)]
    assert history.results_remaining == 0


def test_a_history_goes_on_from_a_match_downwards(client):
    history = client.match_history(account_id=ACCOUNT, start_at_match_id=501)

    assert [m.match_id for m in history.matches] == [501]


def test_a_history_without_its_matches_is_no_empty_one(client, steam):
    steam.fail("bare", times=1)

    assert len(client.match_history(account_id=ACCOUNT).matches) == 2
    assert steam.count("GetMatchHistory") == 2


def test_a_history_that_starts_elsewhere_than_asked_is_confused(client, steam):
    # The fake takes 0 for "from the newest on", as Steam does.
    steam.add_match(match(match_id=1, seq=1, accounts=[ACCOUNT]))

    with pytest.raises(Unavailable, match="makes sense"):
        client.match_history(account_id=ACCOUNT, start_at_match_id=0)


def test_a_byte_that_is_not_utf_8_spoils_no_more_than_what_it_is_in(client, steam):
    steam.add_player(ACCOUNT)
    steam.add_player(ACCOUNT + 1)
    steam.fail("not_utf8")

    found = client.player_summaries(steam_ids=[to_steam_id(ACCOUNT), to_steam_id(ACCOUNT + 1)])

    assert len(found) == len(client.transport.garbage) == 1


def test_a_match_with_a_byte_that_is_not_utf_8_is_malformed(client, steam):
    steam.add_match(match(match_id=504, seq=906) | {"radiant_name": "Café"})
    steam.fail("not_utf8")

    with pytest.raises(MalformedMatch):
        client.match(match_id=504, match_seq_num=906)


@pytest.mark.parametrize("remaining", [-1, 2**32 - 1])
def test_a_history_has_as_much_left_as_there_can_be(remaining):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"status": 1, "results_remaining": remaining}, payloads.HistoryPage)


def test_a_match_comes_by_its_sequence_number(client):
    found = client.match(match_id=501, match_seq_num=901)

    assert found is not None
    assert (found.match_id, len(found.players)) == (501, 10)
    assert [p.known_account_id for p in found.players[:3]] == [ACCOUNT, None, None]
    assert (found.players[1].account_id, found.players[2].account_id) == (ANONYMOUS, None)


def test_the_neighbour_of_a_hidden_match_is_not_taken_for_it(steam, client):
    steam.hide(502)

    assert client.match(match_id=502, match_seq_num=902) is None
    assert client.match(match_id=999, match_seq_num=999) is None


def test_a_private_history_is_told_apart_and_not_tried_again(steam, client):
    steam.make_private(ACCOUNT)

    with pytest.raises(PrivateHistory):
        client.match_history(account_id=ACCOUNT)
    assert steam.count() == client.transport.calls == 1


@pytest.mark.parametrize(
    "fault", ["429", "503", "500", "empty", "bare", "garbage", "truncated", "drop", "status2"]
)
def test_a_passing_fault_is_tried_again(steam, client, fault):
    steam.fail(fault, times=2)

    assert client.match(match_id=501, match_seq_num=901) is not None
    assert client.transport.calls == 3


@pytest.mark.parametrize("fault", ["429", "503", "empty", "garbage", "drop", "status2"])
def test_a_fault_that_stays_is_told_as_one_that_may_pass(steam, client, fault):
    steam.fail(fault)

    with pytest.raises(Unavailable, match="GetMatchHistoryBySequenceNum"):
        client.match(match_id=501, match_seq_num=901)
    assert client.transport.calls == 3


def test_an_answer_that_takes_too_long_is_given_up(steam, connect):
    steam.fail("slow", seconds=1)
    with (
        connect(timeout=0.1, backoff=0, attempts=1) as client,
        pytest.raises(Unavailable, match="ReadTimeout"),
    ):
        client.match_history(account_id=ACCOUNT)


def test_a_refused_key_is_not_tried_again_and_not_told(connect):
    secret = "a-key-that-is-wrong"

    with connect(key=secret) as client, pytest.raises(Refused) as refused:
        client.match_history(account_id=ACCOUNT)

    assert client.transport.calls == 1
    assert secret not in repr(refused.value) + str(refused.value.__cause__)


def test_steam_being_out_of_reach_may_pass(connect):
    with (
        connect(url="http://127.0.0.1:9", attempts=2) as client,
        pytest.raises(Unavailable, match="ConnectError"),
    ):
        client.match_history(account_id=ACCOUNT)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("duration", -5),
        ("duration", "long"),
        ("radiant_win", 1),
        ("start_time", 2**63),
        ("players", None),
        ("radiant_score", 2**31),
        ("picks_bans", [{"is_pick": True}]),
    ],
)
def test_a_match_that_makes_no_sense_says_where(steam, client, field, value):
    steam.matches[501][field] = value

    with pytest.raises(MalformedMatch, match=rf"\$\.{field}"):
        client.match(match_id=501, match_seq_num=901)
    # Once more, in case it was a passing confusion, and both are one entry in quarantine.
    assert steam.count() == 2
    first, second = client.transport.garbage
    assert first == second
    assert (first.endpoint, first.match_id) == ("GetMatchHistoryBySequenceNum", 501)
    assert len(first.digest) == 64


def test_a_key_that_is_new_to_us_is_no_matter(steam, client):
    steam.matches[501]["invented_by_a_patch"] = {"a": 1}

    assert client.match(match_id=501, match_seq_num=901) is not None


def test_summaries_leave_out_who_is_unknown(client):
    known, unknown = 76561197960265728 + ACCOUNT, 76561197960265729

    [summary] = client.player_summaries(steam_ids=[unknown, known])

    assert summary.steamid == str(known)
    assert summary.personaname


def test_a_vanity_name_leads_to_an_account_or_to_none(steam, client):
    steam.add_vanity("ada", ACCOUNT)

    assert client.resolve_vanity_url(name="ada") == 76561197960265728 + ACCOUNT
    assert client.resolve_vanity_url(name="nobody") is None
