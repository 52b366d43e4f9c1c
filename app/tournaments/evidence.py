"""What speaks for a Steam match being a game of a series, and what against it.

Nothing is read or written here. Doubts are sentences, as it is people who settle what is not sure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product
from typing import Any, NamedTuple

from app.steam.models import Match
from app.tournaments.models import Game, Series, Team

LEEWAY = timedelta(hours=2)
"""How long before both teams were known a game of theirs may have begun: results are often entered
once the next game is being played, and Steam tells of a match later still."""
SURE = 4
"""So many of a team's five on each side make sure that it is these teams."""
LEAST, LEAST_OF_ONE = 2, 3
"""So many of both, and so many of one of them, are worth asking the organiser about."""
SHORTEST = timedelta(minutes=10)
"""A game that ended sooner was most likely abandoned, and made again."""

SAME, OTHER = "same", "other"

Meetings = Mapping[frozenset[int | None], Sequence[Series]]
"""Series by the ids of their two teams."""


class Lineup(NamedTuple):
    """Who played on one side of a match."""

    members: tuple[int, ...]
    """The ids of those who are members."""
    anonymous: int
    players: int


class Played(NamedTuple):
    match: Match
    radiant: Lineup
    dire: Lineup


class Side(NamedTuple):
    """A team as it seems to have played on one side of a match."""

    name: str
    team: Team
    lineup: Lineup
    stand_ins: Mapping[int, bool]
    """Who of the team was there, and whether as a stand-in."""

    @property
    def found(self) -> int:
        return len(self.stand_ins)

    def evidence(self) -> dict[str, Any]:
        return {
            "team_id": self.team.pk,
            "side": self.name,
            "members": [*self.stand_ins],
            "found": self.found,
            "players": self.lineup.players,
            "stand_ins": sum(self.stand_ins.values()),
            "anonymous": self.lineup.anonymous,
        }


class Rosters:
    """Who plays for which teams, and who stands in."""

    def __init__(self, rows: Iterable[tuple[int, int, bool]]) -> None:
        """Take a team, a member and whether that is a stand-in of each row."""
        self._teams: dict[int, dict[int, bool]] = defaultdict(dict)
        for team, member, is_stand_in in rows:
            self._teams[member][team] = is_stand_in

    def present(self, lineup: Lineup) -> dict[int, dict[int, bool]]:
        """Answer by team who of it is in the lineup, and whether as a stand-in."""
        found: dict[int, dict[int, bool]] = defaultdict(dict)
        for member in sorted(lineup.members):
            for team, is_stand_in in self._teams.get(member, {}).items():
                found[team][member] = is_stand_in
        return found

    def teams(self, played: Played) -> set[int]:
        """Answer whose members were in the match."""
        return {*self.present(played.radiant), *self.present(played.dire)}


@dataclass(slots=True)
class Fit:
    """A series that a match may be a game of, and what is not sure about it."""

    series: Series
    match: Match
    radiant: Side
    dire: Side
    doubts: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[int, int]:
        return self.match.pk, self.series.pk

    @property
    def winner_id(self) -> int:
        return (self.radiant if self.match.radiant_win else self.dire).team.pk

    @property
    def league(self) -> str | None:
        """Whether it was played in the tournament's league; None if either has none."""
        ours, theirs = self.series.tournament.steam_league_id, self.match.league_id
        if not ours or not theirs:
            return None
        return SAME if ours == theirs else OTHER

    def evidence(self) -> dict[str, Any]:
        first, second = self.radiant, self.dire
        if first.team.pk != self.series.team_a_id:
            first, second = second, first
        assert self.series.ready_at
        since_ready = self.match.start_time - self.series.ready_at
        return {
            "team_a": first.evidence(),
            "team_b": second.evidence(),
            "winner_id": self.winner_id,
            "minutes_after_ready": round(since_ready / timedelta(minutes=1)),
            "league": self.league,
            "doubts": self.doubts,
        }


def fits(played: Played, meetings: Meetings, rosters: Rosters) -> list[Fit]:
    """Answer the series that the match may be a game of, each with what its players leave open."""
    match = played.match
    ways: dict[int, list[Fit]] = defaultdict(list)
    present = rosters.present(played.radiant), rosters.present(played.dire)
    for (one, on_radiant), (other, on_dire) in product(*(each.items() for each in present)):
        found = len(on_radiant), len(on_dire)
        if min(found) < LEAST or max(found) < LEAST_OF_ONE:
            continue
        for series in meetings.get(frozenset({one, other}), ()):
            if _is_in_window(series, match):
                teams = {team.pk: team for team in (series.team_a, series.team_b) if team}
                radiant = Side("radiant", teams[one], played.radiant, on_radiant)
                dire = Side("dire", teams[other], played.dire, on_dire)
                ways[series.pk].append(Fit(series, match, radiant, dire))
    return [_likelier(each) for each in ways.values()]


def _is_in_window(series: Series, match: Match) -> bool:
    assert series.ready_at
    begun = match.start_time
    return series.ready_at - LEEWAY <= begun and (
        series.finished_at is None or begun <= series.finished_at + LEEWAY
    )


def _likelier(ways: list[Fit]) -> Fit:
    fit = max(ways, key=lambda way: way.radiant.found + way.dire.found)
    fit.doubts = [
        _missing(side) for side in (fit.radiant, fit.dire) if side.found < SURE
    ] + _doubts_about_the_match(fit)
    if len(ways) > 1:
        fit.doubts.append("Which of the teams was on which side is not clear.")
    return fit


def _missing(side: Side) -> str:
    said = f"Only {side.found} of {side.lineup.players} on {side.name} play for {side.team.name}"
    if anonymous := side.lineup.anonymous:
        said += f"; {anonymous} {'are' if anonymous > 1 else 'is'} anonymous"
    return f"{said}."


def _doubts_about_the_match(fit: Fit) -> list[str]:
    series, match, doubts = fit.series, fit.match, []
    if fit.league == OTHER:
        doubts.append(
            f"It was played in league {match.league_id}, and the tournament's is "
            f"{series.tournament.steam_league_id}."
        )
    if match.duration is not None and match.duration < SHORTEST.total_seconds():
        doubts.append(f"It ended after {match.duration} seconds, and may have been played again.")
    if series.finished_at is not None and match.start_time > series.finished_at:
        doubts.append("It began after the result of the series had been entered.")
    return doubts


def has_room(series: Series, games: Sequence[Game]) -> bool:
    """Whether another game can have been played in the series than those that are known."""
    a, b = _wins(series, [game.winner_id for game in games])
    if series.status == Series.Status.FINISHED:
        return not _was_played(series) or a + b < (series.score_a or 0) + (series.score_b or 0)
    return max(a, b) <= series.best_of // 2 and a + b < series.best_of


def surest(fits: list[Fit]) -> list[Fit]:
    """Answer the fits without a doubt; of several, the only one in its tournament's league."""
    sure = [fit for fit in fits if not fit.doubts]
    in_league = [fit for fit in sure if fit.league == SAME]
    return in_league if len(in_league) == 1 else sure


def contradictions(fit: Fit, series: Series, games: Sequence[Game]) -> list[str]:
    """Say where the match goes against what people have said of the series, and of its games."""
    doubts = []
    if any(game.match_id is None for game in games):
        doubts.append("The series has a game without its Steam match, which may be this one.")
    if series.status == Series.Status.FINISHED and not _was_played(series):
        doubts.append("Steam says otherwise: the series was decided without being played.")
        return doubts
    said = _said(series)
    a, b = _wins(series, [*(game.winner_id for game in games), fit.winner_id])
    if said is not None and not _can_be_part_of(series, said, (a, b)):
        doubts.append(
            f"Steam says otherwise: with this game it is {a}:{b}, and {said[0]}:{said[1]} has been "
            "reported."
        )
    return doubts


def _can_be_part_of(series: Series, said: tuple[int, int], games: tuple[int, int]) -> bool:
    if games[0] > said[0] or games[1] > said[1]:
        return False
    # Games end a series that is open, and must not end it another way than was reported.
    ends = max(games) > series.best_of // 2 or sum(games) == series.best_of
    return series.status == Series.Status.FINISHED or not ends or games == said


def _said(series: Series) -> tuple[int, int] | None:
    """Answer the score that people have said, if they have."""
    score = series.reported_score_a, series.reported_score_b
    if series.status == Series.Status.FINISHED:
        score = series.score_a, series.score_b
    a, b = score
    return None if a is None or b is None else (a, b)


def _was_played(series: Series) -> bool:
    return series.outcome == Series.Outcome.PLAYED


def _wins(series: Series, winners: Sequence[int | None]) -> tuple[int, int]:
    return winners.count(series.team_a_id), winners.count(series.team_b_id)
