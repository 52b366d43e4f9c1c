from functools import cache
from random import Random

import pytest

from app.tournaments.bracket.matching import ALONE, Matching, bitmask, bits

TRIANGLE = [(0, 1), (1, 2), (0, 2)]
PRIME = 2**61 - 1


def graph(vertices, edges):
    neighbours = [0] * vertices
    for v, w in edges:
        neighbours[v] |= 1 << w
        neighbours[w] |= 1 << v
    return neighbours


def random_graph(random, vertices, density):
    pairs = [(v, w) for w in range(vertices) for v in range(w)]
    return graph(vertices, [pair for pair in pairs if random.random() < density])


def graphs(most, count):
    """Graphs of every density; sparse ones have the blossoms."""
    random = Random(most)
    for _ in range(count):
        vertices = random.randint(1, most)
        yield random, random_graph(random, vertices, random.choice((1.5 / vertices, 0.1, 0.3, 0.7)))


def most_pairs(neighbours):
    """By trying everything: exponential."""

    @cache
    def among(vertices):
        if not vertices:
            return 0
        v = vertices.bit_length() - 1
        rest = vertices ^ 1 << v
        return max(among(rest), *(1 + among(rest ^ 1 << w) for w in bits(rest & neighbours[v])), 0)

    return among((1 << len(neighbours)) - 1)


def tutte_rank(neighbours, random):
    """The rank of the Tutte matrix at random values is twice the number of pairs (Lovász 1979)."""
    size = len(neighbours)
    rows = [[0] * size for _ in range(size)]
    for v in range(size):
        for w in bits(neighbours[v] >> v << v):
            rows[v][w] = random.randrange(1, PRIME)
            rows[w][v] = -rows[v][w]
    rank = 0
    for column in range(size):
        pivot = next((row for row in range(rank, size) if rows[row][column] % PRIME), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        inverse = pow(rows[rank][column], -1, PRIME)
        for row in range(rank + 1, size):
            if factor := rows[row][column] * inverse % PRIME:
                rows[row] = [
                    (a - factor * b) % PRIME for a, b in zip(rows[row], rows[rank], strict=True)
                ]
        rank += 1
    return rank


def pairs(matching):
    """How many pairs there are, each of them checked."""
    for v, mate in enumerate(matching.mates):
        assert (mate == ALONE) == bool(matching.alone >> v & 1) or not matching.left >> v & 1
        if mate != ALONE:
            assert matching.mates[mate] == v
            assert matching.neighbours[v] >> mate & 1
            assert matching.neighbours[mate] >> v & 1
    return sum(mate != ALONE for mate in matching.mates) // 2


def left(matching, *gone):
    """The graph without the vertices that were taken out, and without these."""
    there = matching.left & ~bitmask(gone)
    return [others & there if there >> v & 1 else 0 for v, others in enumerate(matching.neighbours)]


@pytest.mark.parametrize(
    ("vertices", "edges", "expected"),
    [
        (0, [], 0),
        (1, [], 0),
        (2, [(0, 1)], 1),
        (3, TRIANGLE, 1),
        # A path whose middle pair has to be given up.
        (4, [(1, 2), (0, 1), (2, 3)], 2),
        # Triangles at both ends of an edge: the one way through leads round both blossoms.
        (6, [(0, 1), (0, 2), (1, 2), (2, 3), (3, 4), (3, 5), (4, 5)], 3),
        # A flower: its stem ends at 1, and 5 is reached only the long way round.
        (6, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 1), (2, 4), (3, 5)], 3),
        # A triangle within a pentagon within a stem.
        (8, [(0, 1), (1, 2), (2, 3), (3, 1), (3, 4), (4, 5), (5, 6), (6, 2), (5, 7)], 4),
        # An edge between two blossoms, both ends of which were odd before.
        (
            14,
            [
                (0, 1),
                (0, 3),
                (0, 7),
                (0, 13),
                (1, 4),
                (1, 7),
                (1, 8),
                (1, 10),
                (1, 12),
                (3, 4),
                (3, 8),
                (4, 8),
                (5, 6),
                (6, 10),
                (6, 11),
                (7, 12),
                (7, 13),
                (10, 12),
                (11, 12),
            ],
            6,
        ),
        # Three leaves at one vertex: only one of them finds a partner.
        (4, [(0, 1), (0, 2), (0, 3)], 1),
    ],
)
def test_the_most_pairs_are_found(vertices, edges, expected):
    for turn in range(vertices or 1):
        turned = [((v + turn) % vertices, (w + turn) % vertices) for v, w in edges]

        assert pairs(Matching(graph(vertices, turned))) == expected


def test_no_graph_has_more_pairs():
    for _, neighbours in graphs(13, 600):
        assert pairs(Matching(neighbours)) == most_pairs(neighbours)


def test_no_large_graph_has_more_pairs():
    for random, neighbours in graphs(48, 40):
        assert 2 * pairs(Matching(neighbours)) == tutte_rank(neighbours, random)


def test_a_vertex_is_limited_where_no_pair_is_lost():
    done = refused = 0
    for random, neighbours in graphs(12, 900):
        matching = Matching(neighbours)
        if matching.alone:
            continue
        for _ in range(5):
            v = random.randrange(len(neighbours))
            allowed = random.getrandbits(len(neighbours))
            before = matching.neighbours.copy()
            limited = before.copy()
            limited[v] &= allowed
            for w in bits(before[v] & ~allowed):
                limited[w] ^= 1 << v

            possible = matching.limit(v, allowed)

            assert possible == (2 * most_pairs(limited) == len(neighbours))
            assert matching.neighbours == (limited if possible else before)
            assert not matching.alone
            assert 2 * pairs(matching) == len(neighbours)
            done += possible
            refused += not possible
    assert min(done, refused) > 200


def test_two_are_fixed_where_no_pair_is_lost():
    done = refused = 0
    for random, neighbours in graphs(12, 900):
        matching = Matching(neighbours)
        if matching.alone:
            continue
        while matching.left:
            v = random.choice(list(bits(matching.left)))
            w = random.choice(list(bits(left(matching)[v])))
            rest = left(matching, v, w)
            others = matching.left & ~bitmask([v, w])

            possible = matching.fix(v, w)

            assert possible == (2 * most_pairs(rest) == others.bit_count())
            assert 2 * pairs(matching) == len(neighbours)
            assert (matching.mates[v] == w) or not possible
            assert bool(matching.left == others) == possible
            done += possible
            refused += not possible
    assert min(done, refused) > 100


def test_one_is_spared_where_no_pair_is_lost():
    done = refused = 0
    for random, neighbours in graphs(11, 300):
        matching = Matching(neighbours)
        for v in random.sample(range(len(neighbours)), len(neighbours)):
            before = matching.copy()
            expected = most_pairs(left(matching, v)) == pairs(matching)

            assert matching.spare(v) == expected

            if expected:
                assert matching.left == before.left ^ 1 << v
                assert matching.mates[v] == ALONE
            else:
                assert (matching.left, matching.alone) == (before.left, before.alone)
            assert pairs(matching) == pairs(before) == most_pairs(left(matching))
            done += expected
            refused += not expected
    assert min(done, refused) > 300


def test_one_who_is_dropped_costs_a_pair_at_most():
    for random, neighbours in graphs(12, 300):
        matching = Matching(neighbours)
        for v in random.sample(range(len(neighbours)), len(neighbours)):
            matching.drop(v)

            assert not matching.left >> v & 1
            assert not matching.alone >> v & 1
            assert pairs(matching) == most_pairs(left(matching))


def test_a_copy_goes_its_own_way():
    matching = Matching(graph(4, [(0, 1), (1, 2), (2, 3), (3, 0)]))
    twin = matching.copy()

    assert twin.limit(0, bitmask([3]))
    assert twin.fix(0, 3)

    assert matching.neighbours[0] == bitmask([1, 3])
    assert matching.left == bitmask(range(4))
    assert matching.mates == [1, 0, 3, 2]
    assert twin.mates == [3, 2, 1, 0]


def test_a_set_is_an_int_with_its_bits():
    assert bitmask([0, 3, 200]) == 1 | 8 | 1 << 200
    assert list(bits(1 | 8 | 1 << 200)) == [0, 3, 200]
    assert bitmask([]) == 0
    assert list(bits(0)) == []
