"""The final ranks, as far as they are decided: shared by those who went out at the same point."""

from collections import defaultdict
from typing import NamedTuple

from app.tournaments.bracket.resolution import Resolution
from app.tournaments.bracket.structure import NOBODY, STAGES, Key, Place, Section, Seed

Level = tuple[int, int]
"""How far a team came: the greater, the better."""

_GRAND_FINAL = 1000


class Placement(NamedTuple):
    """The ranks that a team shares, such as 5 to 8, and the series that put it there, if any."""

    first: int
    last: int
    key: Key | None = None


def placements(resolution: Resolution) -> dict[int, Placement]:
    """Answer the places of those teams whose are decided, the best first."""
    entrants = _entrants(resolution)
    last = resolution.bracket.teams
    placed: dict[int, Placement] = {}
    if len(entrants) < last and all(map(resolution.is_complete, resolution.group_numbers())):
        for seeds in _not_qualified(resolution, entrants):
            placed |= {seed: Placement(last - len(seeds) + 1, last) for seed in seeds}
            last -= len(seeds)
    if len(placed) + len(entrants) == resolution.bracket.teams:
        for exits in _eliminated(resolution):
            first = last - len(exits) + 1
            placed |= {
                seed: Placement(first, last, key)
                for seed, key in exits.items()
                if resolution.states[key].result
            }
            last = first - 1
    return dict(sorted(placed.items(), key=lambda item: item[1][:2]))


def champion(resolution: Resolution) -> int | None:
    """Answer who has won it all; None while nobody has, or where nobody did."""
    for seed, place in placements(resolution).items():
        if place[:2] == (1, 1) and seed not in resolution.out:
            return seed
    return None


def _entrants(resolution: Resolution) -> list[int | None]:
    """Answer who plays the elimination; None for each who has yet to qualify."""
    found = []
    for series in resolution.bracket.series:
        if series.key in resolution.states and series.key.section not in STAGES:
            state = resolution.states[series.key]
            for source, seed in ((series.a, state.a), (series.b, state.b)):
                if isinstance(source, Seed | Place) and seed != NOBODY:
                    found.append(seed)
    return found


def _not_qualified(resolution: Resolution, entrants: list[int | None]) -> list[list[int]]:
    """Answer who stays behind when the groups are over, by their ranks in them, the last first."""
    tiers: dict[tuple[bool, int], list[int]] = defaultdict(list)
    for table in resolution.tables().values():
        for row in table:
            if row.seed not in entrants:
                tiers[row.seed in resolution.unranked, row.rank].append(row.seed)
    return [tiers[tier] for tier in sorted(tiers, reverse=True)]


def _eliminated(resolution: Resolution) -> list[dict[int, Key]]:
    """Answer who went out at the same point, the first of them first, as far as that is over."""
    latest: dict[int, Key] = {}
    levels: dict[Level, dict[int, Key]] = defaultdict(dict)
    level_of = _Levels(resolution)
    undecided: list[Level] = []
    for key, state in resolution.states.items():
        if key.section in STAGES:
            continue
        # Between the same two ranks, however it ends: it holds up nobody above.
        if state.result is None and key.section != Section.THIRD_PLACE:
            undecided.append(level_of(key, won=False))
        # Each series comes after those that lead to it, so the last one stays.
        latest |= {side: key for side in state[:2] if side}
    for seed, key in latest.items():
        result = resolution.states[key].result
        if result or key.section == Section.THIRD_PLACE:
            won = result is not None and result.winner == seed
            levels[level_of(key, won=won)][seed] = key
    # Whoever is still in goes out here at the earliest.
    limit = min(undecided, default=(_GRAND_FINAL + 1, 0))
    return [levels[level] for level in sorted(levels) if level < limit]


class _Levels:
    def __init__(self, resolution: Resolution) -> None:
        keys = [series.key for series in resolution.bracket.series]
        self.is_double = any(key.section == Section.GRAND_FINAL for key in keys)
        self.final = max((k.round for k in keys if k.section == Section.UPPER), default=0)

    def __call__(self, key: Key, *, won: bool) -> Level:
        """Answer how far a team came whose last series this is."""
        if key.section == Section.GRAND_FINAL:
            return _GRAND_FINAL, won
        if key.section == Section.THIRD_PLACE:
            return self.final - 1, 1 + won
        if key.section == Section.UPPER and self.is_double:
            # Where it would have dropped to, had not both forfeited.
            return max(1, 2 * key.round - 2), 0
        return key.round, won
