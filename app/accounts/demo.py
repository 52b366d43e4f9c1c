"""The members of the demo community. Their names and numbers are made up."""

from app.accounts.models import User
from app.accounts.services import register
from app.core.steam_id import to_steam_id

EMAIL = "demo@guildhall.example"
PASSWORD = "three-lanes-one-ancient"  # noqa: S105 - public, and only ever under DEBUG

NICKNAMES = ["Aldous", "Brannoch", "Cinder", "Dunmore", "Elowen", "Fenwick", "Garrick", "Hollis"]
# Account numbers far above those that Steam has given out.
FIRST_ACCOUNT_ID = 4_000_000_001


def load() -> None:
    organiser = register(email=EMAIL, password=PASSWORD, username="demo")
    organiser.nickname = "The Organiser"
    organiser.is_staff = organiser.is_superuser = True
    organiser.save()
    for number, nickname in enumerate(NICKNAMES):
        username = nickname.lower()
        member = register(
            email=f"{username}@guildhall.example", password=PASSWORD, username=username
        )
        member.nickname = nickname
        member.steam_id = to_steam_id(FIRST_ACCOUNT_ID + number)
        member.save()


def members() -> list[User]:
    return list(User.objects.filter(username__in=[name.lower() for name in NICKNAMES]))
