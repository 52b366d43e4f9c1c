from datetime import datetime
from typing import Any

import jwt
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import FilterSchema, NinjaAPI, Query, Schema, Status
from ninja.errors import HttpError
from ninja.pagination import PageNumberPagination, paginate
from ninja.security import HttpBearer

from ..stock.tournaments.models import Game, Team


class BearerToken(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        try:
            claims = jwt.decode(token, settings.SECRET_KEY, algorithms=["HS256"])
        except jwt.InvalidTokenError:
            return None
        return User.objects.filter(pk=claims["user_id"], is_active=True).first()


class Pages(PageNumberPagination):
    items_attribute = "results"

    class Output(Schema):
        count: int
        results: list[Any]


class Hello(Schema):
    hello: str


class GameFilter(FilterSchema):
    tournament: int | None = None
    winner: int | None = None


class TeamInGame(Schema):
    id: int
    name: str
    seed: int | None


class GameIn(Schema):
    tournament_id: int
    series_id: int | None = None
    match_id: int | None = None
    radiant_id: int
    dire_id: int
    winner_id: int | None = None
    duration: int | None = None
    played_at: datetime | None = None


class GameOut(GameIn):
    id: int
    radiant: TeamInGame
    dire: TeamInGame
    created_at: datetime
    updated_at: datetime


api = NinjaAPI()


@api.get("/games/", response=list[GameOut])
@paginate(Pages, page_size=40)
def list_games(request: HttpRequest, filters: Query[GameFilter]):
    return filters.filter(Game.objects.select_related("radiant", "dire"))


@api.get("/games/{int:game_id}/", response=GameOut)
def get_game(request: HttpRequest, game_id: int):
    return get_object_or_404(Game.objects.select_related("radiant", "dire"), pk=game_id)


@api.post("/games/", response={201: GameOut}, auth=BearerToken())
def create_game(request: HttpRequest, new: GameIn):
    teams = Team.objects.filter(tournament=new.tournament_id).in_bulk([new.radiant_id, new.dire_id])
    if len(teams) != 2:
        raise HttpError(400, "Two of the tournament's teams play.")
    if new.winner_id is not None and new.winner_id not in teams:
        raise HttpError(400, "The winner must be one of the two teams.")
    fields = new.dict() | {"radiant": teams[new.radiant_id], "dire": teams[new.dire_id]}
    return Status(201, Game.objects.create(**fields))


@api.get("/hello/", response=Hello)
def hello(request: HttpRequest):
    return {"hello": "world"}
