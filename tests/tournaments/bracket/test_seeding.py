from collections import Counter
from functools import cache
from itertools import chain, combinations, permutations, product
from math import ceil
from random import Random

import pytest

from app.tournaments.bracket.seeding import by_rating, progression, shuffled, snake, standard_order
from app.tournaments.bracket.structure import Place

MOST = 256
EVERY_PLAYOFF = [
    (groups, qualifiers)
    for groups in range(1, MOST + 1)
    for qualifiers in range(1, MOST // groups + 1)
]


def bracket_size(teams):
    return 1 << (teams - 1).bit_length()


def survivor(seed, size, left):
    """Who stands for this seed when `left` are left and the stronger one has won every time."""
    while size > left:
        seed = min(seed, size + 1 - seed)
        size //= 2
    return seed


@cache
def parts(teams):
    """The seeds of every half, quarter and so on: a list of parts for each level, halves first."""
    size = bracket_size(teams)
    levels = []
    left = 2
    while left <= size:
        level = {seed: [] for seed in range(1, left + 1)}
        for seed in range(1, teams + 1):
            level[survivor(seed, size, left)].append(seed)
        levels.append(list(level.values()))
        left *= 2
    return levels


def mates(groups, levels):
    """How many pairs of the same group are in the same part at each level, the smallest first."""
    return [
        sum(groups[a - 1] == groups[b - 1] for part in level for a, b in combinations(part, 2))
        for level in reversed(levels)
    ]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (1, [1]),
        (2, [1, 2]),
        (4, [1, 4, 2, 3]),
        (8, [1, 8, 4, 5, 2, 7, 3, 6]),
        (16, [1, 16, 8, 9, 4, 13, 5, 12, 2, 15, 7, 10, 3, 14, 6, 11]),
    ],
)
def test_standard_order(size, expected):
    assert standard_order(size) == expected


@pytest.mark.parametrize("size", [2**power for power in range(9)])
def test_if_the_stronger_always_wins_the_strongest_and_the_weakest_left_meet_in_each_round(size):
    left = standard_order(size)
    assert sorted(left) == list(range(1, size + 1))
    while len(left) > 1:
        pairs = list(zip(left[::2], left[1::2], strict=True))
        assert {sum(pair) for pair in pairs} == {len(left) + 1}
        left = [min(pair) for pair in pairs]


def test_snake():
    assert snake(9, 3) == [[1, 6, 7], [2, 5, 8], [3, 4, 9]]
    assert snake(10, 4) == [[1, 8, 9], [2, 7, 10], [3, 6], [4, 5]]
    assert snake(2, 1) == [[1, 2]]


def test_snake_deals_every_seed_once_and_evenly():
    for teams in range(2, MOST + 1):
        for groups in range(1, teams // 2 + 1):
            dealt = snake(teams, groups)
            assert sorted(chain(*dealt)) == list(range(1, teams + 1))
            sizes = {len(seeds) for seeds in dealt}
            assert max(sizes) - min(sizes) <= 1
            assert all(seeds == sorted(seeds) for seeds in dealt)


@pytest.mark.parametrize(("teams", "groups"), [(3, 2), (0, 1), (1, 1), (5, 0), (5, -1), (7, 4)])
def test_snake_needs_two_teams_a_group(teams, groups):
    with pytest.raises(ValueError, match="teams or more"):
        snake(teams, groups)


def test_a_shuffle_can_be_repeated_in_any_language():
    # for id in 1 2 3 4 5 6; do printf 42:$id | sha256sum | sed s/-/$id/; done | sort
    assert shuffled([1, 2, 3, 4, 5, 6], 42) == [1, 6, 4, 5, 3, 2]
    assert shuffled([6, 1, 5, 2, 4, 3], 42) == [1, 6, 4, 5, 3, 2]


def test_shuffles_are_fair():
    orders = Counter(tuple(shuffled([1, 2, 3], number)) for number in range(6000))
    assert len(orders) == 6
    assert all(900 < times < 1100 for times in orders.values())


def test_a_shuffle_without_some_keeps_the_order_of_the_others():
    whole = shuffled(range(1, 100), 7)
    assert shuffled(range(1, 50), 7) == [each for each in whole if each < 50]
    assert shuffled([], 7) == []


def test_by_rating():
    assert by_rating({3: 1500, 1: None, 4: 1800.5, 2: 1500, 7: 0, 6: None, 5: -10}) == [
        4, 2, 3, 7, 5, 1, 6,
    ]  # fmt: skip
    assert by_rating({}) == []


def test_by_rating_knows_no_order_of_entry():
    random = Random(1)
    ratings = [(each, random.choice([None, 0, 0.5, 2, 2.0])) for each in range(40)]
    expected = by_rating(dict(ratings))
    for _ in range(50):
        random.shuffle(ratings)
        assert by_rating(dict(ratings)) == expected


@pytest.mark.parametrize(
    ("groups", "qualifiers", "expected"),
    [
        (1, 1, "A1"),
        (1, 5, "A1 A2 A3 A4 A5"),
        (5, 1, "A1 B1 C1 D1 E1"),
        (2, 2, "A1 B1 A2 B2"),
        # The first round: A1 B2, D1 C2, B1 A2, C1 D2.
        (4, 2, "A1 B1 C1 D1 C2 D2 A2 B2"),
        (8, 2, "A1 B1 C1 D1 E1 F1 G1 H1 G2 H2 E2 F2 C2 D2 A2 B2"),
    ],
)
def test_progression(groups, qualifiers, expected):
    places = progression(groups, qualifiers)
    assert " ".join(f"{chr(64 + place.group)}{place.rank}" for place in places) == expected


def test_winners_go_first_in_the_order_of_their_groups_and_then_the_second_placed():
    for groups, qualifiers in EVERY_PLAYOFF:
        places = progression(groups, qualifiers)
        assert places[:groups] == [Place(group, 1) for group in range(1, groups + 1)]
        for rank in range(1, qualifiers + 1):
            assert set(places[(rank - 1) * groups : rank * groups]) == {
                Place(group, rank) for group in range(1, groups + 1)
            }
        assert len(places) == groups * qualifiers


def test_every_part_of_a_bracket_has_as_many_of_each_group_give_or_take_one():
    for groups, qualifiers in EVERY_PLAYOFF:
        group_of = [place.group for place in progression(groups, qualifiers)]
        for level in parts(len(group_of)):
            for part in level:
                counts = Counter(group_of[seed - 1] for seed in part)
                most = max(counts.values(), default=0)
                fewest = min(counts.values()) if len(counts) == groups else 0
                assert most <= fewest + 1
                assert most <= ceil(qualifiers / len(level))


def test_two_of_a_group_can_meet_in_the_final_alone():
    for groups in range(2, MOST // 2 + 1):
        group_of = [place.group for place in progression(groups, 2)]
        for half in parts(2 * groups)[0]:
            assert len({group_of[seed - 1] for seed in half}) == len(half) == groups


@pytest.mark.parametrize(
    ("groups", "qualifiers"),
    [(2, q) for q in range(1, 10)]
    + [(3, 2), (3, 3), (3, 4), (3, 5), (4, 2), (4, 3), (5, 2), (6, 2)],
)
def test_no_other_order_keeps_mates_further_apart(groups, qualifiers):
    """Of all orders there are, none has fewer pairs of mates in the parts of any one level."""
    levels = parts(groups * qualifiers)
    ours = mates([place.group for place in progression(groups, qualifiers)], levels)
    winners = tuple(range(1, groups + 1))
    for others in product(permutations(winners), repeat=qualifiers - 1):
        theirs = mates(sum(others, winners), levels)
        assert all(a <= b for a, b in zip(ours, theirs, strict=True))
