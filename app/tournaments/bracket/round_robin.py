"""Round robin: everybody meets everybody, by the Berger tables (FIDE Handbook C.05 Annex 1)."""

from collections.abc import Iterator, Sequence


def rounds(teams: Sequence[int], legs: int = 1) -> list[list[tuple[int, int]]]:
    """The pairs of each round, for teams from the strongest on.

    Every pair meets once a leg, with sides swapped in every other leg. A leg has a round less than
    teams, or as many when their number is odd: then another team rests in each. In a leg a team is
    first of its pair as often as second, or once more or less where it plays an odd number.

    The tables' rounds after the first come in reverse, so that the strongest team meets the others
    from the weakest on, and the two strongest meet in the last round of each leg. For their sake
    the last two rounds of a leg are not exchanged when another follows, as the Annex recommends.
    """
    size = len(teams) + len(teams) % 2
    leg = [
        [(teams[a - 1], teams[b - 1]) for a, b in _berger(size, number) if max(a, b) <= len(teams)]
        for number in (1, *range(size - 1, 1, -1))
    ]
    return [[(b, a) if at % 2 else (a, b) for a, b in pairs] for at in range(legs) for pairs in leg]


def _berger(last: int, number: int) -> Iterator[tuple[int, int]]:
    """A round of the table for the players 1 to `last`, who are even in number.

    In a circle of all but the last, those meet whose sum is the round's number + 1. Who would meet
    himself meets the last.
    """
    for low in range(1, last):
        high = (number - low) % (last - 1) + 1
        if high == low:
            yield (low, last) if low <= last // 2 else (last, low)
        elif low < high:
            yield (low, high) if (low + high) % 2 else (high, low)
