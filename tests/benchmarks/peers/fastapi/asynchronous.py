import os
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query
from mangum import Mangum
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from . import games
from .models import Game, User
from .schemas import GameIn, GameOut, Hello, Page
from .tokens import UNAUTHORIZED, BearerToken, user_id_of

url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
Session = async_sessionmaker(create_async_engine(url), expire_on_commit=False)
app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with Session() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]


async def get_user(session: SessionDep, token: BearerToken) -> User:
    user = await session.get(User, user_id_of(token))
    if user is None or not user.is_active:
        raise UNAUTHORIZED
    return user


@app.get("/api/games/", response_model=Page)
async def list_games(
    session: SessionDep,
    tournament: int | None = None,
    page: Annotated[int, Query(ge=1)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 40,
):
    count = await session.scalar(games.count_of_games(tournament))
    found = await session.scalars(games.page_of_games(tournament, page, page_size))
    return {"count": count, "results": found.all()}


@app.get("/api/games/{game_id}/", response_model=GameOut)
async def get_game(session: SessionDep, game_id: int):
    game = await session.scalar(games.with_teams().where(Game.id == game_id))
    if game is None:
        raise HTTPException(404, "There is no such game.")
    return game


@app.post("/api/games/", response_model=GameOut, status_code=201, dependencies=[Depends(get_user)])
async def create_game(session: SessionDep, new: GameIn):
    teams = {team.id: team for team in await session.scalars(games.teams_of(new))}
    game = games.game_between(teams, new)
    session.add(game)
    await session.commit()
    return game


@app.get("/api/hello/")
async def hello() -> Hello:
    return Hello(hello="world")


handler = Mangum(app, lifespan="off")
