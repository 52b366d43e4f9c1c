import os
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query
from mangum import Mangum
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session, sessionmaker

from . import games
from .models import Game, User
from .schemas import GameIn, GameOut, Hello, Page
from .tokens import UNAUTHORIZED, BearerToken, user_id_of

url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg")
SessionLocal = sessionmaker(create_engine(url), expire_on_commit=False)
app = FastAPI()


def get_session() -> Iterator[Session]:
    with SessionLocal() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]


def get_user(session: SessionDep, token: BearerToken) -> User:
    user = session.get(User, user_id_of(token))
    if user is None or not user.is_active:
        raise UNAUTHORIZED
    return user


@app.get("/api/games/", response_model=Page)
def list_games(
    session: SessionDep,
    tournament: int | None = None,
    page: Annotated[int, Query(ge=1)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 40,
):
    count = session.scalar(games.count_of_games(tournament))
    found = session.scalars(games.page_of_games(tournament, page, page_size))
    return {"count": count, "results": found.all()}


@app.get("/api/games/{game_id}/", response_model=GameOut)
def get_game(session: SessionDep, game_id: int):
    game = session.scalar(games.with_teams().where(Game.id == game_id))
    if game is None:
        raise HTTPException(404, "There is no such game.")
    return game


@app.post("/api/games/", response_model=GameOut, status_code=201, dependencies=[Depends(get_user)])
def create_game(session: SessionDep, new: GameIn):
    teams = {team.id: team for team in session.scalars(games.teams_of(new))}
    game = games.game_between(teams, new)
    session.add(game)
    session.commit()
    return game


@app.get("/api/hello/")
def hello() -> Hello:
    return Hello(hello="world")


handler = Mangum(app, lifespan="off")
