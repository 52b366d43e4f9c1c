"""The sums on a player's page, against sums by hand over the rows."""

import random
from collections import Counter, defaultdict

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from app.core.steam_id import to_steam_id
from app.steam import payloads, records, services
from app.steam.ingest import store_matches
from app.steam.models import HeroRecord, Match, MatchPlayer, PeerRecord, PlayerRecord
from tests.factories import UserFactory
from tests.fakes.steam.fixtures import match

ACCOUNTS = range(101, 107)


def payload(**fields):
    return msgspec.convert(match(**fields), payloads.Match)


def season(seed, number):
    """Matches of our members, now with one and now with all of them, on either side."""
    rng = random.Random(seed)
    for n in range(1, number + 1):
        ours = rng.sample(ACCOUNTS, rng.randint(1, len(ACCOUNTS)))
        seats = [*ours, *[None] * (10 - len(ours))]
        rng.shuffle(seats)
        yield payload(
            match_id=n,
            seq=n,
            accounts=seats,
            start_time=1_790_000_000 + n * 3600,
            radiant_win=rng.random() < 0.5,
        )


def by_hand():
    """What the rows come to, by another road than SQL's."""
    games, wins, heroes, hero_wins = Counter(), Counter(), Counter(), Counter()
    beside, against = defaultdict(Counter), defaultdict(Counter)
    streaks = {}
    for stored in Match.objects.stored().order_by("match_id").prefetch_related("players"):
        ours = [player for player in stored.players.all() if player.member_id]
        for player in ours:
            won = (player.player_slot < 128) == stored.radiant_win
            me = player.member_id
            games[me] += 1
            wins[me] += won
            heroes[me, player.hero_id] += 1
            hero_wins[me, player.hero_id] += won
            streak = streaks.get(me, 0)
            streaks[me] = max(streak, 0) + 1 if won else min(streak, 0) - 1
            for peer in ours:
                if peer is not player:
                    same = peer.is_radiant == player.is_radiant
                    (beside if same else against)[me, peer.member_id].update(games=1, wins=won)
    return {
        "players": {me: (games[me], wins[me], streaks[me]) for me in games},
        "heroes": {key: (heroes[key], hero_wins[key]) for key in heroes},
        "peers": {
            key: (
                beside[key]["games"],
                beside[key]["wins"],
                against[key]["games"],
                against[key]["wins"],
            )
            for key in beside.keys() | against.keys()
        },
    }


def kept():
    peers = ("games_with", "wins_with", "games_against", "wins_against")
    return {
        "players": {
            row.member_id: (row.games, row.wins, row.streak) for row in PlayerRecord.objects.all()
        },
        "heroes": {
            (row.member_id, row.hero_id): (row.games, row.wins) for row in HeroRecord.objects.all()
        },
        "peers": {
            (row.member_id, row.peer_id): tuple(getattr(row, name) for name in peers)
            for row in PeerRecord.objects.all()
        },
    }


def adopt_all():
    for account in ACCOUNTS:
        services.adopt(member=UserFactory(steam_id=to_steam_id(account)))


class AnyOrder(TestCase):
    @given(
        seed=st.integers(0, 2**32),
        number=st.integers(1, 25),
        shuffle=st.randoms(),
        size=st.integers(1, 9),
    )
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    def test_matches_in_any_order_and_any_batches_come_to_the_same(
        self, seed, number, shuffle, size
    ):
        adopt_all()
        matches = list(season(seed, number))
        shuffle.shuffle(matches)

        for start in range(0, number, size):
            store_matches(matches[start : start + size])
            # What is delivered twice is counted once.
            store_matches(matches[start : start + size])

        assert kept() == by_hand()
        added = kept()
        for account in ACCOUNTS:
            records.rebuild(services_member(account))
        assert kept() == added


def services_member(account):
    from app.steam.models import MemberSync

    return MemberSync.objects.get(steam_id=to_steam_id(account)).member_id


@pytest.mark.django_db
def test_who_links_later_has_the_matches_that_were_here_already():
    first = UserFactory(steam_id=to_steam_id(101))
    services.adopt(member=first)
    store_matches(list(season(5, 20)))
    late = UserFactory(steam_id=to_steam_id(102))

    services.adopt(member=late)

    assert PlayerRecord.objects.get(member=late).games > 0
    assert kept() == by_hand()


@pytest.mark.django_db
def test_who_unlinks_takes_their_sums_along():
    adopt_all()
    store_matches(list(season(6, 20)))
    leaver = PlayerRecord.objects.first().member
    leaver.steam_id = None
    leaver.save()

    services.reconcile()

    assert not MatchPlayer.objects.filter(member=leaver).exists()
    assert leaver.pk not in kept()["players"]
    assert kept() == by_hand()


@pytest.mark.django_db
def test_an_account_that_goes_to_another_member_takes_its_matches_along():
    adopt_all()
    store_matches(list(season(7, 20)))
    before = PlayerRecord.objects.get(member=services_member(101))
    old, new = before.member, UserFactory()
    old.steam_id = None
    old.save()
    new.steam_id = to_steam_id(101)
    new.save()

    services.adopt(member=new)

    assert PlayerRecord.objects.get(member=new).games == before.games
    assert not PlayerRecord.objects.filter(member=old).exists()
    assert kept() == by_hand()


@pytest.mark.django_db
def test_abandons_are_counted_and_an_unlucky_connection_is_not():
    member = UserFactory(steam_id=to_steam_id(101))
    services.adopt(member=member)
    for n, status in enumerate([0, 1, 2, 3, 4, 5], start=1):
        raw = match(match_id=n, seq=n, accounts=[101])
        raw["players"][0]["leaver_status"] = status
        store_matches([msgspec.convert(raw, payloads.Match)])

    assert PlayerRecord.objects.get(member=member).abandons == 3


@pytest.mark.django_db
def test_numbers_at_the_edge_of_what_steam_can_send_add_up():
    member = UserFactory(steam_id=to_steam_id(101))
    services.adopt(member=member)
    for n in range(1, 4):
        raw = match(match_id=n, seq=n, accounts=[101])
        raw["players"][0]["kills"] = 2**31 - 1
        store_matches([msgspec.convert(raw, payloads.Match)])

    assert PlayerRecord.objects.get(member=member).kills == 3 * (2**31 - 1)
