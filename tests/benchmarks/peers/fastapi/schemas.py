from datetime import datetime

from pydantic import BaseModel, ConfigDict, PositiveInt


class Hello(BaseModel):
    hello: str


class TeamInGame(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    seed: int | None


class GameIn(BaseModel):
    tournament_id: PositiveInt
    series_id: PositiveInt | None = None
    match_id: PositiveInt | None = None
    radiant_id: PositiveInt
    dire_id: PositiveInt
    winner_id: PositiveInt | None = None
    duration: PositiveInt | None = None
    played_at: datetime | None = None


class GameOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    tournament_id: int
    series_id: int | None
    match_id: int | None
    radiant_id: int
    dire_id: int
    winner_id: int | None
    radiant: TeamInGame
    dire: TeamInGame
    duration: int | None
    played_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Page(BaseModel):
    count: int
    results: list[GameOut]
