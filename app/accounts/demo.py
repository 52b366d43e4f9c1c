"""The members of the demo community. Their names and numbers are made up."""

from app.accounts.models import User
from app.core.steam_id import to_steam_id

EMAIL = "demo@guildhall.example"
PASSWORD = "three-lanes-one-ancient"  # noqa: S105 - public, and only ever under DEBUG

NICKNAMES = ["Aldous", "Brannoch", "Cinder", "Dunmore", "Elowen", "Fenwick", "Garrick", "Hollis"]
# Account numbers far above those that Steam has given out.
FIRST_ACCOUNT_ID = 4_000_000_001


def load() -> None:
    organiser = _member("demo", EMAIL, "The Organiser")
    organiser.is_staff = organiser.is_superuser = True
    organiser.save()
    for number, nickname in enumerate(NICKNAMES):
        username = nickname.lower()
        member = _member(username, f"{username}@guildhall.example", nickname)
        member.steam_id = to_steam_id(FIRST_ACCOUNT_ID + number)
        member.save()


def _member(username: str, email: str, nickname: str) -> User:
    """A member who has proven their email; nobody is mailed."""
    member = User(username=username, email=email, email_verified=True, nickname=nickname)
    member.set_password(PASSWORD)
    return member


def members() -> list[User]:
    return list(User.objects.filter(username__in=[name.lower() for name in NICKNAMES]))
