"""The people: Discord's users, and which of them are in the guild."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

Raw = dict[str, Any]

PAGE_SIZE: Final = 1000


@dataclass(frozen=True)
class User:
    id: int
    username: str
    global_name: str | None
    avatar: str | None
    email: str | None
    verified: bool

    def public(self) -> Raw:
        return {
            "id": str(self.id),
            "username": self.username,
            "discriminator": "0",
            "global_name": self.global_name,
            "avatar": self.avatar,
        }

    def private(self) -> Raw:
        return self.public() | {"email": self.email, "verified": self.verified}


@dataclass(frozen=True)
class Member:
    user: User
    nick: str | None
    roles: tuple[str, ...]
    joined_at: str

    def payload(self) -> Raw:
        return {
            "nick": self.nick,
            "roles": list(self.roles),
            "joined_at": self.joined_at,
            "user": self.user.public(),
        }


class Guild:
    def __init__(self, guild_id: int) -> None:
        self.id = guild_id
        self.users: dict[int, User] = {}
        self._seats: dict[int, tuple[str | None, tuple[str, ...], str]] = {}

    def add_user(self, user: User) -> None:
        self.users[user.id] = user

    def join(self, user_id: int, nick: str | None, roles: Iterable[int], joined_at: str) -> None:
        if user_id not in self.users:
            raise KeyError(user_id)
        self._seats[user_id] = (nick, tuple(map(str, roles)), joined_at)

    def leave(self, user_id: int) -> None:
        del self._seats[user_id]

    def member(self, user_id: int) -> Member | None:
        seat = self._seats.get(user_id)
        return Member(self.users[user_id], *seat) if seat else None

    def page(self, *, after: int, limit: int) -> list[Raw]:
        """Who follows the id, in the order of ids."""
        found = sorted(user_id for user_id in self._seats if user_id > after)[:limit]
        return [Member(self.users[user_id], *self._seats[user_id]).payload() for user_id in found]
