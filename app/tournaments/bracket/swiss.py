"""Who meets whom in the next round of a Swiss tournament: the Dutch system without colours.

After the FIDE Handbook, C.04.3, as of February 2026; [C1] to [C17] are its criteria. Teams rank by
points, then by seed. What comes earlier here is never given up for what comes later.

1. Nobody has another bye while somebody has had fewer [C2].
2. As few series as possible are rematches [C1]: none, if all can be paired without. Of those that
   are needed none is a third meeting where second ones do, and so on; then those go first who have
   met least often, then those whose last series with each other is longest ago.
3. The bye goes to the lowest-ranked team that 1 and 2 allow [C5].
4. Score groups are paired from the top, always so that everybody below can be paired too [C4]. As
   few teams as possible float down to the next group [C6]: of those with the fewest points [C7]
   such who can be paired in the nearest group [C8], who did not float down in the round before
   [C14], whose place is not taken by one who floated up in it [C15], the same for the round before
   that [C16, C17], and last the lowest-ranked.
5. Those who have come down meet the highest-ranked of the group, but as few as possible of those
   who floated up in the last two rounds [C15, C17].
6. Of all others the upper half meets the lower: the first the first, the second the second, and so
   on. Where these have met, the upper one takes the next of the lower half that leaves an opponent
   to each of the rest: a transposition. Only who can have none of the lower half takes one of the
   upper, from its end: an exchange.

Simpler than the FIDE has it:
- A series counts as met however it ended. The FIDE lets two meet again after a walkover, gives no
  bye to who has won by one, and has it count as a float down, as the bye does here too.
- Floaters are chosen before opponents. The FIDE would let a higher-ranked team float to save an
  exchange, and has the next group comply with all of [C1] to [C7], not only with [C7].
- [C15] to [C17] are seen to team by team; seldom that spares one fewer than could be.
- [C18] to [C21], on how far a team floats again, and the order of exchanges of Article 4.3 are left
  out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from itertools import accumulate, groupby
from operator import or_
from typing import NamedTuple

from app.tournaments.bracket.matching import Matching, bitmask, bits
from app.tournaments.bracket.structure import NOBODY, Outcome, Pairs, Result, Rules


class Float(IntEnum):
    """Against whom a team was paired: one with fewer points, as many, or more."""

    DOWN = -1
    NONE = 0
    UP = 1


class Player(NamedTuple):
    """A team as far as its pairing goes. What happened last stands last."""

    seed: int
    points: int = 0
    opponents: tuple[int, ...] = ()
    """One entry for each series."""
    byes: int = 0
    floats: tuple[Float, ...] = ()
    """One entry for each round."""

    def floated(self, way: Float, rounds_ago: int) -> bool:
        return len(self.floats) >= rounds_ago and self.floats[-rounds_ago] == way


def number_of_rounds(teams: int) -> int:
    """How many it takes until at most one team has won them all."""
    return max(1, (teams - 1).bit_length())


def players(teams: Iterable[int], rounds: Sequence[Sequence[Result]], rules: Rules) -> list[Player]:
    """Answer what these teams have done so far. Others may have played, who are in no more."""
    teams = list(teams)
    sides = {side for results in rounds for result in results for side in (result.a, result.b)}
    table = {seed: Player(seed) for seed in sides.union(teams) - {NOBODY}}
    for results in rounds:
        table = _after(table, results, rules)
    return [table[seed] for seed in teams]


def pair(players: Sequence[Player]) -> Pairs:
    """Answer the pairs of the next round: board 1 first, and in each the higher-ranked team first.

    An odd number leaves one team a bye: it comes last, with NOBODY.
    """
    pairing = _Pairing(players)
    byes = pairing.bye() if len(players) % 2 else []
    pairing.rematches()
    pairing.score_groups()
    seeds = [player.seed for player in pairing.ranked]
    pairs = [(seeds[v], seeds[w]) for v, w in pairing.boards()]
    return pairs + [(seeds[v], NOBODY) for v in byes]


def _after(
    table: Mapping[int, Player], results: Iterable[Result], rules: Rules
) -> dict[int, Player]:
    after = {
        seed: player._replace(floats=(*player.floats, Float.NONE)) for seed, player in table.items()
    }
    for result in results:
        if result.outcome == Outcome.BYE:
            player = after[result.a]
            after[result.a] = player._replace(
                points=player.points + rules.points(result, result.a),
                byes=player.byes + 1,
                floats=(*player.floats[:-1], Float.DOWN),
            )
            continue
        for seed, other in ((result.a, result.b), (result.b, result.a)):
            player = after[seed]
            ahead, behind = table[seed].points, table[other].points
            after[seed] = player._replace(
                points=player.points + rules.points(result, seed),
                opponents=(*player.opponents, other),
                floats=(*player.floats[:-1], Float((ahead < behind) - (ahead > behind))),
            )
    return after


Wish = list[tuple[int, int]]
"""Teams, each with those whom it should meet one of."""


class _Choice(NamedTuple):
    """Who of a pool floats down, some mates with which they can, and what is left open."""

    open: Matching
    mates: list[int]
    floaters: list[int]


class _Pairing:
    """The pairing of a round. Teams are vertices in their ranking order here: 0 is at the top."""

    def __init__(self, players: Sequence[Player]) -> None:
        self.ranked = sorted(players, key=lambda player: (-player.points, player.seed))
        self.teams = range(len(self.ranked))
        self.met = self._met()
        self.unpaired = bitmask(self.teams)
        self.pairs: Pairs = []
        # Those who have not met, matched: what is left of it can always be paired.
        self.matching = self._matching(0)

    def bye(self) -> list[int]:
        fewest = min(player.byes for player in self.ranked)
        entitled = [v for v in reversed(self.teams) if self.ranked[v].byes == fewest]
        # Who can be spared can have the bye at no rematch.
        team = next((v for v in entitled if self.matching.spare(v)), entitled[0])
        self.matching.drop(team)
        self.unpaired ^= 1 << team
        return [team]

    def rematches(self) -> None:
        """Pair those who have to meet again, so that all others can be paired without."""
        if not self.matching.alone:
            return
        again = sorted(self.met, key=self._freshness)
        for most in sorted(set(self.met.values())):
            if self.matching.alone:
                self._rematch([pair for pair in again if self.met[pair] <= most], most)

    def score_groups(self) -> None:
        groups = [
            list(group)
            for _, group in groupby(bits(self.unpaired), lambda v: self.ranked[v].points)
        ]
        moved: list[int] = []
        for number, group in enumerate(groups, start=1):
            pool, inside = [*moved, *group], bitmask([*moved, *group])
            floaters = self._floaters(moved, group, groups[number:])
            for v in pool:
                # Whoever floats is not to meet another who does, in no group that they come to.
                self.matching.limit(v, ~inside if v in floaters else inside)
            self._pair_moved(
                [v for v in moved if v not in floaters], [v for v in group if v not in floaters]
            )
            self._pair_halves([v for v in pool if v not in floaters])
            moved = floaters

    def boards(self) -> Pairs:
        points = [player.points for player in self.ranked]
        return sorted(self.pairs, key=lambda pair: (-points[pair[0]], -points[pair[1]], pair))

    def _met(self) -> Counter[tuple[int, int]]:
        """How often teams have met, each series counted once for either of its two."""
        vertices = {player.seed: v for v, player in enumerate(self.ranked)}
        return Counter(
            (min(v, vertices[seed]), max(v, vertices[seed]))
            for v, player in enumerate(self.ranked)
            for seed in player.opponents
            if seed in vertices
        )

    def _matching(self, most: int) -> Matching:
        """Match those who have met no more often than this."""
        everybody = bitmask(self.teams)
        neighbours = [everybody ^ 1 << v for v in self.teams]
        for (v, w), times in self.met.items():
            if times > most:
                neighbours[v] ^= 1 << w
                neighbours[w] ^= 1 << v
        matching = Matching(neighbours)
        for v in bits(everybody ^ self.unpaired):
            matching.drop(v)
        return matching

    def _freshness(self, pair: tuple[int, int]) -> tuple[int, int, int, tuple[int, int]]:
        """How often and how lately they have met, then how far apart they are."""
        a, b = self.ranked[pair[0]], self.ranked[pair[1]]
        since = a.opponents[::-1].index(b.seed) + b.opponents[::-1].index(a.seed)
        return self.met[pair], -since, a.points - b.points, pair

    def _rematch(self, pairs: Pairs, most: int) -> None:
        """Pair the first of these that leave everybody an opponent, if that makes up for all."""
        matching, allowed, free = self.matching.copy(), self._matching(most), self.unpaired
        chosen: Pairs = []
        for v, w in pairs:
            if allowed.alone or not free >> v & free >> w & 1:
                continue
            before = matching.copy()
            # Whoever can be spared has been left alone in place of one who could not be matched.
            if matching.spare(v) and matching.spare(w) and allowed.fix(v, w):
                chosen.append((v, w))
                free ^= 1 << v | 1 << w
            else:
                matching = before
        if not matching.alone:
            self.matching, self.unpaired = matching, free
            self.pairs += chosen

    def _floaters(self, moved: list[int], group: list[int], below: list[list[int]]) -> list[int]:
        """Choose who of those moved down and of the group is to meet a team of the groups below."""
        pool = [*moved, *group]
        choice = self._fewest(self.matching.copy(), pool)
        if not choice.floaters:
            return []
        reaches = accumulate(map(bitmask, below), or_, initial=bitmask(pool))
        nearest: list[Wish] = [[(v, reach) for v in pool] for reach in reaches]
        for wish in (*nearest, *self._wishes(moved, group)):
            choice = self._grant(wish, choice, pool)
        return choice.floaters

    def _fewest(self, matching: Matching, pool: list[int]) -> _Choice:
        """Let as few as possible float, and the lowest of them."""
        inside = bitmask(pool)
        choice = self._lowest(matching, pool)
        if len(choice.floaters) < 2:
            return choice
        alone = Matching(others & inside for others in matching.neighbours).alone & inside
        if len(choice.floaters) == alone.bit_count():
            return choice
        # Whoever was kept first has cost others their place. So let each one go instead.
        choices = [choice]
        for v in reversed(pool):
            trial = matching.copy()
            if trial.limit(v, ~inside):
                choices.append(self._lowest(trial, pool))
        return min(choices, key=self._cost)._replace(open=matching)

    def _lowest(self, matching: Matching, pool: list[int]) -> _Choice:
        inside, held = bitmask(pool), matching.copy()
        floaters = [v for v in pool if not held.limit(v, inside)]
        return _Choice(matching, held.mates, floaters)

    def _cost(self, choice: _Choice) -> tuple[int, list[int]]:
        return len(choice.floaters), [self.ranked[v].points for v in choice.floaters]

    def _wishes(self, moved: list[int], group: list[int]) -> Iterator[Wish]:
        """Whom some of the group should meet, so that they do not float the same way again."""
        inside, others = bitmask([*moved, *group]), ~bitmask(moved)
        for rounds_ago in (1, 2):
            # If one of them has to, the lowest floats down, and the highest up.
            for v in group:
                if self.ranked[v].floated(Float.DOWN, rounds_ago):
                    yield [(v, inside)]
            for v in reversed(group):
                if self.ranked[v].floated(Float.UP, rounds_ago):
                    yield [(v, others)]

    def _grant(self, wish: Wish, choice: _Choice, pool: list[int]) -> _Choice:
        matching = choice.open.copy()
        if not all(matching.limit(v, allowed) for v, allowed in wish):
            return choice
        if all(allowed >> choice.mates[v] & 1 for v, allowed in wish):
            return choice._replace(open=matching)
        other = self._fewest(matching, pool)
        return other if self._cost(other) == self._cost(choice) else choice

    def _pair_moved(self, moved: list[int], group: list[int]) -> None:
        for [(v, allowed)] in self._wishes(moved, group):
            self.matching.limit(v, allowed)
        for v in moved:
            self._pair(v, group)

    def _pair_halves(self, teams: list[int]) -> None:
        while teams := [v for v in teams if self.unpaired >> v & 1]:
            middle = len(teams) // 2
            upper, lower = teams[:middle], teams[middle:]
            for v in upper:
                self.matching.limit(v, bitmask(lower))
            for v in upper:
                self._pair(v, [*lower, *reversed(upper)])

    def _pair(self, v: int, choices: Iterable[int]) -> None:
        """Pair a team, unless it is paired, with the first that leaves everybody an opponent."""
        for w in choices:
            possible = self.matching.neighbours[v] & self.unpaired
            if self.unpaired >> v & possible >> w & 1 and self.matching.fix(v, w):
                self.unpaired ^= 1 << v | 1 << w
                self.pairs.append((v, w))
