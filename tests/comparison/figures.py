"""What of both must be the same, and what of ours at most as much."""

from typing import NamedTuple

from app.tournaments.bracket.structure import Kind
from tests.comparison.play import Tournament, ours, theirs


class Case(NamedTuple):
    """Tournaments of one kind, decided by one rule."""

    kind: Kind
    reset: bool
    rule: str

    def __str__(self) -> str:
        final = {True: ", with a reset", False: ", one grand final"}[self.reset]
        name = self.kind.replace("_", " ") + (final if self.is_double else "")
        return f"{name}, by {self.rule}"

    @property
    def is_double(self) -> bool:
        return self.kind == Kind.DOUBLE_ELIMINATION

    @property
    def has_same_winners(self) -> bool:
        """Whether the order of drops has no say in who wins."""
        return self.rule == "strength" or not self.is_double


SINGLE, DOUBLE = Kind.SINGLE_ELIMINATION, Kind.DOUBLE_ELIMINATION
CASES = (
    Case(SINGLE, False, "strength"),
    Case(SINGLE, False, "coin"),
    Case(DOUBLE, False, "strength"),
    Case(DOUBLE, True, "strength"),
    Case(DOUBLE, True, "coin"),
    Case(DOUBLE, True, "odds"),
)


class Figures(NamedTuple):
    """Of so many tournaments; of two numbers, the second is brackets-manager's."""

    tournaments: int
    series: tuple[int, int]
    """Of one tournament, without a reset."""
    same_champions: int
    same_finals: int
    rematches: tuple[int, int]
    """In all their lower brackets."""

    def missed(self, case: Case) -> list[str]:
        """Say what is not as it must be."""
        held = {
            "series": self.series[0] == self.series[1],
            "champion": self.same_champions == self.tournaments or not case.has_same_winners,
            "final": self.same_finals == self.tournaments or not case.has_same_winners,
            "rematches": self.rematches[0] <= self.rematches[1],
        }
        return [name for name, holds in held.items() if not holds]


def measure(case: Case, size: int, tournaments: int) -> Figures:
    """Play them in both. Raises ValueError if tournaments of the same size differ in length."""
    numbers = range(1, tournaments + 1)
    played = [Tournament(size, case.kind, case.reset, case.rule, number) for number in numbers]
    pairs = list(zip(map(ours, played), theirs(played), strict=True))
    lengths = {tuple(len(each.meetings) - each.resets for each in pair) for pair in pairs}
    [(length, their_length)] = lengths
    return Figures(
        tournaments,
        (length, their_length),
        sum(our.champion == their.champion for our, their in pairs),
        sum(our.finalists == their.finalists for our, their in pairs),
        (sum(our.rematches for our, _ in pairs), sum(their.rematches for _, their in pairs)),
    )
