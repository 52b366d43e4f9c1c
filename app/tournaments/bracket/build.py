"""From the rules of a tournament and its number of teams to all of its series."""

from collections.abc import Iterable, Sequence

from app.tournaments.bracket import round_robin, swiss
from app.tournaments.bracket.elimination import double_elimination, single_elimination
from app.tournaments.bracket.seeding import progression, snake
from app.tournaments.bracket.structure import (
    MAX_TEAMS,
    Bracket,
    ImpossibleBracket,
    Key,
    Kind,
    Paired,
    Place,
    Rules,
    Section,
    Seed,
    Series,
    Source,
)


def build(rules: Rules, teams: int) -> Bracket:
    """Draw the bracket for that many teams. Raises ImpossibleBracket, which says why."""
    if not 2 <= teams <= MAX_TEAMS:
        raise ImpossibleBracket(f"A bracket has 2 to {MAX_TEAMS} teams, not {teams}.")
    match rules.kind:
        case Kind.ROUND_ROBIN:
            series = _groups(rules, teams)
        case Kind.SWISS:
            series = _swiss(rules, teams)
        case elimination:
            series = _elimination(rules, elimination, [Seed(n) for n in range(1, teams + 1)])
    if rules.playoff:
        series += _elimination(rules, rules.playoff, _qualified(rules, teams))
    return Bracket(rules, teams, tuple(_with_best_of(rules, series)))


def _elimination(rules: Rules, kind: Kind, entrants: Sequence[Source]) -> list[Series]:
    if kind == Kind.DOUBLE_ELIMINATION:
        return double_elimination(entrants, reset=rules.grand_final_reset)
    return single_elimination(entrants, third_place=rules.third_place)


def _groups(rules: Rules, teams: int) -> list[Series]:
    return [
        Series(Key(Section.GROUP, group, number, position), Seed(a), Seed(b))
        for group, seeds in enumerate(snake(teams, rules.groups), start=1)
        for number, pairs in enumerate(round_robin.rounds(seeds, rules.legs), start=1)
        for position, (a, b) in enumerate(pairs, start=1)
    ]


def _swiss(rules: Rules, teams: int) -> list[Series]:
    rounds = rules.swiss_rounds or swiss.number_of_rounds(teams)
    # So many that each can meet each, and none sits out twice.
    most = teams - 1 + teams % 2
    if rounds > most:
        raise ImpossibleBracket(f"{teams} teams play {most} Swiss rounds at most, not {rounds}.")
    return [
        Series(Key(Section.SWISS, 0, number, position), Paired(), Paired())
        for number in range(1, rounds + 1)
        for position in range(1, (teams + 1) // 2 + 1)
    ]


def _qualified(rules: Rules, teams: int) -> list[Source]:
    if rules.kind == Kind.SWISS:
        groups, fewest = 1, teams
        places: list[Source] = [Place(0, rank) for rank in range(1, rules.qualifiers + 1)]
    else:
        groups, fewest = rules.groups, teams // rules.groups
        places = [*progression(rules.groups, rules.qualifiers)]
    if groups * rules.qualifiers < 2:
        raise ImpossibleBracket("Two teams or more must qualify for the playoff.")
    if rules.qualifiers > fewest:
        raise ImpossibleBracket(f"{rules.qualifiers} cannot qualify where there are {fewest}.")
    return places


def _with_best_of(rules: Rules, series: Sequence[Series]) -> Iterable[Series]:
    games = games_of_rounds(rules, series)
    for each in series:
        yield each._replace(best_of=games[each.key.section, each.key.round])


def games_of_rounds(rules: Rules, series: Iterable[Series]) -> dict[tuple[Section, int], int]:
    """Answer how many games the series of each round have by the rules, in all groups alike."""
    last: dict[Section, int] = {}
    for each in series:
        last[each.key.section] = max(each.key.round, last.get(each.key.section, 0))
    return {
        (section, number): best_of(rules, section, number, rounds)
        for section, rounds in last.items()
        for number in range(1, rounds + 1)
    }


def best_of(rules: Rules, section: Section, number: int, rounds: int) -> int:
    """Answer how many games the series of this round have, where the section has so many rounds."""
    # What names a round goes before what names none.
    said = sorted(rules.best_of_rounds, key=lambda each: each.round is None)
    return next(
        (
            each.games
            for each in said
            if each.section == section and each.round in {None, number, number - rounds - 1}
        ),
        rules.best_of,
    )
