"""Plays brackets: results by chance, a few at a time, while teams leave."""

from collections.abc import Callable, Iterator
from random import Random

from app.tournaments.bracket.build import build
from app.tournaments.bracket.resolution import Resolution, resolve, walkover
from app.tournaments.bracket.structure import (
    NOBODY,
    STAGES,
    Bracket,
    Key,
    Kind,
    Outcome,
    Result,
    Rules,
    Series,
)

EVERY_SIZE = range(2, 257)

Decide = Callable[[Random, Series, int, int], Result]


def won(series: Series, a: int, b: int, winner: int, lost: int = 0) -> Result:
    score = (series.needed, lost) if winner == a else (lost, series.needed)
    return Result(a, b, *score, winner)


def stronger(random: Random, series: Series, a: int, b: int) -> Result:
    return won(series, a, b, min(a, b))


def weaker(random: Random, series: Series, a: int, b: int) -> Result:
    return won(series, a, b, max(a, b))


def coin(random: Random, series: Series, a: int, b: int) -> Result:
    return won(series, a, b, random.choice((a, b)), random.randrange(series.needed))


def anything(random: Random, series: Series, a: int, b: int) -> Result:
    """Often no game at all, and draws where there can be one."""
    chance = random.random()
    if chance < 0.1:
        return Result(a, b, 0, 0, NOBODY, Outcome.DOUBLE_FORFEIT)
    if chance < 0.3:
        return walkover(series, a, b, random.choice((a, b)))
    if chance < 0.5 and series.key.section in STAGES:
        return Result(a, b, series.best_of // 2, series.best_of // 2, NOBODY)
    return coin(random, series, a, b)


class Course:
    """A tournament on its way: what its bracket has been given, and how it stands `now`."""

    def __init__(self, bracket: Bracket, number: int = 0) -> None:
        self.bracket = bracket
        self.random = Random(f"{number} {bracket.teams} {bracket.rules}")
        self.results: dict[Key, Result] = {}
        self.out: list[int] = []
        self.unranked: set[int] = set()
        self.now = resolve(bracket, {})

    def ready(self) -> list[Key]:
        return [key for key, state in self.now.states.items() if state.is_ready]

    def give(self, key: Key, decide: Decide) -> None:
        a, b, _ = self.now.states[key]
        assert a is not None
        assert b is not None
        self.results[key] = decide(self.random, self.bracket.by_key[key], a, b)

    def leave(self, seed: int) -> None:
        """Disqualify a team; before the playoff it loses its rank as well."""
        if seed in self.out:
            return
        self.out.append(seed)
        if all(key.section in STAGES for key in self.results):
            self.unranked.add(seed)

    def go_on(self) -> None:
        self.now = resolve(
            self.bracket,
            self.results,
            out=self.out,
            unranked=self.unranked,
            pairs=self.now.pairs,
        )

    def waves(
        self, decide: Decide = coin, *, share: float = 1.0, leaving: float = 0.0
    ) -> Iterator[Resolution]:
        """Play on, and answer how the bracket stands each time a share of what is ready is over.

        `leaving` is how likely it is that a team is disqualified meanwhile.
        """
        while ready := self.ready():
            chosen = [key for key in ready if self.random.random() < share]
            for key in chosen or [self.random.choice(ready)]:
                self.give(key, decide)
            if self.random.random() < leaving:
                self.leave(self.random.randint(1, self.bracket.teams))
            self.go_on()
            yield self.now


def play(
    rules: Rules, teams: int, decide: Decide = coin, *, number: int = 0, share: float = 1.0
) -> Course:
    """Play a tournament to its end; the same one for the same number."""
    course = Course(build(rules, teams), number)
    for _ in course.waves(decide, share=share):
        pass
    return course


def formats(teams: int) -> list[Rules]:
    """Everything that there is, as far as so many teams can play it."""
    single, double = Kind.SINGLE_ELIMINATION, Kind.DOUBLE_ELIMINATION
    found = [
        Rules(single),
        Rules(single, third_place=True, best_of=3),
        Rules(double),
        Rules(double, grand_final_reset=False),
        Rules(Kind.ROUND_ROBIN),
        Rules(Kind.ROUND_ROBIN, legs=2, best_of=2),
        Rules(Kind.SWISS),
        Rules(Kind.SWISS, swiss_rounds=1, playoff=double, qualifiers=teams),
        Rules(Kind.SWISS, playoff=single, third_place=True, qualifiers=(teams + 2) // 2),
        Rules(Kind.ROUND_ROBIN, playoff=double, qualifiers=2, grand_final_reset=False),
    ]
    if teams >= 4:
        found += [
            Rules(Kind.ROUND_ROBIN, groups=teams // 2),
            Rules(Kind.ROUND_ROBIN, groups=2, playoff=double, qualifiers=teams // 2),
            Rules(Kind.ROUND_ROBIN, groups=teams // 2, playoff=single, qualifiers=1),
        ]
    if teams >= 9:
        found += [Rules(Kind.ROUND_ROBIN, groups=3, playoff=single, qualifiers=2, third_place=True)]
    return found
