import secrets

from app.accounts.models import User
from app.events.models import CalendarFeed


def make_feed(*, member: User) -> str:
    """Answer the token of the member's calendar. An earlier one is worthless from then on."""
    token = secrets.token_urlsafe(32)
    CalendarFeed.objects.update_or_create(
        member=member, defaults={"digest": CalendarFeed.digest_of(token)}
    )
    return token


def revoke_feed(*, member: User) -> None:
    CalendarFeed.objects.filter(member=member).delete()
