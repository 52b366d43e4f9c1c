"""A bracket and its standings as they are answered: a frontend draws them and computes nothing."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from app.tournaments.board import Board
from app.tournaments.bracket import layout, names
from app.tournaments.bracket.build import games_of_rounds
from app.tournaments.bracket.placements import Placement, champion, placements
from app.tournaments.bracket.resolution import Resolution
from app.tournaments.bracket.standings import Row, explain
from app.tournaments.bracket.structure import (
    Key,
    LoserOf,
    Outcome,
    Section,
    Series,
    WinnerOf,
)


def bracket(board: Board) -> dict[str, Any]:
    """Answer the whole bracket; before the tournament has started, who is seeded already."""
    tournament, resolution = board.tournament, board.resolve()
    winner = champion(resolution)
    return {
        "tournament": {
            "id": tournament.pk,
            "name": tournament.name,
            "tournament_type": tournament.tournament_type,
            "status": tournament.status,
            "version": tournament.version,
        },
        "champion_id": board.teams[winner].pk if winner else None,
        "teams": [
            {
                "id": team.pk,
                "name": team.name,
                "seed": seed,
                "logo": team.logo,
                "is_out": team.is_out,
            }
            for seed, team in board.teams.items()
        ],
        "sections": list(_sections(board)),
        "standings": _groups(board, resolution),
    }


def standings(board: Board) -> dict[str, Any]:
    """Answer the groups' standings, and the places in the end of those who have one already."""
    resolution = board.resolve()
    return {
        "groups": _groups(board, resolution),
        "places": [
            {
                "rank": place.first,
                "rank_to": place.last,
                "team_id": board.teams[seed].pk,
                "team": _name(board, seed),
                "reason": _why(board, resolution, seed, place),
            }
            for seed, place in placements(resolution).items()
        ],
    }


def _name(board: Board, seed: int) -> dict[str, Any]:
    return {"id": board.teams[seed].pk, "name": board.teams[seed].name, "seed": seed}


def _sections(board: Board) -> Iterable[dict[str, Any]]:
    double = board.tournament.has_lower_bracket
    shown = [series for series in board.bracket.series if series.key in board.rows]
    down, follows = layout.rows(shown), _follows(board)
    # With a reset that is not needed yet, as the rules count rounds.
    games = games_of_rounds(board.bracket.rules, board.bracket.series)
    # In the order in which they are played; groups() wants equals together.
    shown.sort(key=lambda series: (_ORDER[series.key.section], *series.key[1:]))
    for (section, group), members in groupby(shown, lambda series: series.key[:2]):
        rounds = {n: list(each) for n, each in groupby(members, lambda series: series.key.round)}
        called = names.round_names(section, max(rounds), double=double)
        yield {
            "section": section,
            "group": group,
            "name": names.section_name(section, group, double=double),
            "rounds": [
                {
                    "round": number,
                    "name": called[number - 1],
                    "best_of": games[section, number],
                    "series": [
                        _series(
                            board,
                            series,
                            row=down[series.key],
                            best_of=games[section, number],
                            follows=follows,
                        )
                        for series in each
                    ],
                }
                for number, each in rounds.items()
            ],
        }


_ORDER = {section: number for number, section in enumerate(Section)}


def _series(
    board: Board,
    series: Series,
    *,
    row: float,
    best_of: int,
    follows: Mapping[tuple[type, Key], list[Any]],
) -> dict[str, Any]:
    found = board.rows[series.key]
    said = {
        "id": found.pk,
        "name": found.name,
        "row": row,
        "status": found.status,
        "outcome": found.outcome,
        "best_of": None if found.best_of == best_of else found.best_of,
        "team_a_id": found.team_a_id,
        "team_b_id": found.team_b_id,
        "label_a": found.label("a"),
        "label_b": found.label("b"),
        "score_a": found.score_a,
        "score_b": found.score_b,
        "winner_id": found.winner_id,
        "winner_to": follows.get((WinnerOf, series.key)),
        "loser_to": follows.get((LoserOf, series.key)),
    }
    # Of 256 teams' series a fifth of the bytes would be nulls.
    return {name: value for name, value in said.items() if value is not None}


def _follows(board: Board) -> dict[tuple[type, Key], list[Any]]:
    """Answer to which series, and to which side of it, winners and losers go on."""
    found: dict[tuple[type, Key], list[Any]] = {}
    for series in board.bracket.series:
        if series.key in board.rows:
            for side, source in (("a", series.a), ("b", series.b)):
                if isinstance(source, WinnerOf | LoserOf):
                    found[type(source), source.key] = [board.rows[series.key].pk, side]
    return found


def _groups(board: Board, resolution: Resolution) -> list[dict[str, Any]]:
    called = {seed: team.name for seed, team in board.teams.items()}
    return [
        {
            "group": group,
            "name": names.section_name(Section.GROUP if group else Section.SWISS, group),
            "is_complete": resolution.is_complete(group),
            "rows": [_standing(board, row, called) for row in table],
        }
        for group, table in resolution.tables().items()
    ]


def _standing(board: Board, row: Row, called: Mapping[int, str]) -> dict[str, Any]:
    return {
        "rank": row.rank,
        "team_id": board.teams[row.seed].pk,
        "team": _name(board, row.seed),
        "played": row.played,
        "won": row.won,
        "drawn": row.drawn,
        "lost": row.lost,
        "points": row.points,
        "games_won": row.games_won,
        "games_lost": row.games_lost,
        "buchholz": row.buchholz,
        "sonneborn_berger": row.sonneborn_berger,
        "reason": explain(row, called),
    }


def _why(board: Board, resolution: Resolution, seed: int, place: Placement) -> str:
    """Say in words what put the team there."""
    double = board.tournament.has_lower_bracket
    if place.key is None:
        table = next(
            (row, group)
            for group, rows in resolution.tables().items()
            for row in rows
            if row.seed == seed
        )
        row, group = table
        where = names.section_name(Section.GROUP if group else Section.SWISS, group)
        return (
            f"{names.ordinal(row.rank)} of the {where}."
            if not group
            else (f"{names.ordinal(row.rank)} of {where}.")
        )
    result = resolution.states[place.key].result
    assert result is not None
    called = names.series_name(place.key, double=double)
    if result.outcome == Outcome.BYE:
        return f"Had no opponent left in {called}."
    if result.outcome == Outcome.DOUBLE_FORFEIT:
        return f"Neither team played {called}."
    rival = board.teams[result.b if seed == result.a else result.a].name
    score = max(result.score_a, result.score_b), min(result.score_a, result.score_b)
    by = "by walkover" if result.outcome == Outcome.WALKOVER else f"{score[0]}:{score[1]}"
    verb = "Won" if result.winner == seed else "Lost"
    return f"{verb} {called} against {rival}, {by}."
