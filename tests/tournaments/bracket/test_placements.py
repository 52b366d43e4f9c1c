from collections import Counter, defaultdict

import pytest

from app.tournaments.bracket.build import build
from app.tournaments.bracket.placements import Placement, champion, placements
from app.tournaments.bracket.resolution import resolve
from app.tournaments.bracket.structure import (
    NOBODY,
    STAGES,
    Key,
    Kind,
    Outcome,
    Result,
    Rules,
    Section,
)
from tests.tournaments.bracket.playing import (
    EVERY_SIZE,
    Course,
    anything,
    coin,
    formats,
    play,
    stronger,
    weaker,
    won,
)

SINGLE, DOUBLE = Kind.SINGLE_ELIMINATION, Kind.DOUBLE_ELIMINATION
ROUND_ROBIN, SWISS = Kind.ROUND_ROBIN, Kind.SWISS
FINAL = Key(Section.GRAND_FINAL, 0, 1, 1)
THIRD_PLACE = Key(Section.THIRD_PLACE, 0, 1, 1)
SOME_SIZES = [*range(2, 14), 16, 17, 33]


def upper(number, position):
    return Key(Section.UPPER, 0, number, position)


def lower(number, position):
    return Key(Section.LOWER, 0, number, position)


def ranks(resolution):
    return {seed: place[:2] for seed, place in placements(resolution).items()}


def tiers(teams, *lasts):
    """The ranks of each seed, if those who share them are in the order of their seeds."""
    found, first = {}, 1
    for last in lasts:
        last = min(last, teams)
        found |= dict.fromkeys(range(first, last + 1), (first, last))
        first = last + 1
    return found


def single_tiers(teams):
    """The two of the final, the two who lost before it, the four before, and so on."""
    return tiers(teams, 1, *(2**power for power in range(1, 9)))


def double_tiers(teams):
    """One in each of the last rounds, then two in either of two rounds, then four, and so on."""
    lasts = [last for power in range(1, 8) for last in (3 * 2 ** (power - 1), 2 * 2**power)]
    return tiers(teams, 1, 2, *lasts, 256)


def check_whole(resolution):
    """Each team has ranks, and those that some share are theirs alone."""
    teams = resolution.bracket.teams
    found = placements(resolution)
    assert found.keys() == set(range(1, teams + 1))
    shared = Counter(place[:2] for place in found.values())
    next_rank = 1
    for (first, last), times in sorted(shared.items()):
        assert first == next_rank
        assert last == first + times - 1
        next_rank = last + 1
    assert next_rank == teams + 1
    # The best first.
    assert list(found.values()) == sorted(found.values(), key=lambda place: place[:2])


def deep(teams):
    for rules in formats(teams):
        groups = rules.groups if rules.kind == ROUND_ROBIN else teams
        if teams / groups < 20:
            yield rules


# Whoever plays, and however.


def test_every_team_has_a_rank_in_the_end():
    for teams in SOME_SIZES:
        for rules in deep(teams):
            for decide, leaving in ((coin, 0), (anything, 0.3)):
                course = Course(build(rules, teams), 1)
                for now in course.waves(decide, share=0.6, leaving=leaving):
                    winner = champion(now)
                    assert winner is None or ranks(now)[winner] == (1, 1)
                check_whole(course.now)
                if decide is coin and (rules.playoff or rules.groups == 1):
                    assert champion(course.now) == next(iter(placements(course.now)))


@pytest.mark.parametrize("kind", [SINGLE, DOUBLE])
def test_every_team_of_an_elimination_of_any_size_has_a_rank_in_the_end(kind):
    """The same ranks are shared, whoever wins; and some others where nobody does."""
    expected = single_tiers if kind == SINGLE else double_tiers
    for teams in [*range(2, 40), *range(40, 257, 8)]:
        now = play(Rules(kind), teams).now
        check_whole(now)
        assert sorted(ranks(now).values()) == list(expected(teams).values())
        assert ranks(now)[champion(now)] == (1, 1)
        check_whole(play(Rules(kind), teams, anything).now)


@pytest.mark.parametrize("kind", [SINGLE, DOUBLE])
def test_if_the_better_seed_always_wins_the_ranks_are_those_of_the_seeds(kind):
    expected = single_tiers if kind == SINGLE else double_tiers
    for teams in EVERY_SIZE:
        now = play(Rules(kind), teams, stronger).now
        check_whole(now)
        assert ranks(now) == expected(teams)
        assert champion(now) == 1


def test_with_third_place_that_is_decided_as_well():
    for teams in range(2, 70):
        now = play(Rules(SINGLE, third_place=True), teams, stronger).now
        third_and_fourth = {3: (3, 3), 4: (4, 4)} if teams > 3 else {}
        assert ranks(now) == single_tiers(teams) | third_and_fourth


def test_in_groups_and_swiss_rounds_the_better_seed_ranks_higher_too():
    for teams in (5, 8, 16):
        for rules in (Rules(ROUND_ROBIN), Rules(ROUND_ROBIN, legs=2), Rules(SWISS)):
            now = play(rules, teams, stronger).now
            assert ranks(now)[1] == (1, 1)
            assert champion(now) == 1
            if rules.kind == ROUND_ROBIN:
                assert ranks(now) == {seed: (seed, seed) for seed in range(1, teams + 1)}


def test_no_rank_changes_once_it_is_decided():
    changes = 0
    for teams in SOME_SIZES:
        for rules in deep(teams):
            for decide in (coin, anything):
                course = Course(build(rules, teams), 2)
                before = placements(course.now)
                winner = None
                for now in course.waves(decide, share=0.3):
                    after = placements(now)
                    assert before.items() <= after.items()
                    assert winner in {None, champion(now)}
                    changes += before != after
                    before, winner = after, champion(now)
    assert changes > 500


@pytest.mark.parametrize("kind", [SINGLE, DOUBLE])
def test_nor_when_teams_leave_an_elimination(kind):
    for teams in SOME_SIZES:
        for number in range(5):
            course = Course(build(Rules(kind, third_place=True), teams), number)
            before = placements(course.now)
            for now in course.waves(anything, share=0.3, leaving=0.3):
                after = placements(now)
                assert before.items() <= after.items()
                before = after
            check_whole(course.now)


def test_a_corrected_result_changes_the_ranks_and_back():
    for teams in (2, 3, 4, 7, 8, 12):
        for rules in deep(teams):
            course = play(rules, teams, number=3)
            before = placements(course.now)
            for key, given in [*course.results.items()][:: max(1, len(course.results) // 8)]:
                series = course.bracket.by_key[key]
                course.results[key] = won(series, given.a, given.b, given.loser)
                course.go_on()
                course.results[key] = given
                course.go_on()
                assert placements(course.now) == before


def test_nothing_is_decided_before_the_first_result():
    for teams in SOME_SIZES:
        for rules in formats(teams):
            now = resolve(build(rules, teams), {})
            assert placements(now) == {}
            assert champion(now) is None


def test_the_last_series_of_an_elimination_put_a_team_where_it_is():
    for teams in SOME_SIZES:
        for rules in deep(teams):
            now = play(rules, teams, number=4).now
            shared = defaultdict(set)
            for seed, place in placements(now).items():
                if place.key is None:
                    # Of the groups, for it plays no elimination.
                    assert not any(
                        seed in state[:2]
                        for key, state in now.states.items()
                        if key.section not in STAGES
                    )
                    continue
                assert place.key.section not in STAGES
                result = now.states[place.key].result
                assert seed in result[:2]
                assert result.loser == seed or place.first in {1, 3}
                shared[place[:2]].add((place.key.section, place.key.round))
            # Who shares a rank went out in the same round.
            assert all(len(rounds) == 1 for rounds in shared.values())


# On the way.


def give(course, *results):
    for key, decide in results:
        course.give(key, decide)
        course.go_on()


def test_who_loses_in_a_single_elimination_has_a_rank_when_the_round_is_over():
    course = Course(build(Rules(SINGLE), 8))
    give(course, *((upper(1, position), stronger) for position in (1, 2, 3)))
    give(course, (upper(2, 1), stronger))
    # The last of the first round may lose, and would share the fifth place with the others.
    assert placements(course.now) == {}
    give(course, (upper(1, 4), stronger))
    assert placements(course.now) == {
        5: Placement(5, 8, upper(1, 2)),
        6: Placement(5, 8, upper(1, 4)),
        7: Placement(5, 8, upper(1, 3)),
        8: Placement(5, 8, upper(1, 1)),
    }
    give(course, (upper(2, 2), weaker))
    assert list(placements(course.now).items())[:2] == [
        (4, Placement(3, 4, upper(2, 1))),
        (2, Placement(3, 4, upper(2, 2))),
    ]
    assert champion(course.now) is None
    give(course, (upper(3, 1), weaker))
    assert list(placements(course.now).items())[:2] == [
        (3, Placement(1, 1, upper(3, 1))),
        (1, Placement(2, 2, upper(3, 1))),
    ]
    assert champion(course.now) == 3


def test_who_wins_the_final_is_champion_even_if_the_third_place_is_not_decided():
    course = Course(build(Rules(SINGLE, third_place=True), 6))
    for _ in range(2):
        give(course, *((key, stronger) for key in course.ready()))
    assert course.ready() == [upper(3, 1), THIRD_PLACE]
    assert ranks(course.now) == {5: (5, 6), 6: (5, 6)}
    give(course, (upper(3, 1), weaker))
    assert ranks(course.now) == {2: (1, 1), 1: (2, 2), 5: (5, 6), 6: (5, 6)}
    assert champion(course.now) == 2
    give(course, (THIRD_PLACE, weaker))
    assert list(ranks(course.now)) == [2, 1, 4, 3, 5, 6]
    check_whole(course.now)


def test_the_third_place_may_be_decided_before_the_final():
    course = Course(build(Rules(SINGLE, third_place=True), 4))
    give(course, *((key, stronger) for key in course.ready()), (THIRD_PLACE, weaker))
    assert placements(course.now) == {
        4: Placement(3, 3, THIRD_PLACE),
        3: Placement(4, 4, THIRD_PLACE),
    }


def test_who_loses_twice_has_a_rank_when_the_round_of_the_lower_bracket_is_over():
    course = Course(build(Rules(DOUBLE), 8))
    give(course, *((upper(1, position), stronger) for position in (1, 2, 3, 4)))
    give(course, (lower(1, 1), stronger))
    # Whoever lost in the upper bracket can still win it all.
    assert placements(course.now) == {}
    give(course, (lower(1, 2), stronger))
    assert placements(course.now) == {
        7: Placement(7, 8, lower(1, 2)),
        8: Placement(7, 8, lower(1, 1)),
    }
    give(course, (upper(2, 1), stronger), (upper(2, 2), stronger))
    assert len(placements(course.now)) == 2
    give(course, (lower(2, 1), weaker), (lower(2, 2), stronger))
    assert list(ranks(course.now).items())[:2] == [(3, (5, 6)), (6, (5, 6))]
    give(course, (lower(3, 1), stronger))
    # Who loses the upper final, which is open, goes on to the lower one.
    assert placements(course.now)[5] == Placement(4, 4, lower(3, 1))
    give(course, (upper(3, 1), stronger), (lower(4, 1), weaker))
    assert placements(course.now)[2] == Placement(3, 3, lower(4, 1))
    assert len(placements(course.now)) == 6
    # Who wins the grand final from the lower bracket has not won it all yet.
    give(course, (FINAL, weaker))
    assert len(placements(course.now)) == 6
    assert champion(course.now) is None
    reset = FINAL._replace(round=2)
    give(course, (reset, stronger))
    assert placements(course.now)[1] == Placement(1, 1, reset)
    assert placements(course.now)[4] == Placement(2, 2, reset)
    assert champion(course.now) == 1


def test_without_a_reset_the_grand_final_decides():
    course = Course(build(Rules(DOUBLE, grand_final_reset=False), 2))
    give(course, (upper(1, 1), stronger), (FINAL, weaker))
    assert placements(course.now) == {2: Placement(1, 1, FINAL), 1: Placement(2, 2, FINAL)}
    assert champion(course.now) == 2


# Where nobody wins.


def double_forfeit(random, series, a, b):
    return Result(a, b, 0, 0, NOBODY, Outcome.DOUBLE_FORFEIT)


def test_who_forfeit_the_final_together_share_the_first_place_and_neither_is_champion():
    for kind, key in ((SINGLE, upper(1, 1)), (DOUBLE, FINAL)):
        course = Course(build(Rules(kind), 2))
        while key not in course.ready():
            give(course, *((each, stronger) for each in course.ready()))
        give(course, (key, double_forfeit))
        assert placements(course.now) == {1: Placement(1, 2, key), 2: Placement(1, 2, key)}
        assert champion(course.now) is None


def test_who_forfeit_a_semi_final_together_rank_behind_who_lost_the_other():
    course = Course(build(Rules(SINGLE, third_place=True), 4))
    give(course, (upper(1, 1), double_forfeit), (upper(1, 2), stronger))
    assert ranks(course.now) == {2: (1, 1), 3: (2, 2), 1: (3, 4), 4: (3, 4)}
    assert champion(course.now) == 2
    course = Course(build(Rules(SINGLE), 4))
    give(course, (upper(1, 1), double_forfeit), (upper(1, 2), stronger))
    assert ranks(course.now) == {2: (1, 1), 1: (2, 4), 3: (2, 4), 4: (2, 4)}


def test_who_forfeit_the_third_place_together_share_it():
    course = Course(build(Rules(SINGLE, third_place=True), 4))
    give(course, *((key, stronger) for key in course.ready()), (THIRD_PLACE, double_forfeit))
    assert ranks(course.now) == {3: (3, 4), 4: (3, 4)}


def test_who_forfeit_in_the_upper_bracket_together_rank_as_if_both_had_dropped_and_lost():
    course = Course(build(Rules(DOUBLE), 8))
    give(course, (upper(1, 1), double_forfeit))
    give(course, *((upper(1, position), stronger) for position in (2, 3, 4)))
    # 5 has a bye in the lower bracket, for there is no loser of the first series.
    give(course, (lower(1, 2), stronger))
    assert ranks(course.now) == {1: (6, 8), 7: (6, 8), 8: (6, 8)}
    give(course, (upper(2, 2), double_forfeit))
    # 4 has won the upper bracket. Who is left in the lower one: 5 and 6.
    assert course.ready() == [lower(3, 1)]
    assert ranks(course.now) == {
        2: (4, 5),
        3: (4, 5),
        1: (6, 8),
        7: (6, 8),
        8: (6, 8),
    }
    give(course, (lower(3, 1), stronger), (FINAL, stronger))
    assert list(ranks(course.now).items())[:3] == [(4, (1, 1)), (5, (2, 2)), (6, (3, 3))]


def test_who_forfeit_the_upper_final_together_rank_before_who_lost_the_lower_semi_final():
    course = Course(build(Rules(DOUBLE), 4))
    give(course, *((key, stronger) for key in course.ready()))
    give(course, (upper(2, 1), double_forfeit), (lower(1, 1), stronger))
    assert ranks(course.now) == {3: (1, 1), 1: (2, 3), 2: (2, 3), 4: (4, 4)}
    assert champion(course.now) == 3


def test_who_is_out_is_no_champion():
    course = play(Rules(SINGLE), 4, stronger)
    assert champion(course.now) == 1
    course.leave(1)
    course.go_on()
    assert champion(course.now) is None
    assert ranks(course.now)[1] == (1, 1)


# Groups.


def test_groups_alone_have_a_winner_each():
    course = play(Rules(ROUND_ROBIN, groups=2), 5, stronger)
    # 1, 4 and 5; 2 and 3.
    assert placements(course.now) == {
        1: Placement(1, 2),
        2: Placement(1, 2),
        3: Placement(3, 4),
        4: Placement(3, 4),
        5: Placement(5, 5),
    }
    assert champion(course.now) is None


def test_who_does_not_qualify_ranks_behind_all_who_do_when_the_groups_are_over():
    rules = Rules(ROUND_ROBIN, groups=2, playoff=SINGLE, qualifiers=2, third_place=True)
    course = Course(build(rules, 9))
    groups = [key for key in course.bracket.by_key if key.section == Section.GROUP]
    give(course, *((key, stronger) for key in groups[:-1]))
    # 1, 4, 5, 8 and 9 are over; 2, 3, 6 and 7 are not.
    assert course.now.is_complete(1)
    assert placements(course.now) == {}
    give(course, (groups[-1], stronger))
    assert placements(course.now) == {
        5: Placement(5, 6),
        6: Placement(5, 6),
        7: Placement(7, 8),
        8: Placement(7, 8),
        9: Placement(9, 9),
    }
    assert course.ready() == [upper(1, 1), upper(1, 2)]
    give(course, *((key, stronger) for key in course.ready()))
    give(course, *((key, stronger) for key in course.ready()))
    assert list(ranks(course.now).items())[:4] == [(seed, (seed, seed)) for seed in (1, 2, 3, 4)]


def test_who_is_unranked_comes_last_of_all():
    course = Course(build(Rules(ROUND_ROBIN, groups=2, playoff=SINGLE, qualifiers=1), 6))
    for _ in course.waves(stronger):
        if all(map(course.now.is_complete, course.now.group_numbers())):
            break
    assert ranks(course.now) == {3: (3, 4), 4: (3, 4), 5: (5, 6), 6: (5, 6)}
    course.leave(4)
    course.go_on()
    assert ranks(course.now) == {3: (3, 4), 5: (3, 4), 6: (5, 5), 4: (6, 6)}
    # The next one qualifies for a winner who is.
    course.leave(2)
    course.go_on()
    assert ranks(course.now) == {5: (3, 4), 6: (3, 4), 2: (5, 6), 4: (5, 6)}
    give(course, (upper(1, 1), weaker))
    assert list(ranks(course.now).items())[:2] == [(3, (1, 1)), (1, (2, 2))]
    # Once the playoff has begun nobody loses a rank.
    before = ranks(course.now)
    course.leave(5)
    course.go_on()
    assert course.unranked == {2, 4}
    assert ranks(course.now) == before


def test_a_place_that_nobody_is_left_for_is_nobodys():
    course = Course(build(Rules(ROUND_ROBIN, playoff=SINGLE, qualifiers=4), 4))
    give(course, *((key, stronger) for key in course.ready()))
    for seed in (2, 3):
        course.leave(seed)
    course.go_on()
    assert course.unranked == {2, 3}
    # 1 and 4 have a bye each, as the third and the fourth place are nobody's.
    assert course.ready() == [upper(2, 1)]
    assert ranks(course.now) == {2: (3, 3), 3: (4, 4)}
    give(course, (upper(2, 1), weaker))
    check_whole(course.now)
    assert champion(course.now) == 4


def test_swiss_rounds_rank_all_and_so_they_do_who_does_not_qualify():
    course = play(Rules(SWISS), 8, stronger)
    table = course.now.table(0)
    assert ranks(course.now) == {row.seed: (row.rank, row.rank) for row in table}
    assert champion(course.now) == table[0].seed == 1
    course = play(Rules(SWISS, playoff=DOUBLE, qualifiers=3), 8, stronger)
    table = course.now.table(0)
    assert list(ranks(course.now))[3:] == [row.seed for row in table[3:]]
    assert list(ranks(course.now).values()) == [(rank, rank) for rank in range(1, 9)]
