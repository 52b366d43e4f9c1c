from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


def now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True), int: BigInteger}


class User(Base):
    __tablename__ = "auth_user"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(150))
    email: Mapped[str] = mapped_column(String(254))
    is_active: Mapped[bool]


class Team(Base):
    __tablename__ = "tournaments_team"

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    captain_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    seed: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class Game(Base):
    __tablename__ = "tournaments_game"

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int]
    series_id: Mapped[int | None]
    match_id: Mapped[int | None]
    radiant_id: Mapped[int] = mapped_column(ForeignKey(Team.id))
    dire_id: Mapped[int] = mapped_column(ForeignKey(Team.id))
    winner_id: Mapped[int | None] = mapped_column(ForeignKey(Team.id))
    duration: Mapped[int | None]
    played_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    radiant: Mapped[Team] = relationship(foreign_keys=radiant_id)
    dire: Mapped[Team] = relationship(foreign_keys=dire_id)
