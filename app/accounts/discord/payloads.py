"""What Discord tells of people: https://discord.com/developers/docs/resources/user"""

from dataclasses import dataclass
from typing import Any, Self

AVATARS = "cdn.discordapp.com"

# As long as our columns are.
_NAME = 64


class Malformed(ValueError):
    """Discord has sent what makes no sense."""


@dataclass(frozen=True)
class GuildMember:
    """Somebody as a member of the community's server, or as one who is none."""

    joined: bool
    nickname: str = ""

    @classmethod
    def read(cls, raw: Any) -> Self:
        """Read a guild member object. Raises Malformed."""
        return cls(joined=True, nickname=_name(_object(raw).get("nick")))


@dataclass(frozen=True)
class Profile:
    """Somebody at Discord who has signed in there."""

    id: int
    username: str
    nickname: str
    avatar_url: str
    proven_email: str
    """In lower case; empty unless Discord says that it is verified."""
    guild: GuildMember | None = None
    """None where nobody has asked."""

    @classmethod
    def read(cls, raw: Any, guild: GuildMember | None) -> Self:
        """Read a user object. Raises Malformed."""
        raw = _object(raw)
        user_id, username = snowflake(raw.get("id")), _name(raw.get("username"))
        if not username:
            raise Malformed("username")
        avatar, email = raw.get("avatar"), raw.get("email")
        proven = isinstance(email, str) and raw.get("verified") is True
        return cls(
            id=user_id,
            username=username,
            nickname=_name(raw.get("global_name")) or username,
            avatar_url=f"https://{AVATARS}/avatars/{user_id}/{avatar}.png" if avatar else "",
            proven_email=email.lower() if proven else "",
            guild=guild,
        )


def snowflake(raw: Any) -> int:
    """Read an id, which is a string in JSON. Raises Malformed."""
    if not isinstance(raw, str) or not raw.isdecimal() or int(raw) >= 2**63:
        raise Malformed("id")
    return int(raw)


def _object(raw: Any) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise Malformed("not an object")
    return raw


def _name(raw: Any) -> str:
    if not isinstance(raw, str | None):
        raise Malformed("name")
    return (raw or "").replace("\0", "")[:_NAME]
