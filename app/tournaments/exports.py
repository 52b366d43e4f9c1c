"""A bracket in the data format of brackets-manager.js, which its viewer shows as it is.

https://drarig29.github.io/brackets-docs/
"""

from collections.abc import Sequence
from enum import IntEnum
from itertools import groupby
from typing import Any

from app.tournaments.board import Board
from app.tournaments.bracket.grid import Cell, grid
from app.tournaments.bracket.seeding import standard_order
from app.tournaments.bracket.structure import (
    NOBODY,
    Key,
    LoserOf,
    Outcome,
    Result,
    Section,
    Seed,
    Source,
)
from app.tournaments.models import Series

TABLES = ("participant", "stage", "group", "round", "match", "match_game")


class Status(IntEnum):
    """How far a match is. Theirs are archived in the end, and locked; ours can be corrected."""

    LOCKED = 0
    WAITING = 1
    READY = 2
    RUNNING = 3
    COMPLETED = 4


def brackets_manager(board: Board) -> dict[str, list[dict[str, Any]]]:
    """Answer its tables, without a stage as long as the tournament has not started.

    Theirs are whole grids of a power of two: where a bye spares us a series, they have a match with
    BYE. Swiss rounds, which they do not know, come as a round robin of one group; the reset of a
    grand final comes once it is to be played. The id of a match is that of its series, and negative
    where there is none. Who has won which game of a series is left open.

    That is for looking at: to play on, they would have to know where our losers drop to.
    """
    return _Export(board).tables


class _Export:
    def __init__(self, board: Board) -> None:
        self.board = board
        resolution = board.resolve()
        known, whole = board.bracket.by_key, grid(resolution)
        self.places = whole | {
            key: Cell(known[key], state) for key, state in resolution.states.items()
        }
        upper = [key for key in whole if key.section == Section.UPPER]
        # A round has half the matches of the one before, down to one.
        self.lines = standard_order(len(upper) + 1)
        self.tables: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        for team in board.teams.values():
            self._add("participant", id=team.pk, tournament_id=board.tournament.pk, name=team.name)
        name = board.tournament.name
        if rounds := self._of(Section.GROUP) or self._of(Section.SWISS):
            self._round_robin(name, rounds)
        if whole:
            self._elimination(f"{name}: playoff" if rounds else name, [*whole])

    def _of(self, section: Section) -> list[Key]:
        return sorted(key for key in self.places if key.section == section)

    def _round_robin(self, name: str, keys: list[Key]) -> None:
        bracket = self.board.bracket
        settings = {
            "size": bracket.teams,
            "groupCount": len({key.group for key in keys}),
            "roundRobinMode": "double" if bracket.rules.legs == 2 else "simple",
        }
        # Where somebody is out of Swiss rounds, there are fewer pairs than places.
        met = [key for key in keys if self.places[key].state[:2] != (NOBODY, NOBODY)]
        self._stage(name, "round_robin", settings, met)

    def _elimination(self, name: str, keys: list[Key]) -> None:
        settings: dict[str, Any] = {"size": len(self.lines), "seedOrdering": ["inner_outer"]}
        if finals := self._of(Section.GRAND_FINAL):
            kind, has_reset = "double_elimination", self.board.bracket.rules.grand_final_reset
            settings["grandFinal"] = "double" if has_reset else "simple"
        else:
            kind, finals = "single_elimination", self._of(Section.THIRD_PLACE)
            settings["consolationFinal"] = bool(finals)
        self._stage(name, kind, settings, keys + finals)

    def _stage(self, name: str, kind: str, settings: dict[str, Any], keys: Sequence[Key]) -> None:
        stage_id = self._add(
            "stage",
            tournament_id=self.board.tournament.pk,
            name=name,
            type=kind,
            number=len(self.tables["stage"]) + 1,
            settings=settings,
        )
        for group, (_, in_group) in enumerate(groupby(keys, lambda key: key[:2]), start=1):
            group_id = self._add("group", stage_id=stage_id, number=group)
            for number, in_round in groupby(in_group, lambda key: key.round):
                parents = {"stage_id": stage_id, "group_id": group_id}
                parents["round_id"] = self._add("round", number=number, **parents)
                for key in in_round:
                    self._match(key, parents)

    def _match(self, key: Key, parents: dict[str, int]) -> None:
        (series, state), row = self.places[key], self.board.rows.get(key)
        games = series.best_of if series.best_of > 1 and NOBODY not in state[:2] else 0
        status, opponents = self._status(key, row), self._opponents(key)
        match_id = self._add(
            "match",
            id=row.pk if row else -len(self.tables["match"]) - 1,
            number=key.position,
            child_count=games,
            status=status,
            **parents,
            **opponents,
        )
        sides = {side: said and {"id": said["id"]} for side, said in opponents.items()}
        # There from the start, as many as there can be.
        for number in range(1, games + 1):
            self._add(
                "match_game",
                stage_id=parents["stage_id"],
                parent_id=match_id,
                number=number,
                status=status,
                **sides,
            )

    def _status(self, key: Key, row: Series | None) -> Status:
        state = self.places[key].state
        if state.result:
            return Status.COMPLETED
        if state.is_ready:
            is_reported = row is not None and row.status != Series.Status.READY
            return Status.RUNNING if is_reported or key in self.board.scores else Status.READY
        # Theirs waits for one team, and is locked as long as it waits for two, or plays nobody.
        return Status.WAITING if state.a or state.b else Status.LOCKED

    def _opponents(self, key: Key) -> dict[str, dict[str, Any] | None]:
        series, state = self.places[key]
        return {
            "opponent1": self._opponent(key, 0, series.a, state.a),
            "opponent2": self._opponent(key, 1, series.b, state.b),
        }

    def _opponent(
        self, key: Key, side: int, source: Source, seed: int | None
    ) -> dict[str, Any] | None:
        """Answer null for BYE, and one without an id while it is not known who it will be."""
        if seed == NOBODY:
            return None
        said: dict[str, Any] = {"id": self.board.teams[seed].pk if seed else None}
        if position := self._position(key, side, source):
            said["position"] = position
        result, scores = self.places[key].state.result, self.board.scores.get(key)
        if result and result.outcome != Outcome.BYE:
            scores = result.score_a, result.score_b
        if scores:
            said["score"] = scores[side]
        return said | _ending(result, seed) if result and seed else said

    def _position(self, key: Key, side: int, source: Source) -> int | None:
        """Answer the seed, or which match was lost, where theirs says that of a team."""
        if key.section == Section.UPPER:
            return self.lines[2 * key.position - 2 + side] if key.round == 1 else None
        if key.section == Section.GRAND_FINAL:
            return 1 if (key.round, side) == (1, 1) else None
        if isinstance(source, Seed):
            return source.seed
        has_dropped = key.round == 1 or (key.round % 2 == 0 and side == 0)
        return source.key.position if has_dropped and isinstance(source, LoserOf) else None

    def _add(self, table: str, **row: Any) -> int:
        rows = self.tables[table]
        rows.append({"id": len(rows) + 1} | row)
        number: int = rows[-1]["id"]
        return number


def _ending(result: Result, seed: int) -> dict[str, Any]:
    if seed == result.winner:
        return {"result": "win"}
    if result.outcome in {Outcome.WALKOVER, Outcome.DOUBLE_FORFEIT}:
        return {"forfeit": True}
    return {"result": "loss" if result.winner else "draw"}
