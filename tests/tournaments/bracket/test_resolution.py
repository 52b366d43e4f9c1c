from collections import Counter
from functools import cache
from random import Random

import pytest

from app.tournaments.bracket import swiss
from app.tournaments.bracket.build import build
from app.tournaments.bracket.placements import champion, placements
from app.tournaments.bracket.resolution import State, lasting_pairs, resolve, walkover
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
    won,
)

SINGLE, DOUBLE = Kind.SINGLE_ELIMINATION, Kind.DOUBLE_ELIMINATION
ROUND_ROBIN, SWISS = Kind.ROUND_ROBIN, Kind.SWISS
FINAL = Key(Section.GRAND_FINAL, 0, 1, 1)
RESET = FINAL._replace(round=2)
SOME_SIZES = [*range(2, 14), 16, 17, 23, 33]


def times(teams):
    """How often to play: the fewer the teams, the more of all that can happen happens."""
    return 16 if teams < 10 else 4 if teams < 34 else 1


def share(teams):
    """How much of what is ready to play at a time: all, where it would take long otherwise."""
    return 0.4 if teams < 34 else 1


def upper(number, position):
    return Key(Section.UPPER, 0, number, position)


def losses(course):
    """How often each team has lost, the third place aside."""
    return Counter(
        state.result.loser
        for key, state in course.now.states.items()
        if key.section != Section.THIRD_PLACE
    )


def snapshot(resolution):
    return (
        list(resolution.states.items()),
        resolution.pairs,
        placements(resolution),
        resolution.tables(),
    )


def check(course):
    """What holds at any time, whatever has happened."""
    playing = Counter()
    for key, (a, b, result) in course.now.states.items():
        assert a is None or a == NOBODY or a != b
        if result is None:
            # Who is out plays no more.
            assert None in {a, b} or not {*course.out} & {a, b}
            if key.section not in STAGES:
                playing.update({a, b} - {None, NOBODY})
            continue
        assert (result.a, result.b) == (a, b)
        assert {result.winner, result.loser} <= {a, b, NOBODY}
        if NOBODY in {a, b}:
            assert result == Result(a, b, 0, 0, a or b, Outcome.BYE)
        elif key not in course.results or course.results[key][:2] != (a, b):
            left = [seed for seed in course.out if seed in {a, b}]
            assert result.outcome == Outcome.WALKOVER
            assert result.loser == left[0]
        else:
            assert result == course.results[key]
    # Nobody is wanted in two places at once.
    assert set(playing.values()) <= {1}


def check_end(course):
    """Whatever has happened, nothing waits for anybody when there is nothing left to play."""
    assert not course.ready()
    for key, (a, b, result) in course.now.states.items():
        assert result is not None, key
        assert None not in {a, b}
    wanted = {each.key for each in course.bracket.series if not each.is_reset}
    assert wanted == course.now.states.keys() - {RESET}


def deep(teams):
    """All formats; with many teams those that take no more than some hundred series."""
    for rules in formats(teams):
        groups = rules.groups if rules.kind == ROUND_ROBIN else teams
        if teams / groups < 34:
            yield rules


@cache
def played(rules, teams, number=0):
    return play(rules, teams, anything, number=number, share=0.4)


# What it takes to win.


@pytest.mark.parametrize("third_place", [False, True])
def test_all_but_the_champion_of_a_single_elimination_lose_once(third_place):
    rules = Rules(SINGLE, third_place=third_place, best_of=3)
    for teams in EVERY_SIZE:
        for number in range(times(teams)):
            course = play(rules, teams, number=number, share=share(teams))
            check_end(course)
            lost = losses(course)
            assert set(lost.values()) == {1}
            assert len(lost) == teams - 1
            assert len(course.results) == teams - 1 + (third_place and teams > 3)
            assert course.results == {key: state.result for key, state in course.now.states.items()}


def test_all_but_the_champion_of_a_double_elimination_lose_twice():
    resets = Counter()
    for teams in EVERY_SIZE:
        for number in range(times(teams)):
            course = play(Rules(DOUBLE), teams, number=number, share=share(teams))
            check_end(course)
            lost = losses(course)
            last = course.now.states.get(RESET, course.now.states[FINAL])
            champion = last.result.winner
            assert lost.pop(champion, 0) <= 1
            assert lost == dict.fromkeys({*range(1, teams + 1)} - {champion}, 2)
            first = course.now.states[FINAL]
            is_reset = first.result.winner == first.b
            assert (RESET in course.now.states) == is_reset
            assert len(course.results) == 2 * teams - 2 + is_reset
            # Everything was played: there are no byes to pass the time.
            assert course.results.keys() == course.now.states.keys()
            resets[is_reset] += 1
    assert min(resets[True], resets[False]) > 100


def test_without_a_reset_who_loses_the_grand_final_may_have_lost_that_alone():
    once = 0
    for teams in [*range(2, 40), 64, 65, 100, 255, 256]:
        for number in range(times(teams)):
            rules = Rules(DOUBLE, grand_final_reset=False)
            course = play(rules, teams, number=number, share=share(teams))
            check_end(course)
            assert len(course.results) == 2 * teams - 2
            lost = losses(course)
            last = course.now.states[FINAL]
            assert last.result.winner == last.a or lost[last.b] == 1
            assert lost.pop(last.result.winner, 0) == (last.result.winner == last.b)
            assert lost[last.result.loser] == 1 + (last.result.loser == last.b)
            once += lost.pop(last.result.loser) == 1
            assert set(lost.values()) <= {2}
            assert len(lost) == teams - 2
    assert once > 50


def test_in_a_round_robin_each_pair_meets_once_a_leg():
    for teams in [*range(2, 28), 40]:
        for legs in (1, 2):
            course = play(Rules(ROUND_ROBIN, legs=legs, best_of=2), teams, anything)
            check_end(course)
            met = Counter(frozenset(result[:2]) for result in course.results.values())
            assert set(met.values()) == {legs}
            assert len(met) == teams * (teams - 1) // 2


def test_in_a_swiss_tournament_all_play_each_round():
    for teams in EVERY_SIZE:
        rounds = None if teams < 34 else 1 + (teams % 4 == 0)
        course = Course(build(Rules(SWISS, swiss_rounds=rounds, best_of=2), teams))
        for now in course.waves(anything, share=0.9):
            over = Counter(key.round for key, state in now.states.items() if state.result)
            begun = len(now.pairs)
            # A round is paired as soon as the one before is over, and no sooner.
            assert all(over[number] == (teams + 1) // 2 for number in range(1, begun))
            assert over[begun] < (teams + 1) // 2 or begun == len({key.round for key in now.states})
            check(course)
        check_end(course)
        for number, pairs in course.now.pairs.items():
            assert sorted(sum(pairs, ())) == list(range(teams % 2 ^ 1, teams + 1))
            assert pairs == [
                state[:2] for key, state in course.now.states.items() if key.round == number
            ]


# Nothing waits for nobody.


def test_whatever_happens_every_tournament_comes_to_its_end():
    forfeits = Counter()
    for teams in [*SOME_SIZES, 50]:
        for rules in deep(teams):
            for number in range(3 if teams < 10 else 1):
                course = Course(build(rules, teams), number)
                for _ in course.waves(anything, share=0.3, leaving=0.2):
                    check(course)
                check_end(course)
                forfeits.update(state.result.outcome for state in course.now.states.values())
    assert min(forfeits[outcome] for outcome in Outcome) > 300


@pytest.mark.parametrize("kind", [SINGLE, DOUBLE])
def test_eliminations_of_any_size_come_to_their_end(kind):
    for teams in EVERY_SIZE:
        course = Course(build(Rules(kind, third_place=True), teams))
        for _ in course.waves(anything, share=share(teams), leaving=0.6):
            if teams < 34:
                check(course)
        check(course)
        check_end(course)
        lost = losses(course)
        del lost[NOBODY]
        # Who has forfeited together with the other has not lost to anybody.
        assert max(lost.values(), default=0) <= (1 if kind == SINGLE else 2)


def test_if_all_leave_all_is_over():
    for teams in (2, 3, 4, 5, 8, 11):
        for rules in formats(teams):
            everybody = range(teams, 0, -1)
            now = resolve(build(rules, teams), {}, out=everybody, unranked=everybody)
            assert not [key for key, state in now.states.items() if state.result is None]
            assert champion(now) is None


def test_where_both_forfeit_nobody_goes_on():
    course = Course(build(Rules(SINGLE, third_place=True), 4))
    course.results[upper(1, 1)] = Result(1, 4, 0, 0, NOBODY, Outcome.DOUBLE_FORFEIT)
    course.go_on()
    course.give(upper(1, 2), stronger)
    course.go_on()
    states = course.now.states
    assert states[upper(2, 1)] == State(NOBODY, 2, Result(NOBODY, 2, 0, 0, 2, Outcome.BYE))
    third = states[Key(Section.THIRD_PLACE, 0, 1, 1)]
    assert third == State(NOBODY, 3, Result(NOBODY, 3, 0, 0, 3, Outcome.BYE))
    check_end(course)


def test_where_nobody_comes_from_either_side_nobody_goes_on():
    course = Course(build(Rules(SINGLE), 4))
    for key in (upper(1, 1), upper(1, 2)):
        a, b, _ = course.now.states[key]
        course.results[key] = Result(a, b, 0, 0, NOBODY, Outcome.DOUBLE_FORFEIT)
    course.go_on()
    nobody = Result(NOBODY, NOBODY, 0, 0, NOBODY, Outcome.BYE)
    assert course.now.states[upper(2, 1)] == State(NOBODY, NOBODY, nobody)


# Who is out.


def test_who_is_out_forfeits_what_is_not_played():
    bracket = build(Rules(DOUBLE, best_of=3), 4)
    results = {upper(1, 1): Result(1, 4, 1, 2, 4)}
    now = resolve(bracket, results, out=[4])
    # What is played stays.
    assert now.states[upper(1, 1)].result == results[upper(1, 1)]
    assert now.states[upper(2, 1)] == State(4, None)
    results[upper(1, 2)] = Result(2, 3, 2, 0, 2)
    now = resolve(bracket, results, out=[4])
    assert now.states[upper(2, 1)].result == Result(4, 2, 0, 2, 2, Outcome.WALKOVER)
    lower = Key(Section.LOWER, 0, 1, 1)
    assert now.states[lower] == State(1, 3)
    results[lower] = Result(1, 3, 2, 1, 1)
    now = resolve(bracket, results, out=[4])
    assert now.states[lower._replace(round=2)].result == Result(4, 1, 0, 2, 1, Outcome.WALKOVER)
    assert now.states[FINAL] == State(2, 1)


def test_of_two_who_are_out_the_first_to_leave_forfeits():
    bracket = build(Rules(SINGLE), 4)
    for out, winner in (([2, 3], 3), ([3, 2], 2)):
        now = resolve(bracket, {}, out=out)
        assert now.states[upper(1, 2)].result == walkover(bracket.by_key[upper(1, 2)], 2, 3, winner)
        assert now.states[upper(2, 1)] == State(None, winner)
        assert now.states[upper(1, 1)].is_ready


def test_who_went_on_without_playing_keeps_what_was_played_since():
    course = Course(build(Rules(SINGLE), 4))
    course.leave(4)
    course.go_on()
    for _ in course.waves(stronger):
        pass
    assert course.results.keys() == {upper(1, 2), upper(2, 1)}
    # The champion, who had beaten the second, and had a walkover against the last.
    before = dict(course.now.states)
    course.leave(1)
    course.go_on()
    assert course.now.states == before


def test_nothing_that_is_played_is_void_because_somebody_leaves():
    for teams in SOME_SIZES:
        for rules in deep(teams):
            course = Course(build(rules, teams), 10)
            for before in course.waves(anything, share=0.3):
                course.leave(course.random.randint(1, teams))
                course.go_on()
                for key in course.results:
                    assert course.now.states[key] == before.states[key]


def test_who_is_out_can_be_let_in_again():
    for teams in (5, 8):
        for rules in deep(teams):
            course = play(rules, teams, number=1)
            for seed in range(1, teams + 1):
                before = snapshot(course.now)
                out = resolve(
                    course.bracket,
                    course.results,
                    out=[seed],
                    unranked={seed},
                    pairs=course.now.pairs,
                )
                for state in out.states.values():
                    assert state.result or not state.is_ready or seed not in state[:2]
                course.go_on()
                assert snapshot(course.now) == before


def test_a_walkover_has_the_score_that_its_winner_needs():
    series = build(Rules(SINGLE, best_of=5), 2).series[0]
    assert walkover(series, 7, 9, 7) == Result(7, 9, 3, 0, 7, Outcome.WALKOVER)
    assert walkover(series, 7, 9, 9) == Result(7, 9, 0, 3, 9, Outcome.WALKOVER)
    series = series._replace(best_of=2)
    assert walkover(series, 7, 9, 9) == Result(7, 9, 0, 2, 9, Outcome.WALKOVER)


def test_a_loser_is_not_the_winner():
    assert Result(3, 5, 1, 0, 3).loser == 5
    assert Result(3, 5, 0, 1, 5).loser == 3
    assert Result(3, 5, 0, 0, NOBODY).loser == NOBODY
    assert Result(NOBODY, 5, 0, 0, 5, Outcome.BYE).loser == NOBODY
    assert Result(5, NOBODY, 0, 0, 5, Outcome.BYE).loser == NOBODY


@pytest.mark.parametrize(
    ("state", "is_ready"),
    [
        (State(1, 2), True),
        (State(1, None), False),
        (State(None, 2), False),
        (State(1, NOBODY), False),
        (State(NOBODY, 2), False),
        (State(None, None), False),
        (State(1, 2, Result(1, 2, 1, 0, 1)), False),
    ],
)
def test_a_series_is_ready_when_both_are_known_and_it_has_not_ended(state, is_ready):
    assert state.is_ready is is_ready


# The reset.


def to_the_grand_final(teams):
    course = Course(build(Rules(DOUBLE, best_of=3), teams))
    while not course.now.states[FINAL].is_ready:
        for key in course.ready():
            course.give(key, stronger)
        course.go_on()
    assert course.now.states[FINAL] == State(1, 2)
    assert RESET not in course.now.states
    return course


@pytest.mark.parametrize("teams", [2, 3, 8, 13])
def test_there_is_a_reset_only_once_the_winner_of_the_lower_bracket_has_won(teams):
    course = to_the_grand_final(teams)
    series = course.bracket.by_key[FINAL]
    for result, is_needed in [
        (won(series, 1, 2, 1), False),
        (won(series, 1, 2, 2, 1), True),
        (walkover(series, 1, 2, 1), False),
        (walkover(series, 1, 2, 2), True),
        (Result(1, 2, 0, 0, NOBODY, Outcome.DOUBLE_FORFEIT), False),
    ]:
        course.results[FINAL] = result
        course.go_on()
        assert (RESET in course.now.states) == is_needed
        if is_needed:
            # On the same sides.
            assert course.now.states[RESET] == State(1, 2)
            assert course.ready() == [RESET]
        else:
            check_end(course)


def test_the_result_of_a_reset_is_void_without_it_and_comes_back_with_it():
    course = to_the_grand_final(6)
    series = course.bracket.by_key[RESET]
    course.results |= {FINAL: won(series, 1, 2, 2), RESET: won(series, 1, 2, 1)}
    course.go_on()
    before = snapshot(course.now)
    assert course.now.states[RESET].result.winner == 1
    course.results[FINAL] = won(series, 1, 2, 1)
    course.go_on()
    assert RESET not in course.now.states
    del course.results[FINAL]
    course.go_on()
    assert RESET not in course.now.states
    course.results[FINAL] = won(series, 1, 2, 2)
    course.go_on()
    assert snapshot(course.now) == before


def test_there_is_no_reset_against_nobody():
    course = Course(build(Rules(DOUBLE), 4))
    for key in course.ready():
        course.give(key, stronger)
    course.go_on()
    course.results[upper(2, 1)] = Result(1, 2, 0, 0, NOBODY, Outcome.DOUBLE_FORFEIT)
    course.go_on()
    for _ in course.waves(stronger):
        pass
    # Who won the lower bracket has nobody to beat, and has won without a second time.
    final = course.now.states[FINAL]
    assert final == State(NOBODY, 3, Result(NOBODY, 3, 0, 0, 3, Outcome.BYE))
    assert RESET not in course.now.states


def test_who_is_out_before_the_reset_forfeits_it():
    course = to_the_grand_final(5)
    course.results[FINAL] = won(course.bracket.by_key[FINAL], 1, 2, 2)
    course.leave(2)
    course.go_on()
    assert course.now.states[RESET].result == Result(1, 2, 2, 0, 1, Outcome.WALKOVER)
    course.out = [1]
    course.go_on()
    assert course.now.states[RESET].result == Result(1, 2, 0, 2, 2, Outcome.WALKOVER)


# Putting it right.


def check_undone(course, key):
    """Take a result back and give it again. Answer how the bracket stands meanwhile."""
    now = snapshot(course.now)
    given = course.results.pop(key)
    pairs = lasting_pairs(course.now.pairs, course.results, key)
    undone = resolve(
        course.bracket, course.results, out=course.out, unranked=course.unranked, pairs=pairs
    )
    state = undone.states[key]
    assert state[:2] == given[:2]
    assert state.result is None or {*course.out} & {*given[:2]}
    course.results[key] = given
    course.now = undone
    course.go_on()
    assert snapshot(course.now) == now
    return undone


def test_undoing_a_result_and_replaying_it_gives_the_same_bracket():
    """Of every format, at the end and on the way; whatever followed from it is void meanwhile."""
    undone = 0
    for teams in SOME_SIZES:
        for rules in deep(teams):
            for at_the_end in (True, False):
                course = Course(build(rules, teams), 5)
                most = len(course.bracket.series) if at_the_end else course.random.randrange(9)
                for _ in zip(range(most), course.waves(anything, share=0.5), strict=False):
                    pass
                keys = [key for key in course.results if key in course.now.states]
                for key in course.random.sample(keys, min(len(keys), 6)):
                    check_undone(course, key)
                    undone += 1
    assert undone > 1000


@pytest.mark.parametrize("kind", [SINGLE, DOUBLE, SWISS])
def test_undoing_and_replaying_with_any_number_of_teams(kind):
    for teams in [*range(2, 66), *range(66, 257, 10)][: 64 if kind == SWISS else None]:
        course = play(Rules(kind), teams, anything)
        check_undone(course, course.random.choice([*course.results]))


def test_undoing_where_teams_have_left():
    for teams in (4, 7, 8, 13):
        for rules in deep(teams):
            if rules.kind == SWISS:
                # A round that is paired anew is paired without those who have left since.
                continue
            course = Course(build(rules, teams), 6)
            for _ in course.waves(anything, share=0.4, leaving=0.2):
                pass
            shown = [
                key
                for key, result in course.results.items()
                if key in course.now.states and course.now.states[key].result == result
            ]
            for key in shown:
                check_undone(course, key)


def test_a_corrected_result_voids_what_others_played_and_nothing_else():
    for teams in SOME_SIZES:
        for kind in (SINGLE, DOUBLE):
            course = play(Rules(kind, third_place=True), teams, number=7)
            for key in course.random.sample([*course.results], min(len(course.results), 8)):
                before = dict(course.now.states)
                given = course.results[key]
                series = course.bracket.by_key[key]
                course.results[key] = won(series, given.a, given.b, given.loser)
                course.go_on()
                check(course)
                for other, state in course.now.states.items():
                    is_same = other in before and state[:2] == before[other][:2]
                    assert (state.result is not None) == is_same
                assert course.now.states[key].result.winner == given.loser
                # What is void does not count, so that it can be played again to the end.
                others = Course(course.bracket, 8)
                others.results = dict(course.results)
                others.go_on()
                for _ in others.waves():
                    check(others)
                check_end(others)
                course.results[key] = given
                course.go_on()
                assert course.now.states == before


def test_a_result_of_others_is_void():
    bracket = build(Rules(SINGLE), 4)
    for result in (
        Result(1, 3, 1, 0, 1),
        Result(2, 4, 1, 0, 2),
        # The same two on other sides have another score.
        Result(4, 1, 1, 0, 4),
    ):
        now = resolve(bracket, {upper(1, 1): result, upper(2, 1): Result(1, 2, 1, 0, 1)})
        assert now.states[upper(1, 1)] == State(1, 4)
        assert now.states[upper(2, 1)] == State(None, None)
    nowhere = {upper(9, 1): Result(1, 4, 1, 0, 1)}
    assert resolve(bracket, nowhere).states == resolve(bracket, {}).states


def test_results_by_chance_are_never_shown_where_they_do_not_belong():
    void = 0
    for teams in SOME_SIZES:
        for rules in deep(teams):
            course = Course(build(rules, teams), 9)
            for series in course.bracket.series:
                a, b = course.random.sample(range(1, teams + 1), 2)
                course.results[series.key] = coin(course.random, series, a, b)
            course.go_on()
            check(course)
            void += sum(state.result is None for state in course.now.states.values())
            for _ in course.waves():
                check(course)
            check_end(course)
    assert void > 1000


def test_the_order_of_the_results_does_not_matter():
    for teams in (3, 8, 13):
        for rules in deep(teams):
            course = played(rules, teams)
            expected = snapshot(course.now)
            keys = [*course.results]
            for number in range(3):
                Random(number).shuffle(keys)
                results = {key: course.results[key] for key in keys}
                assert snapshot(resolve(course.bracket, results)) == expected


def test_to_resolve_changes_nothing_that_is_given():
    for rules in deep(9):
        course = played(rules, 9)
        results, pairs = dict(course.results), {1: course.now.pairs.get(1, [])}
        kept = {number: [*paired] for number, paired in pairs.items()}
        first = resolve(course.bracket, results, pairs=pairs)
        second = resolve(course.bracket, results, pairs=first.pairs)
        assert snapshot(first) == snapshot(second)
        assert results == course.results
        assert pairs == kept


# Groups.


def test_a_place_is_known_when_its_group_is_complete():
    bracket = build(Rules(ROUND_ROBIN, groups=2, playoff=SINGLE, qualifiers=2), 6)
    course = Course(bracket)
    # Seeds 1, 4 and 5 against 2, 3 and 6.
    for key in [key for key in bracket.by_key if key.group == 1]:
        assert course.now.states[upper(1, 1)] == State(None, None)
        assert not course.now.is_complete(1)
        course.give(key, stronger)
        course.go_on()
    assert course.now.is_complete(1)
    assert not course.now.is_complete(2)
    assert course.now.states[upper(1, 1)] == State(1, None)
    assert course.now.states[upper(1, 2)] == State(None, 4)
    for key in [key for key in bracket.by_key if key.group == 2]:
        course.give(key, stronger)
    course.go_on()
    assert course.now.states[upper(1, 1)] == State(1, 3)
    assert course.now.states[upper(1, 2)] == State(2, 4)
    # Is one taken back, so is the place of everybody, and with it what they have played.
    course.give(upper(1, 1), stronger)
    course.go_on()
    check_undone(course, Key(Section.GROUP, 2, 1, 1))
    assert course.now.states[upper(1, 1)].result.winner == 1


def test_who_qualifies_is_who_ranks_highest():
    for teams in (6, 9, 12, 16):
        for rules in deep(teams):
            if rules.playoff is None:
                continue
            course = played(rules, teams)
            tables = course.now.tables()
            assert list(tables) == course.now.group_numbers()
            for key, state in course.now.states.items():
                series = course.bracket.by_key[key]
                for source, side in zip((series.a, series.b), state[:2], strict=True):
                    if str(source).startswith("place"):
                        assert tables[source.group][source.rank - 1].seed == side


def test_the_next_one_qualifies_for_who_is_unranked():
    bracket = build(Rules(ROUND_ROBIN, playoff=SINGLE, qualifiers=2), 4)
    course = Course(bracket)
    for _ in course.waves(stronger):
        if all(map(course.now.is_complete, course.now.group_numbers())):
            break
    assert course.now.states[upper(1, 1)] == State(1, 2)
    course.leave(1)
    course.go_on()
    assert course.unranked == {1}
    assert [row.seed for row in course.now.table(1)] == [2, 3, 4, 1]
    assert course.now.states[upper(1, 1)] == State(2, 3)
    # There is none left for the second place.
    course.out = [1, 2, 4]
    course.unranked = {1, 2, 4}
    course.go_on()
    assert course.now.states[upper(1, 1)].result == Result(3, NOBODY, 0, 0, 3, Outcome.BYE)
    # Who is out but ranked has qualified, and forfeits.
    course.out, course.unranked = [1], set()
    course.go_on()
    assert course.now.states[upper(1, 1)].result == Result(1, 2, 0, 1, 2, Outcome.WALKOVER)


def test_groups_and_their_tables():
    course = Course(build(Rules(ROUND_ROBIN, groups=2, playoff=SINGLE, qualifiers=1), 5))
    assert course.now.group_numbers() == [1, 2]
    # Before the first result by their seeds.
    seeds = {group: [row.seed for row in table] for group, table in course.now.tables().items()}
    assert seeds == {1: [1, 4, 5], 2: [2, 3]}
    assert list(course.now.states_of(Section.GROUP, 2)) == [Key(Section.GROUP, 2, 1, 1)]
    assert list(course.now.states_of(Section.UPPER, 0)) == [upper(1, 1)]
    assert not course.now.states_of(Section.SWISS, 0)
    swiss = Course(build(Rules(SWISS), 5))
    assert swiss.now.group_numbers() == [0]
    # The fifth has a bye.
    assert [row.seed for row in swiss.now.tables()[0]] == [5, 1, 2, 3, 4]
    assert resolve(build(Rules(DOUBLE), 5), {}).group_numbers() == []
    assert resolve(build(Rules(DOUBLE), 5), {}).tables() == {}


# Swiss rounds.


def swiss_course(teams, rounds, over):
    """A tournament of which so many rounds are over, and the next one is paired."""
    course = Course(build(Rules(SWISS, swiss_rounds=rounds), teams), 3)
    for _ in range(over):
        for key in course.ready():
            course.give(key, coin)
        course.go_on()
    return course


def test_a_round_is_paired_by_all_rounds_before():
    for teams in (5, 8, 9, 14, 20):
        course = play(Rules(SWISS, swiss_rounds=5), teams, anything, number=3)
        for number in range(1, 6):
            before = [
                [state.result for key, state in course.now.states.items() if key.round == earlier]
                for earlier in range(1, number)
            ]
            players = swiss.players(range(1, teams + 1), before, course.bracket.rules)
            assert course.now.pairs[number] == swiss.pair(players)
    course = swiss_course(9, 4, over=2)
    assert list(course.now.pairs) == [1, 2, 3]
    assert course.now.states[Key(Section.SWISS, 0, 4, 1)] == State(None, None)


def test_pairs_that_are_given_stay():
    bracket = build(Rules(SWISS), 4)
    pairs = {1: [(1, 2), (3, 4)]}
    now = resolve(bracket, {}, pairs=pairs)
    assert now.states[Key(Section.SWISS, 0, 1, 2)] == State(3, 4)
    assert now.pairs == pairs
    assert resolve(bracket, {}).pairs == {1: [(1, 3), (2, 4)]}


def test_who_is_out_is_paired_no_more():
    course = swiss_course(7, 5, over=1)
    second = course.now.pairs[2]
    course.leave(3)
    course.leave(5)
    course.go_on()
    # What is paired stays, and they forfeit it.
    assert course.now.pairs[2] == second
    for key in course.ready():
        course.give(key, stronger)
    course.go_on()
    third = course.now.pairs[3]
    assert sorted(sum(third, ())) == [NOBODY, 1, 2, 4, 6, 7]
    fourth_place = course.now.states[Key(Section.SWISS, 0, 3, 4)]
    nobody = Result(NOBODY, NOBODY, 0, 0, NOBODY, Outcome.BYE)
    assert fourth_place == State(NOBODY, NOBODY, nobody)
    for _ in course.waves(stronger):
        check(course)
    check_end(course)
    # They are in the standings, and have played what they were paired for.
    rows = {row.seed: row for row in course.now.table(0)}
    assert sorted(rows) == list(range(1, 8))
    assert {rows[3].played, rows[5].played} == {2}
    assert {rows[seed].played for seed in (1, 2, 4, 6, 7)} == {5}
    assert [row.seed for row in course.now.table(0)][-2:] in ([3, 5], [5, 3])


def test_unplayed_rounds_are_paired_anew_when_one_before_is_corrected():
    course = swiss_course(8, 3, over=2)
    third = course.now.pairs[3]
    key = Key(Section.SWISS, 0, 2, 1)
    given = course.results[key]
    course.results[key] = won(course.bracket.by_key[key], given.a, given.b, given.loser)
    course.now.pairs = lasting_pairs(course.now.pairs, course.results, key)
    assert list(course.now.pairs) == [1, 2]
    course.go_on()
    assert course.now.pairs[3] != third
    assert snapshot(course.now) == snapshot(resolve(course.bracket, course.results))


def test_rounds_that_have_begun_stay_when_one_before_is_corrected():
    course = swiss_course(8, 5, over=2)
    course.give(course.ready()[0], coin)
    course.go_on()
    pairs = dict(course.now.pairs)
    key = Key(Section.SWISS, 0, 1, 1)
    given = course.results[key]
    course.results[key] = won(course.bracket.by_key[key], given.a, given.b, given.loser)
    course.now.pairs = lasting_pairs(course.now.pairs, course.results, key)
    course.go_on()
    assert course.now.pairs == pairs
    # All results of the rounds that stay are shown, and the next one is paired by the new points.
    assert all(course.now.states[key].result == result for key, result in course.results.items())
    for key in course.ready():
        course.give(key, coin)
    course.go_on()
    rounds = [
        [state.result for key, state in course.now.states.items() if key.round == number]
        for number in (1, 2, 3)
    ]
    players = swiss.players(range(1, 9), rounds, course.bracket.rules)
    assert course.now.pairs[4] == swiss.pair(players)


def test_a_result_taken_back_in_a_round_that_others_followed_leaves_them_paired():
    course = swiss_course(6, 5, over=3)
    course.give(course.ready()[0], coin)
    course.go_on()
    undone = check_undone(course, Key(Section.SWISS, 0, 2, 2))
    assert list(undone.pairs) == [1, 2, 3, 4]
    # The round after waits for it.
    for key in course.ready():
        course.give(key, coin)
    del course.results[Key(Section.SWISS, 0, 2, 2)]
    course.go_on()
    assert list(course.now.pairs) == [1, 2, 3, 4]
    assert course.ready() == [Key(Section.SWISS, 0, 2, 2)]


def test_lasting_pairs():
    pairs = {number: [(1, 2)] for number in (1, 2, 3, 4)}
    result = Result(1, 2, 1, 0, 1)

    def lasting(changed, *begun):
        results = {Key(Section.SWISS, 0, number, 1): result for number in begun}
        results |= {upper(9, 1): result}
        key = Key(Section.SWISS, 0, changed, 1)
        found = lasting_pairs(pairs, results, key)
        assert found.items() <= pairs.items()
        return list(found)

    assert lasting(1, 1) == [1]
    assert lasting(1) == [1]
    assert lasting(3, 1, 2, 3) == [1, 2, 3]
    assert lasting(3, 1, 2) == [1, 2, 3]
    assert lasting(1, 1, 2, 3) == [1, 2, 3]
    assert lasting(2, 4) == [1, 2, 3, 4]
    # The playoff changes nothing before it.
    kept = lasting_pairs(pairs, {}, upper(1, 1))
    assert kept == pairs
    assert kept is not pairs
