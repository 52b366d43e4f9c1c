from collections import Counter

import pytest

from app.tournaments.bracket.round_robin import _berger, rounds

# FIDE Handbook C.05 Annex 1, for 3 or 4, 5 or 6, 7 or 8, and 9 or 10 players.
TABLES = """\
1-4 2-3 | 4-3 1-2 | 2-4 3-1
1-6 2-5 3-4 | 6-4 5-3 1-2 | 2-6 3-1 4-5 | 6-5 1-4 2-3 | 3-6 4-2 5-1
1-8 2-7 3-6 4-5 | 8-5 6-4 7-3 1-2 | 2-8 3-1 4-7 5-6 | 8-6 7-5 1-4 2-3 | 3-8 4-2 5-1 6-7 \
| 8-7 1-6 2-5 3-4 | 4-8 5-3 6-2 7-1
1-10 2-9 3-8 4-7 5-6 | 10-6 7-5 8-4 9-3 1-2 | 2-10 3-1 4-9 5-8 6-7 | 10-7 8-6 9-5 1-4 2-3 \
| 3-10 4-2 5-1 6-9 7-8 | 10-8 9-7 1-6 2-5 3-4 | 4-10 5-3 6-2 7-1 8-9 | 10-9 1-8 2-7 3-6 4-5 \
| 5-10 6-4 7-3 8-2 9-1"""
EVERY_SIZE = range(2, 257)


@pytest.mark.parametrize("printed", TABLES.splitlines())
def test_the_rounds_are_those_of_the_berger_tables(printed):
    table = [
        {tuple(map(int, pair.split("-"))) for pair in pairs.split()} for pairs in printed.split("|")
    ]
    players = 2 * len(table[0])
    assert [set(_berger(players, number)) for number in range(1, players)] == table
    # The first, and then from the last to the second.
    ours = [set(pairs) for pairs in rounds(range(1, players + 1))]
    assert ours == [table[0], *table[:0:-1]]
    # With one player less, the last one's opponents rest.
    ours = [set(pairs) for pairs in rounds(range(1, players))]
    assert ours == [
        {pair for pair in pairs if players not in pair} for pairs in (table[0], *table[:0:-1])
    ]


def test_four_teams():
    assert rounds([1, 4, 5, 8]) == [[(1, 8), (4, 5)], [(5, 1), (4, 8)], [(1, 4), (8, 5)]]


def test_two_teams_meet_once_a_leg_with_sides_swapped():
    assert rounds([3, 7], legs=3) == [[(3, 7)], [(7, 3)], [(3, 7)]]


def test_every_pair_meets_once_with_even_sides():
    for teams in EVERY_SIZE:
        leg = rounds(range(1, teams + 1))
        assert len(leg) == teams - 1 + teams % 2
        pairs, sides, played = set(), Counter(), Counter()
        for playing in leg:
            first, second = zip(*playing, strict=True)
            assert len(playing) == teams // 2
            assert len({*first, *second}) == 2 * len(playing)
            pairs.update([1000 * min(pair) + max(pair) for pair in playing])
            sides.update(first)
            sides.subtract(second)
            played.update(first + second)
        assert len(pairs) == teams * (teams - 1) // 2
        # All play an even number of times when their own number is odd, and the other way round.
        assert set(sides.values()) == ({0} if teams % 2 else {-1, 1})
        assert played == dict.fromkeys(range(1, teams + 1), teams - 1)


def test_the_strongest_meet_late():
    for teams in EVERY_SIZE:
        leg = rounds(range(1, teams + 1))
        # The one in the middle of an odd number belongs to neither half.
        assert all(max(pair) > teams // 2 for pair in leg[0])
        opponents = [sum(pair) - 1 for playing in leg for pair in playing if 1 in pair]
        assert opponents == list(range(teams, 1, -1))
        assert (1, 2) in leg[-1]


@pytest.mark.parametrize("teams", [2, 3, 4, 7, 16, 255])
@pytest.mark.parametrize("legs", [2, 3])
def test_a_leg_is_the_one_before_with_sides_swapped(teams, legs):
    schedule = rounds(range(1, teams + 1), legs)
    leg = rounds(range(1, teams + 1))
    assert len(schedule) == legs * len(leg)
    for before, after in zip(schedule, schedule[len(leg) :], strict=False):
        assert after == [(b, a) for a, b in before]
    if legs == 2:
        sides = Counter(a for pairs in schedule for a, _ in pairs)
        assert set(sides.values()) == {teams - 1}


def test_a_schedule_is_the_callers_own():
    schedule = rounds([1, 2, 3, 4], legs=3)
    schedule[0].clear()
    assert schedule[6] == rounds([1, 2, 3, 4])[0]
