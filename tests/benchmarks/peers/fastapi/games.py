"""What is the same whether the database is awaited or not."""

from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException
from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from .models import Game, Team
from .schemas import GameIn


def with_teams() -> Select[tuple[Game]]:
    teams = (Game.radiant, Game.dire)
    return select(Game).options(*(joinedload(team, innerjoin=True) for team in teams))


def page_of_games(tournament: int | None, page: int, page_size: int) -> Select[tuple[Game]]:
    found = _in_tournament(with_teams(), tournament).order_by(Game.id.desc())
    return found.limit(page_size).offset((page - 1) * page_size)


def count_of_games(tournament: int | None) -> Select[tuple[int]]:
    return _in_tournament(select(func.count()).select_from(Game), tournament)


def teams_of(game: GameIn) -> Select[tuple[Team]]:
    ids = [game.radiant_id, game.dire_id]
    return select(Team).where(Team.tournament_id == game.tournament_id, Team.id.in_(ids))


def game_between(teams: Mapping[int, Team], new: GameIn) -> Game:
    if teams.keys() != {new.radiant_id, new.dire_id} or len(teams) != 2:
        raise HTTPException(400, "Two of the tournament's teams play.")
    if new.winner_id is not None and new.winner_id not in teams:
        raise HTTPException(400, "The winner must be one of the two teams.")
    return Game(radiant=teams[new.radiant_id], dire=teams[new.dire_id], **new.model_dump())


def _in_tournament(statement: Select[Any], tournament: int | None) -> Select[Any]:
    return statement if tournament is None else statement.where(Game.tournament_id == tournament)
