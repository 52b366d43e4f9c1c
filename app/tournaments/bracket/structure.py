"""What a bracket is made of. Teams are their seeds here: 1 is the strongest, and none is left out.

A bracket is the list of its series, each of which says where its two teams come from. What became
of it follows from the results alone (resolution.py), so that a result can be put right at any time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

NOBODY = 0
"""Where a team would stand: there is none, and none will come."""

MAX_TEAMS = 256


class ImpossibleBracket(ValueError):
    """There is no such bracket for so many teams."""


class Kind(StrEnum):
    SINGLE_ELIMINATION = "single_elimination"
    DOUBLE_ELIMINATION = "double_elimination"
    ROUND_ROBIN = "round_robin"
    SWISS = "swiss"


class Section(StrEnum):
    """A part of the bracket, in the order in which they are played and shown."""

    GROUP = "group"
    SWISS = "swiss"
    UPPER = "upper"
    LOWER = "lower"
    THIRD_PLACE = "third_place"
    GRAND_FINAL = "grand_final"


STAGES = frozenset({Section.GROUP, Section.SWISS})
"""Those with standings, where a series can be drawn: whoever loses plays on."""


class Outcome(StrEnum):
    """How a series came to its end."""

    PLAYED = "played"
    WALKOVER = "walkover"
    DOUBLE_FORFEIT = "double_forfeit"
    BYE = "bye"


class TieBreak(StrEnum):
    """What sets teams apart that have the same points."""

    HEAD_TO_HEAD = "head_to_head"
    GAME_DIFFERENCE = "game_difference"
    WINS = "wins"
    BUCHHOLZ = "buchholz"
    SONNEBORN_BERGER = "sonneborn_berger"
    SEED = "seed"


class Key(NamedTuple):
    """Which series of the bracket: all but the group count from 1, which is 0 outside of groups."""

    section: Section
    group: int
    round: int
    position: int

    def __str__(self) -> str:
        return f"{self.section}.{self.group}.{self.round}.{self.position}"

    @classmethod
    def parse(cls, text: str) -> "Key":
        section, group, number, position = text.split(".")
        return cls(Section(section), int(group), int(number), int(position))


# These are no tuples: the winner and the loser of the same series would be equal.


@dataclass(frozen=True, slots=True)
class Seed:
    """The team of this seed, from the start."""

    seed: int

    def __str__(self) -> str:
        return f"seed:{self.seed}"


@dataclass(frozen=True, slots=True)
class WinnerOf:
    key: Key

    def __str__(self) -> str:
        return f"winner:{self.key}"


@dataclass(frozen=True, slots=True)
class LoserOf:
    key: Key

    def __str__(self) -> str:
        return f"loser:{self.key}"


@dataclass(frozen=True, slots=True)
class Place:
    """Whoever ends at this rank of the group; group 0 is the standings of a Swiss tournament."""

    group: int
    rank: int

    def __str__(self) -> str:
        return f"place:{self.group}.{self.rank}"


@dataclass(frozen=True, slots=True)
class Paired:
    """Whoever is paired when the round before is over, in a Swiss tournament."""

    def __str__(self) -> str:
        return "paired"


Source = Seed | WinnerOf | LoserOf | Place | Paired


def parse_source(text: str) -> Source:
    """Read what str() made of a source. Raises ValueError."""
    word, _, rest = text.partition(":")
    match word:
        case "seed":
            return Seed(int(rest))
        case "winner":
            return WinnerOf(Key.parse(rest))
        case "loser":
            return LoserOf(Key.parse(rest))
        case "place":
            group, rank = rest.split(".")
            return Place(int(group), int(rank))
        case "paired":
            return Paired()
    raise ValueError(f"No source: {text}")


def needed(best_of: int) -> int:
    """Answer how many games win a series."""
    return best_of // 2 + 1


def is_over(best_of: int, score_a: int, score_b: int) -> bool:
    """Tell whether a series of so many games has ended, won or drawn."""
    return max(score_a, score_b) >= needed(best_of) or score_a + score_b >= best_of


class Series(NamedTuple):
    key: Key
    a: Source
    b: Source
    best_of: int = 1

    @property
    def needed(self) -> int:
        """How many games win it."""
        return needed(self.best_of)

    @property
    def is_reset(self) -> bool:
        """Whether it is played only if the grand final's winner came from the lower bracket."""
        return self.key.section == Section.GRAND_FINAL and self.key.round == 2


class Result(NamedTuple):
    """How a series between two teams ended. `winner` is a seed, or NOBODY.

    A walkover has the score that its winner needs, to nil; a bye has none, and NOBODY on a side.
    """

    a: int
    b: int
    score_a: int
    score_b: int
    winner: int
    outcome: Outcome = Outcome.PLAYED

    @classmethod
    def played(cls, a: int, b: int, score_a: int, score_b: int) -> "Result":
        """Whoever has won more games is the winner; nobody if it is drawn."""
        winner = NOBODY if score_a == score_b else a if score_a > score_b else b
        return cls(a, b, score_a, score_b, winner)

    @property
    def is_draw(self) -> bool:
        return self.winner == NOBODY and self.outcome == Outcome.PLAYED

    @property
    def loser(self) -> int:
        if self.winner == NOBODY:
            return NOBODY
        return self.b if self.winner == self.a else self.a


class BestOf(NamedTuple):
    """How many games the series of a section have; a negative round counts from the last one.

    Without a round, those of all its rounds.
    """

    section: Section
    round: int | None
    games: int


@dataclass(frozen=True, slots=True)
class Rules:
    """How a tournament is played. Points are the FIDE's, doubled so that a draw is a whole one."""

    kind: Kind
    best_of: int = 1
    best_of_rounds: tuple[BestOf, ...] = ()
    third_place: bool = False
    grand_final_reset: bool = True
    groups: int = 1
    legs: int = 1
    swiss_rounds: int | None = None
    points_win: int = 2
    points_draw: int = 1
    points_loss: int = 0
    tie_breaks: tuple[TieBreak, ...] = (
        TieBreak.HEAD_TO_HEAD,
        TieBreak.GAME_DIFFERENCE,
        TieBreak.SEED,
    )
    playoff: Kind | None = None
    """The elimination that groups or Swiss rounds are followed by."""
    qualifiers: int = 0
    """How many of each group, or of the Swiss standings, go on to it."""

    def points(self, result: Result, seed: int) -> int:
        """Answer what the result is worth to one of its two teams."""
        if result.winner == seed:
            return self.points_win
        return self.points_draw if result.is_draw else self.points_loss


Pairs = list[tuple[int, int]]
"""Who meets whom in a Swiss round, by position; against NOBODY it is a bye."""


@dataclass(frozen=True, slots=True)
class Bracket:
    """All series that there can be, each after those that its teams come from."""

    rules: Rules
    teams: int
    series: tuple[Series, ...]
    by_key: Mapping[Key, Series] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", {series.key: series for series in self.series})
