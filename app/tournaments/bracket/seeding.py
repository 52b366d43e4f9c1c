"""Who stands where at the start: the lines of a bracket, groups, and the playoff that follows."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from app.tournaments.bracket.structure import ImpossibleBracket, Place


def standard_order(size: int) -> list[int]:
    """The seeds in the order of the bracket's lines, a power of two; neighbours meet in round 1.

    Seeds 1 and 2 can meet in the final alone, 1 to 4 not before the semi-finals, and so on.
    """
    order = [1]
    while len(order) < size:
        order = [seed for top in order for seed in (top, 2 * len(order) + 1 - top)]
    return order


def snake(teams: int, groups: int) -> list[list[int]]:
    """The seeds of each group, dealt to and fro: 1 to A, 2 to B, 3 to C, 4 to C, 5 to B and so on.

    Raises ImpossibleBracket unless every group gets at least two.
    """
    if groups < 1 or teams < 2 * groups:
        raise ImpossibleBracket(f"{groups} groups need {2 * groups} teams or more, not {teams}.")
    dealt: list[list[int]] = [[] for _ in range(groups)]
    for seed in range(1, teams + 1):
        dealt[_dealt_to(seed, groups) - 1].append(seed)
    return dealt


def _dealt_to(seed: int, groups: int) -> int:
    row, place = divmod(seed - 1, groups)
    return groups - place if row % 2 else place + 1


def shuffled(ids: Iterable[int], number: int) -> list[int]:
    """The ids in a random order, which anybody can repeat from the number for ever.

    They are sorted by the SHA-256 of "number:id" in decimal ASCII digits, equal ones by id.
    """
    return sorted(ids, key=lambda each: (sha256(f"{number}:{each}".encode()).digest(), each))


def by_rating(ratings: Mapping[int, float | None]) -> list[int]:
    """The ids by their ratings, the highest first and those without one last; equal ones by id."""
    return sorted(ratings, key=lambda each: (ratings[each] is None, -(ratings[each] or 0), each))


def progression(groups: int, qualifiers: int) -> list[Place]:
    """The playoff's seeds from 1: the winners of all groups, then all who came second, and so on.

    The winners stand in the order of their groups. The order of the others keeps the teams of a
    group apart: of every part of the bracket (half, quarter, and so on down to a series of round 1)
    each group has as many seats as any other, or one more or less. So in no part can there be fewer
    pairs from the same group, and two who qualify of each group can meet in the final alone.

    That is always possible: any two groups can be made even in all parts at once, by sharing out
    what they have together, and no part becomes less even by it than it was.
    """
    seeds = range(1, groups * qualifiers + 1)
    # Dealt like this, four groups or eight cross as they often do: A1 meets B2, and B1 meets A2.
    group_of = {seed: _dealt_to(seed, groups) for seed in seeds}
    lines = standard_order(1 << (len(seeds) - 1).bit_length())
    width = len(lines) // 2
    while width > 1:
        for start in range(0, len(lines), width):
            part = [seed for seed in lines[start : start + width] if seed in group_of]
            while uneven := _uneven([group_of[seed] for seed in part], groups):
                _share(uneven, group_of, lines)
        width //= 2
    return [Place(group, (seed - 1) // groups + 1) for seed, group in group_of.items()]


def _uneven(members: Sequence[int], groups: int) -> tuple[int, int] | None:
    """The groups with the most members and the fewest, if they differ by more than one."""
    counts = [0] * groups
    for group in members:
        counts[group - 1] += 1
    most, fewest = max(counts), min(counts)
    if most - fewest < 2:
        return None
    return counts.index(most) + 1, counts.index(fewest) + 1


def _share(pair: tuple[int, int], group_of: dict[int, int], lines: Sequence[int]) -> None:
    """Share the seats of two groups out again, so that they are even in all parts of the bracket.

    Of two seats of the same rank each group gets one, and so it does of two that are neighbours in
    the bracket: every part consists of such neighbours and at most one seat more. Who goes from a
    seat to the other of its rank, from there to its neighbour, and so on, comes back to where he
    began after an even number of seats, which the groups get by turns. The first of them keeps its
    group, and with it the winners of both keep theirs.
    """
    seats = [seed for seed, group in group_of.items() if group in pair]
    rank_mate = dict(zip(seats[::2], seats[1::2], strict=True))
    rank_mate |= {mate: seed for seed, mate in rank_mate.items()}
    neighbour = _neighbours({at: seed for at, seed in enumerate(lines) if seed in rank_mate})
    shared: set[int] = set()
    for first in seats:
        groups = group_of[first], group_of[rank_mate[first]]
        seed = first
        while seed not in shared:
            mate = rank_mate[seed]
            group_of[seed], group_of[mate] = groups
            shared |= {seed, mate}
            seed = neighbour[mate]


def _neighbours(alone: dict[int, int]) -> dict[int, int]:
    """Pair an even number of seats, given by their lines: in every part all but at most one."""
    neighbour: dict[int, int] = {}
    while alone:
        above: dict[int, int] = {}
        for line, seed in alone.items():
            if other := above.pop(line // 2, None):
                neighbour[seed], neighbour[other] = other, seed
            else:
                above[line // 2] = seed
        alone = above
    return neighbour
