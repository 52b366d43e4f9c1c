from collections import Counter
from functools import cache
from itertools import combinations, groupby, permutations
from random import Random
from time import process_time

import pytest

from app.tournaments.bracket.structure import NOBODY, Kind, Outcome, Result, Rules
from app.tournaments.bracket.swiss import Float, Player, number_of_rounds, pair, players
from tests.tournaments.bracket.test_matching import tutte_rank

RULES = Rules(Kind.SWISS)
DOWN, NONE, UP = Float.DOWN, Float.NONE, Float.UP


def played(random, a, b, draws=0.2, upsets=0.3):
    if b == NOBODY:
        return Result(a, NOBODY, 0, 0, a, Outcome.BYE)
    chance = random.random()
    if chance < draws:
        return Result(a, b, 1, 1, NOBODY)
    if chance > 0.99:
        return Result(a, b, 0, 0, NOBODY, Outcome.DOUBLE_FORFEIT)
    winner = max(a, b) if random.random() < upsets else min(a, b)
    outcome = Outcome.WALKOVER if chance > 0.96 else Outcome.PLAYED
    return Result(a, b, int(winner == a), int(winner == b), winner, outcome)


def tournament(random, teams, rounds, leaving=0.0):
    """Yield the players and the pairs of each round. A team leaves with that chance a round."""
    staying, results = list(range(1, teams + 1)), []
    draws, upsets = random.choice((0, 0.2, 0.6)), random.choice((0, 0.3, 0.5))
    for _ in range(rounds):
        field = players(staying, results, RULES)
        pairs = pair(field)
        yield field, pairs
        results.append([played(random, a, b, draws, upsets) for a, b in pairs])
        if len(staying) > 2 and random.random() < leaving:
            staying.remove(random.choice(staying))


def field(points, *, met=(), byes=(), down=(), up=(), down_before=(), up_before=()):
    """Players by hand. The last four float in the last round and in the one before it."""

    def floated(seed, downs, ups):
        return DOWN if seed in downs else UP if seed in ups else NONE

    return [
        Player(
            seed,
            score,
            tuple(b if seed == a else a for a, b in met if seed in {a, b}),
            int(seed in byes),
            (floated(seed, down_before, up_before), floated(seed, down, up)),
        )
        for seed, score in points.items()
    ]


def times_met(field):
    times = {(a.seed, b.seed): 0 for a in field for b in field if a != b}
    for a in field:
        times.update(
            {(a.seed, b): a.opponents.count(b) for b in a.opponents if (a.seed, b) in times}
        )
    return times


def rank(player):
    return -player.points, player.seed


def meetings(field, without=NOBODY):
    """The best there is, by trying everything: rematches first, then those met most often."""
    times = times_met(field)
    most = max(times.values(), default=0)
    seeds = [player.seed for player in field if player.seed != without]

    @cache
    def best(left):
        if not left:
            return (0,) * (most + 1)
        found = []
        for b in left[1:]:
            again = times[left[0], b]
            costs = [int(again > 0), *(int(again == level) for level in range(most, 0, -1))]
            rest = best(tuple(seed for seed in left[1:] if seed != b))
            found.append(tuple(x + y for x, y in zip(costs, rest, strict=True)))
        return min(found)

    return best(tuple(seeds))


def fewest_rematches(field, without=NOBODY):
    """What the Tutte matrix says of those who have not met."""
    there = [player for player in field if player.seed != without]
    neighbours = [
        sum(1 << j for j, b in enumerate(there) if b != a and b.seed not in a.opponents)
        for a in there
    ]
    return (len(there) - tutte_rank(neighbours, Random(0))) // 2


def assert_fair(field, pairs, least=fewest_rematches):
    """Each team once; the fewest rematches; the bye to the lowest team that may have it."""
    ranked = sorted(field, key=rank)
    order = {player.seed: position for position, player in enumerate(ranked)}
    assert sorted(seed for both in pairs for seed in both if seed) == sorted(order)
    assert all(order[a] < order[b] for a, b in pairs if b)
    scores = [tuple(-ranked[order[seed]].points for seed in both) for both in pairs if both[1]]
    assert scores == sorted(scores)
    rematches = sum(b in ranked[order[a]].opponents for a, b in pairs)
    byes = [a for a, b in pairs if b == NOBODY]
    assert len(byes) == len(field) % 2
    if not byes:
        # Nothing is less than none.
        assert not rematches or rematches == least(field)
        return
    assert pairs[-1] == (byes[0], NOBODY)
    fewest = min(player.byes for player in field)
    entitled = [player.seed for player in ranked if player.byes == fewest]
    assert byes[0] in entitled
    lower = entitled[entitled.index(byes[0]) + 1 :]
    assert all(least(field, seed) > rematches for seed in lower)
    if rematches:
        assert rematches == min(least(field, seed) for seed in entitled)


def every_pairing(seeds, times):
    if not seeds:
        yield {}
    for b in seeds[1:]:
        if not times[seeds[0], b]:
            for rest in every_pairing([seed for seed in seeds[1:] if seed != b], times):
                yield {**rest, seeds[0]: b, b: seeds[0]}


def assert_best_floats(entrants, pairs):
    """Against every pairing that there is: number, points, nearest group, down again."""
    by_seed = {player.seed: player for player in entrants}
    times = times_met(entrants)
    mates = {a: b for a, b in pairs if b} | {b: a for a, b in pairs if b}
    left = sorted(mates, key=lambda seed: rank(by_seed[seed]))
    groups = [list(group) for _, group in groupby(left, lambda seed: by_seed[seed].points)]
    depth = {seed: number for number, group in enumerate(groups) for seed in group}
    moved = []
    for group in groups:
        pool = {*moved, *group}

        def floaters(mates, pool=pool):
            return [seed for seed in mates if seed in pool and mates[seed] not in pool]

        def cost(mates, group=group, floaters=floaters):
            found = floaters(mates)
            return (
                len(found),
                sorted((by_seed[seed].points for seed in found), reverse=True),
                max((depth[mates[seed]] for seed in found), default=0),
                sum(by_seed[seed].floated(DOWN, 1) for seed in found if seed in group),
            )

        moved = set(floaters(mates))
        every = list(every_pairing(left, times))
        ours = [choice for choice in every if set(floaters(choice)) == moved]
        assert min(map(cost, ours)) == min(map(cost, every))
        left = [seed for seed in left if seed in moved or seed not in pool]
        mates = {seed: mates[seed] for seed in left}
        yield len(moved)


@pytest.mark.parametrize("teams", range(2, 257))
def test_the_upper_half_meets_the_lower_first(teams):
    half = teams // 2
    expected = [(seed, seed + half) for seed in range(1, half + 1)]
    if teams % 2:
        expected.append((teams, NOBODY))

    assert pair(players(range(1, teams + 1), [], RULES)) == expected


def test_winners_meet_winners():
    first = [(1, 5), (2, 6), (3, 7), (4, 8)]
    second = [(1, 3), (2, 4), (5, 7), (6, 8)]
    third = [(1, 2), (3, 5), (4, 6), (7, 8)]
    results = []
    for expected in first, second, third:
        assert pair(players(range(1, 9), results, RULES)) == expected
        results.append([Result(a, b, 1, 0, a) for a, b in expected])


def test_those_who_drew_meet_each_other():
    draws = [Result(a, a + 4, 1, 1, NOBODY) for a in (1, 2)]
    wins = [Result(3, 7, 0, 1, 7), Result(4, 8, 1, 0, 4)]

    pairs = pair(players(range(1, 9), [draws + wins], RULES))

    assert pairs == [(4, 7), (1, 6), (2, 5), (3, 8)]


@pytest.mark.parametrize(
    ("met", "expected"),
    [
        ([], [(1, 4), (2, 5), (3, 6)]),
        ([(1, 4)], [(1, 5), (2, 4), (3, 6)]),
        ([(2, 5)], [(1, 4), (2, 6), (3, 5)]),
        ([(1, 4), (2, 4)], [(1, 5), (2, 6), (3, 4)]),
        ([(3, 6)], [(1, 4), (2, 6), (3, 5)]),
        ([(3, 6), (3, 5)], [(1, 5), (2, 6), (3, 4)]),
        # Nobody of the lower half is left to the first: an exchange.
        ([(1, 4), (1, 5), (1, 6)], [(1, 3), (2, 4), (5, 6)]),
        ([(1, 4), (1, 5), (1, 6), (1, 3)], [(1, 2), (3, 4), (5, 6)]),
        ([(3, 4), (3, 5), (3, 6)], [(1, 4), (2, 3), (5, 6)]),
    ],
)
def test_those_who_have_met_are_transposed_or_exchanged(met, expected):
    assert pair(field(dict.fromkeys(range(1, 7), 0), met=met)) == expected


def test_an_exchange_takes_the_last_of_the_upper_half():
    met = set(combinations(range(1, 11), 2))
    met -= {(1, 2), (1, 4), (2, 3), (2, 8), (3, 4), (3, 8), (4, 7), (4, 8), (5, 7), (6, 10)}
    met -= {(7, 9), (8, 9)}
    expected = [(1, 4), (2, 3), (5, 7), (6, 10), (8, 9)]

    assert pair(field(dict.fromkeys(range(1, 11), 0), met=sorted(met))) == expected


def test_the_first_transposition_without_rematches_is_taken():
    random = Random(4)
    transposed = 0
    for _ in range(400):
        half = random.randint(1, 5)
        upper, lower = range(1, half + 1), range(half + 1, 2 * half + 1)
        met = {(a, b) for a in upper for b in lower if random.random() < 0.5}
        wanted = next(
            (
                pairs
                for order in permutations(lower)
                if not met & set(pairs := list(zip(upper, order, strict=True)))
            ),
            None,
        )
        if wanted:
            assert pair(field(dict.fromkeys([*upper, *lower], 0), met=met)) == wanted
            transposed += wanted[0] != (1, half + 1)
    assert transposed > 50


def test_a_group_is_split_for_the_sake_of_those_below():
    points = {1: 2, 2: 2, 3: 0, 4: 0}

    assert pair(field(points)) == [(1, 2), (3, 4)]
    assert pair(field(points, met=[(3, 4)])) == [(1, 3), (2, 4)]


def test_boards_are_in_order_of_points():
    points = {1: 0, 2: 2, 3: 4, 4: 4, 5: 4, 6: 2, 7: 0, 8: 0}

    assert pair(field(points)) == [(3, 4), (5, 2), (6, 1), (7, 8)]


def test_nobody_and_one_alone():
    assert pair([]) == []
    assert pair(field({7: 0})) == [(7, NOBODY)]


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ({}, [(1, 2), (3, 4), (5, 6)]),
        ({"down": [3]}, [(1, 3), (2, 4), (5, 6)]),
        ({"down": [2, 3]}, [(2, 3), (1, 4), (5, 6)]),
        ({"down": [1, 2, 3]}, [(1, 2), (3, 4), (5, 6)]),
        ({"down_before": [3]}, [(1, 3), (2, 4), (5, 6)]),
        ({"down_before": [2, 3]}, [(2, 3), (1, 4), (5, 6)]),
        ({"down": [2], "down_before": [3]}, [(2, 3), (1, 4), (5, 6)]),
        # The round before counts more than the one before it.
        ({"down": [1, 2], "down_before": [3]}, [(1, 2), (3, 4), (5, 6)]),
        ({"down": [3], "down_before": [1, 2]}, [(1, 3), (2, 4), (5, 6)]),
        # To have floated the other way does not matter.
        ({"up": [3], "up_before": [3]}, [(1, 2), (3, 4), (5, 6)]),
        ({"down": [4], "down_before": [4]}, [(1, 2), (3, 4), (5, 6)]),
        ({"up": [4]}, [(1, 2), (3, 5), (4, 6)]),
        ({"up": [4, 5]}, [(1, 2), (3, 6), (4, 5)]),
        ({"up": [4, 5, 6]}, [(1, 2), (3, 4), (5, 6)]),
        ({"up_before": [4]}, [(1, 2), (3, 5), (4, 6)]),
        ({"up": [5], "up_before": [4]}, [(1, 2), (3, 6), (4, 5)]),
        ({"up": [5, 6], "up_before": [4]}, [(1, 2), (3, 4), (5, 6)]),
        ({"up": [4], "up_before": [5, 6]}, [(1, 2), (3, 5), (4, 6)]),
        # Whom the others cannot meet floats all the same.
        ({"down": [3], "met": [(1, 3), (2, 3)]}, [(1, 2), (3, 4), (5, 6)]),
        ({"up": [4], "met": [(3, 5), (3, 6)]}, [(1, 2), (3, 4), (5, 6)]),
        # Who came down meets the highest whom they have not met.
        ({"met": [(3, 4)]}, [(1, 2), (3, 5), (4, 6)]),
        # They would leave two of the others without an opponent.
        ({"met": [(5, 6)]}, [(1, 2), (3, 5), (4, 6)]),
        ({"met": [(5, 6), (4, 6)]}, [(1, 2), (3, 6), (4, 5)]),
    ],
)
def test_who_floats(history, expected):
    assert pair(field({1: 2, 2: 2, 3: 2, 4: 0, 5: 0, 6: 0}, **history)) == expected


def test_who_can_be_paired_in_the_nearest_group_floats():
    points = {1: 4, 2: 4, 3: 4, 4: 2, 5: 0, 6: 0}

    assert pair(field(points)) == [(1, 2), (3, 4), (5, 6)]
    assert pair(field(points, met=[(3, 4)])) == [(1, 3), (2, 4), (5, 6)]
    assert pair(field(points, met=[(3, 4)], down=[2])) == [(2, 3), (1, 4), (5, 6)]
    assert pair(field(points, met=[(3, 4)], down=[1, 2])) == [(1, 3), (2, 4), (5, 6)]
    assert pair(field(points, met=[(3, 4), (2, 4)])) == [(2, 3), (1, 4), (5, 6)]
    # Nobody can: then it is the lowest again, who meets somebody further down.
    assert pair(field(points, met=[(3, 4), (2, 4), (1, 4)])) == [(1, 2), (3, 5), (4, 6)]


def test_fewer_float_even_if_that_takes_the_highest():
    points = {1: 2, 2: 2, 3: 2, 4: 0, 5: 0, 6: 0}

    assert pair(field(points, met=[(1, 2), (1, 3)])) == [(2, 3), (1, 4), (5, 6)]


@pytest.mark.parametrize(
    ("moved", "met", "expected"),
    [
        # With 1 in the group, 2 and two more would float.
        ([], "12 15 16 25 28 56 58 68 78", [(2, 4), (3, 5), (1, 8), (6, 7)]),
        # So they would with 2 in it. 1 could float as well, and is the higher.
        ([], "13 15 16 23 25 34 37 45 46 48 68", [(1, 4), (3, 5), (2, 6), (7, 8)]),
        # To keep 1, who has come down, three others would float.
        ([1], "12 13 15 23 25 26 27 36 38 57 67", [(1, 6), (2, 4), (3, 5), (7, 8)]),
    ],
)
def test_one_floats_where_to_keep_the_highest_would_make_it_three(moved, met, expected):
    points = dict.fromkeys(range(1, 6), 2) | dict.fromkeys(range(6, 9), 0)
    points |= dict.fromkeys(moved, 4)
    entrants = field(points, met=[(int(a), int(b)) for a, b in met.split()])

    assert pair(entrants) == expected
    assert list(assert_best_floats(entrants, expected))[-2:] == [1, 0]


def test_one_who_floats_again_is_spared_the_place_of_one_who_floated_up():
    points = {1: 4, 2: 2, 3: 2, 4: 0}

    assert pair(field(points)) == [(1, 2), (3, 4)]
    assert pair(field(points, up=[2])) == [(1, 3), (2, 4)]
    assert pair(field(points, up_before=[2])) == [(1, 3), (2, 4)]
    assert pair(field(points, up=[2], down=[2])) == [(1, 2), (3, 4)]
    assert pair(field(points, up=[2], down_before=[2])) == [(1, 3), (2, 4)]
    assert pair(field(points, up_before=[2], down_before=[2])) == [(1, 2), (3, 4)]


def test_those_with_more_points_are_kept_first():
    # 1 has come down; the group cannot keep everybody.
    points = {1: 4, 2: 2, 3: 2, 4: 0}

    assert pair(field(points, met=[(2, 3)])) == [(1, 2), (3, 4)]
    assert pair(field(points, met=[(1, 2)])) == [(1, 3), (2, 4)]
    assert pair(field(points, met=[(1, 2), (1, 3)])) == [(1, 4), (2, 3)]


def test_no_choice_of_who_floats_is_better():
    random = Random(8)
    floats = Counter()
    for _ in range(60):
        teams = random.randint(4, 8)
        for entrants, pairs in tournament(random, teams, random.randint(2, teams - 1)):
            if any(
                b in player.opponents for player in entrants for a, b in pairs if a == player.seed
            ):
                break
            floats.update(assert_best_floats(entrants, pairs))
    assert min(floats[0], floats[1], floats[2]) > 20


def test_the_bye_goes_to_the_lowest_without_one():
    points = {1: 2, 2: 2, 3: 0, 4: 0, 5: 0}

    assert pair(field(points))[-1] == (5, NOBODY)
    assert pair(field(points, byes=[5]))[-1] == (4, NOBODY)
    assert pair(field(points, byes=[5, 3, 4]))[-1] == (2, NOBODY)
    assert pair(field(points, byes=[1, 2, 3, 4, 5]))[-1] == (5, NOBODY)


def test_the_bye_goes_up_to_save_a_rematch():
    points = {1: 4, 2: 2, 3: 0}

    assert pair(field(points, met=[(1, 2)])) == [(1, 3), (2, NOBODY)]
    assert pair(field(points, met=[(1, 2), (1, 3)])) == [(2, 3), (1, NOBODY)]


def test_a_second_bye_is_worse_than_a_rematch():
    points = {1: 4, 2: 2, 3: 0}

    assert pair(field(points, met=[(1, 2)], byes=[2])) == [(2, 3), (1, NOBODY)]
    assert pair(field(points, met=[(1, 2)], byes=[1, 2])) == [(1, 2), (3, NOBODY)]


def test_the_lowest_has_the_bye_if_a_rematch_cannot_be_saved():
    points = {1: 0, 2: 0, 3: 0, 4: 0, 5: 0}
    everybody = [(1, 2), (1, 3), (2, 3), (4, 5), (1, 4), (2, 4), (3, 4), (1, 5), (2, 5), (3, 5)]

    assert pair(field(points, met=everybody, byes=[5]))[-1] == (4, NOBODY)


def test_two_teams_meet_every_round():
    results = [[Result(1, 2, 1, 0, 1)]] * 3

    assert pair(players([1, 2], results, RULES)) == [(1, 2)]


def test_four_teams_meet_in_turns():
    rounds = []
    for _, pairs in tournament(Random(2), 4, 12):
        rounds.append(frozenset(pairs))
    met = [frozenset(frozenset(both) for both in pairs) for pairs in rounds]

    assert len(set(met[:3])) == 3
    assert met[3:] == met[:-3]


def test_the_oldest_series_is_played_again():
    # Two threes, each of whom have met all of the other three: one pair has to meet again.
    met = [(1, 6), (2, 5), (3, 4), (1, 5), (2, 4), (3, 6), (1, 4), (2, 6), (3, 5)]
    points = dict.fromkeys(range(1, 7), 0)

    assert pair(field(points, met=met)) == [(1, 6), (2, 3), (4, 5)]
    assert pair(field(points, met=met[::-1])) == [(1, 4), (2, 3), (5, 6)]
    # Of several as old, the one with the most even points.
    assert pair(field({**points, 1: 4, 2: 2, 5: 2}, met=met)) == [(1, 3), (2, 5), (4, 6)]


def test_who_has_met_least_often_meets_again():
    points = dict.fromkeys(range(1, 5), 0)
    once = [(1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)]

    assert pair(field(points, met=[*once, (1, 2)])) == [(1, 3), (2, 4)]
    assert pair(field(points, met=[(1, 2), (3, 4), *once, (1, 3)])) == [(1, 4), (2, 3)]


@pytest.mark.parametrize("teams", range(2, 257))
def test_rounds_of_any_size_are_fair(teams):
    random = Random(teams)
    rounds = number_of_rounds(teams) if teams <= 32 else 2 + (teams <= 64)
    for entrants, pairs in tournament(random, teams, rounds):
        assert_fair(entrants, pairs)


@pytest.mark.parametrize("teams", range(2, 10))
def test_a_tournament_without_end_is_fair(teams):
    """Far beyond the round in which all have met, by trying everything."""
    random = Random(teams)
    for _ in range(12 - teams):
        for entrants, pairs in tournament(random, teams, 2 * teams + 3):
            assert_fair(entrants, pairs, least=lambda *field: meetings(*field)[0])
            times, levels = times_met(entrants), max(times_met(entrants).values())
            again = Counter(times[a, b] for a, b in pairs if b)
            ours = (again.total() - again[0], *(again[level] for level in range(levels, 0, -1)))
            bye = next((a for a, b in pairs if b == NOBODY), NOBODY)
            assert ours == meetings(entrants, bye)


@pytest.mark.parametrize("teams", [10, 11, 12, 13, 16, 19, 24, 31])
def test_a_tournament_until_all_have_met_is_fair(teams):
    for entrants, pairs in tournament(Random(teams), teams, teams + 1):
        assert_fair(entrants, pairs)


@pytest.mark.parametrize("teams", range(3, 16))
def test_a_tournament_that_teams_leave_is_fair(teams):
    random = Random(teams)
    for _ in range(3):
        for entrants, pairs in tournament(random, teams, teams, leaving=0.4):
            assert_fair(entrants, pairs)


@pytest.mark.parametrize("teams", [2, 3, 7, 12, 21])
def test_the_order_of_the_players_does_not_matter(teams):
    random = Random(teams)
    for entrants, pairs in tournament(random, teams, teams + 1):
        random.shuffle(entrants)

        assert pair(entrants) == pairs


def test_256_teams_are_paired_at_once():
    spent = 0.0
    for entrants, _ in tournament(Random(256), 256, 9):
        start = process_time()
        pair(entrants)
        spent += process_time() - start
    # A fifth of it does on a machine that has nothing else to do.
    assert spent < 9 * 0.1


def test_players_are_what_they_have_done():
    rules = Rules(Kind.SWISS, points_win=3, points_draw=1, points_loss=0)
    first = [
        Result(1, 3, 2, 0, 1),
        Result(2, 4, 1, 1, NOBODY),
        Result(5, NOBODY, 0, 0, 5, Outcome.BYE),
    ]
    second = [
        Result(1, 5, 0, 1, 5, Outcome.WALKOVER),
        Result(2, 3, 0, 0, NOBODY, Outcome.DOUBLE_FORFEIT),
        Result(4, NOBODY, 0, 0, 4, Outcome.BYE),
    ]

    assert players([1, 2, 3, 4, 5], [first, second], rules) == [
        Player(1, 3, (3, 5), 0, (NONE, NONE)),
        Player(2, 1, (4, 3), 0, (NONE, DOWN)),
        Player(3, 0, (1, 2), 0, (NONE, UP)),
        Player(4, 4, (2,), 1, (NONE, DOWN)),
        Player(5, 6, (1,), 1, (DOWN, NONE)),
    ]


def test_a_loss_can_be_worth_a_point():
    rules = Rules(Kind.SWISS, points_win=3, points_draw=2, points_loss=1)
    results = [Result(1, 2, 0, 1, 2), Result(3, 4, 0, 0, NOBODY, Outcome.DOUBLE_FORFEIT)]

    assert [player.points for player in players([1, 2, 3, 4], [results], rules)] == [1, 3, 1, 1]


def test_who_has_left_still_counts_as_met():
    first = [Result(1, 3, 1, 0, 1), Result(2, 4, 1, 0, 2)]
    second = [Result(1, 2, 1, 0, 1), Result(3, 4, 1, 0, 3)]
    third = [Result(1, 4, 1, 0, 1), Result(2, 3, 1, 0, 2)]

    left = players([1, 3, 4], [first, second, third], RULES)

    assert left == [
        Player(1, 6, (3, 2, 4), 0, (NONE, NONE, DOWN)),
        Player(3, 2, (1, 4, 2), 0, (NONE, NONE, NONE)),
        Player(4, 0, (2, 3, 1), 0, (NONE, NONE, UP)),
    ]
    assert pair(left) == [(1, 3), (4, NOBODY)]


def test_who_was_not_there_has_no_float():
    results = [[Result(1, 2, 1, 0, 1)], [Result(1, 3, 1, 0, 1)]]

    assert players([2, 3, 4], results, RULES) == [
        Player(2, 0, (1,), 0, (NONE, NONE)),
        Player(3, 0, (1,), 0, (NONE, UP)),
        Player(4, 0, (), 0, (NONE, NONE)),
    ]


def test_no_round_yet():
    assert players([1, 2], [], RULES) == [Player(1), Player(2)]


@pytest.mark.parametrize(
    ("teams", "expected"),
    [(2, 1), (3, 2), (4, 2), (5, 3), (8, 3), (9, 4), (16, 4), (17, 5), (255, 8), (256, 8), (1, 1)],
)
def test_as_many_rounds_as_make_one_winner(teams, expected):
    assert number_of_rounds(teams) == expected
