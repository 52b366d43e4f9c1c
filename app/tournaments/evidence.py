"""What speaks for a Steam match being a game of a series, and what against it.

Nothing is read or written here. Doubts are sentences, as it is people who settle what is not sure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

from app.steam.models import Match
from app.tournaments.bracket.structure import is_over
from app.tournaments.models import Game, Series, Team

LEEWAY = timedelta(hours=2)
"""How long before both teams were known a game of theirs may have begun: results are often entered
once the next game is being played, and Steam tells of a match later still."""
SURE = 4
"""So many of a team's five on each side make sure that it is these teams, if they were of the team
when the match began: a captain can enter anybody afterwards."""
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


class Membership(NamedTuple):
    """A member's place in a team."""

    is_stand_in: bool
    since: datetime


class Side(NamedTuple):
    """A team as it seems to have played on one side of a match."""

    name: str
    team: Team
    lineup: Lineup
    memberships: Mapping[int, Membership]
    """The memberships of those of the team who were there, by member."""

    @property
    def found(self) -> int:
        return len(self.memberships)

    def joined_after(self, moment: datetime) -> int:
        return sum(membership.since > moment for membership in self.memberships.values())

    def evidence(self) -> dict[str, Any]:
        return {
            "team_id": self.team.pk,
            "side": self.name,
            "members": [*self.memberships],
            "found": self.found,
            "players": self.lineup.players,
            "stand_ins": sum(membership.is_stand_in for membership in self.memberships.values()),
            "anonymous": self.lineup.anonymous,
        }


class Rosters:
    """Who plays for which teams, who stands in, and since when."""

    def __init__(self, rows: Iterable[tuple[int, int, bool, datetime]]) -> None:
        """Take of each row a team, a member, whether that is a stand-in, and since when."""
        self._memberships: dict[int, dict[int, Membership]] = defaultdict(dict)
        for team, member, is_stand_in, since in rows:
            self._memberships[member][team] = Membership(is_stand_in, since)

    def present(self, lineup: Lineup) -> dict[int, dict[int, Membership]]:
        """Answer by team the memberships of its members who are in the lineup."""
        found: dict[int, dict[int, Membership]] = defaultdict(dict)
        for member in sorted(lineup.members):
            for team, membership in self._memberships.get(member, {}).items():
                found[team][member] = membership
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
        return _league(self.series, self.match)

    def evidence(self) -> dict[str, Any]:
        first, second = self.radiant, self.dire
        if first.team.pk != self.series.team_a_id:
            first, second = second, first
        return {
            "team_a": first.evidence(),
            "team_b": second.evidence(),
            "winner_id": self.winner_id,
            "minutes_after_ready": _minutes_after_ready(self.series, self.match),
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
        *_doubts_about_the_team(fit.radiant, fit.match),
        *_doubts_about_the_team(fit.dire, fit.match),
        *_doubts_about_the_match(fit),
    ]
    if len(ways) > 1:
        fit.doubts.append("Which of the teams was on which side is not clear.")
    return fit


def _doubts_about_the_team(side: Side, match: Match) -> list[str]:
    doubts = []
    if side.found < SURE:
        doubts.append(_missing(side))
    late = side.joined_after(match.start_time)
    if late and side.found - late < SURE:
        doubts.append(
            f"Of the {side.found} on {side.name} who play for {side.team.name}, {late} joined the "
            "team after the match had begun."
        )
    return doubts


def _missing(side: Side) -> str:
    said = f"Only {side.found} of {side.lineup.players} on {side.name} play for {side.team.name}"
    if anonymous := side.lineup.anonymous:
        said += f"; {anonymous} {'are' if anonymous > 1 else 'is'} anonymous"
    return f"{said}."


def _doubts_about_the_match(fit: Fit) -> list[str]:
    series, match, doubts = fit.series, fit.match, []
    # The leeway is for results that are entered late; what was ready at the start waited for none.
    assert series.tournament.started_at
    if match.start_time < series.tournament.started_at:
        doubts.append("It began before the tournament had started.")
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
    return not is_over(series.best_of, a, b)


def overtaken(match: Match, series: Series, games: Sequence[Game]) -> list[str]:
    """Say which game has ended the series though the match began before it, if one has.

    Steam tells of matches in any order, so the one of them that counts may come last. What began
    after a series was ended by its games is none of them.
    """
    if series.decided_by != Series.DecidedBy.GAMES:
        return []
    times = [(_begun(game), game) for game in games]
    later = [(begun, game.pk, game) for begun, game in times if begun and begun > match.start_time]
    if not later:
        return []
    *_, last = max(later)
    name = f"Steam match {last.match_id}" if last.match_id else f"game {last.pk}"
    return [f"It began before {name}, which is recorded; if this one counts, undo that one first."]


def _begun(game: Game) -> datetime | None:
    return game.match.start_time if game.match else game.played_at


def contradictions(fit: Fit, series: Series, games: Sequence[Game]) -> list[str]:
    """Say where the match goes against what people have said of the series, and of its games."""
    doubts = []
    if any(game.match_id is None for game in games):
        doubts.append("The series has a game without its Steam match, which may be this one.")
    if series.status == Series.Status.FINISHED and not _was_played(series):
        doubts.append("Steam says otherwise: the series was decided without being played.")
        return doubts
    if late := overtaken(fit.match, series, games):
        return doubts + late
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
    ends = is_over(series.best_of, *games)
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


def evidence_by_hand(game: Game) -> dict[str, Any]:
    """Answer what is known of a match that people have entered as a game of its series."""
    series, match = game.series, game.match
    assert series is not None
    assert match is not None
    sides: dict[int | None, str] = {game.radiant_id: "radiant", game.dire_id: "dire"}
    uncounted = dict.fromkeys(("found", "players", "stand_ins", "anonymous"))
    return {
        **{
            name: {"team_id": team_id, "side": sides.get(team_id), "members": [], **uncounted}
            for name, team_id in (("team_a", series.team_a_id), ("team_b", series.team_b_id))
        },
        "winner_id": game.winner_id,
        "minutes_after_ready": _minutes_after_ready(series, match),
        "league": _league(series, match),
        "doubts": ["It was entered by hand, and taken out of the series again."],
    }


def _minutes_after_ready(series: Series, match: Match) -> int:
    assert series.ready_at
    return round((match.start_time - series.ready_at) / timedelta(minutes=1))


def _league(series: Series, match: Match) -> str | None:
    ours, theirs = series.tournament.steam_league_id, match.league_id
    if not ours or not theirs:
        return None
    return SAME if ours == theirs else OTHER
