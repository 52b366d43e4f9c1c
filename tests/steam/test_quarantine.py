"""Garbage from Steam: put aside with its digest and reason, and the rest stored."""

import hashlib

import pytest

from app.steam.models import Match, MemberSync, QuarantinedAnswer
from tests.steam.conftest import ACCOUNTS
from tests.steam.test_sync import (
    DETAILS,
    HISTORY,
    make_all_due,
    played,
    run,
    until_all_is_well,
)

pytestmark = pytest.mark.django_db(transaction=True)

SPOILT = [
    ("players", None),
    ("duration", -5),
    ("start_time", -1),
    ("start_time", "today"),
    ("radiant_win", None),
    ("match_seq_num", 2**63),
    ("human_players", 10**30),
    ("picks_bans", {"is_pick": True}),
]


@pytest.mark.parametrize(("field", "value"), SPOILT, ids=[f"{f}={v}" for f, v in SPOILT])
def test_a_match_that_makes_no_sense_is_put_aside_and_the_others_are_stored(
    steam, queue, members, field, value
):
    theirs = played(steam, members)
    run_histories(steam, queue)
    broken = list(theirs)[5]
    steam.matches[broken][field] = value

    make_all_due()
    until_all_is_well(queue)

    states = dict(Match.objects.values_list("match_id", "state"))
    assert states == dict.fromkeys(theirs, "stored") | {broken: "unavailable"}
    assert Match.objects.get(match_id=broken).reason == "malformed"
    kept = QuarantinedAnswer.objects.get(endpoint=DETAILS, match_id=broken)
    assert field in kept.reason
    assert kept.size > 100
    assert kept.times == 2


def run_histories(steam, queue):
    from app.steam.sources import steam_budget

    steam.fail("503", endpoint=DETAILS)
    run(queue)
    steam.clear_faults()
    steam_budget().recovered()


def test_the_key_of_a_match_that_is_missing_is_named(steam, queue, members):
    run_histories(steam, queue)
    broken = list(played(steam, members))[5]
    del steam.matches[broken]["radiant_win"]

    make_all_due()
    until_all_is_well(queue)

    assert "radiant_win" in QuarantinedAnswer.objects.get(match_id=broken).reason


@pytest.mark.parametrize("bend", ["wrong_types", "missing_keys", "huge_ids", "negative"])
def test_a_line_of_a_history_that_makes_no_sense_spoils_no_other(steam, queue, members, bend):
    steam.fail(bend, endpoint=HISTORY)

    run(queue)

    # A line of each history is left out for as long as it is so …
    seen = set(Match.objects.stored().values_list("match_id", flat=True))
    assert len(played(steam, members)) - len(ACCOUNTS) <= len(seen) < len(played(steam, members))
    assert QuarantinedAnswer.objects.filter(endpoint=HISTORY).exists()
    assert set(MemberSync.objects.values_list("status", flat=True)) == {"ok"}

    # … and no longer.
    steam.clear_faults()
    make_all_due()
    until_all_is_well(queue)
    assert Match.objects.stored().count() == len(played(steam, members))


@pytest.mark.parametrize("bend", ["wrong_types", "missing_keys", "huge_ids", "negative"])
def test_a_line_that_makes_sense_when_asked_again_is_not_lost(steam, queue, members, bend):
    steam.fail(bend, endpoint=HISTORY, every=2)

    run(queue)

    assert Match.objects.stored().count() == len(played(steam, members))


@pytest.mark.parametrize("kind", ["garbage", "truncated", "empty"])
def test_an_answer_that_is_none_is_put_aside_by_its_digest(steam, queue, members, kind):
    steam.fail(kind, times=2)

    until_all_is_well(queue)

    kept = QuarantinedAnswer.objects.get()
    assert kept.times == 2
    assert kept.match_id is None
    if kind == "empty":
        assert kept.digest == hashlib.sha256(b"{}").hexdigest()
        assert "result" in kept.reason or "response" in kept.reason
    assert Match.objects.stored().count() == len(played(steam, members))
