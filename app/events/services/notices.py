"""What members and the community are told of an event: templates/events/notices, subjects on top.

Written in the transaction of what they tell of, and delivered once that has happened.
"""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from app.accounts.models import User
from app.core.letters import letter
from app.core.models import SystemSettings
from app.events.models import Event, Registration
from app.notifications import services as notifications
from app.notifications.markdown import escape


def tell(
    event: Event,
    registrations: Iterable[Registration],
    notice: str,
    *,
    occasion: str,
    expires: datetime | None = None,
) -> None:
    """Mail those who have registered what has become of the event, or of their own registrations.

    The occasion tells this notice from another of the same kind: each of them is mailed it once.
    What becomes of a registration does so once, so a batch of them goes by the id of the first.
    """
    subject, body = _written(event, notice, expires)
    notifications.notify(
        members=User.objects.filter(registrations__in=registrations),
        key=f"event-{event.pk}:{notice}:{occasion}",
        subject=subject,
        body=body,
    )


def announce(event: Event, notice: str) -> None:
    """Tell the community where it talks, if it is told there of anything; once, or again with
    another date.
    """
    subject, body = _written(event, f"announce_{notice}")
    notifications.announce(
        key=f"event-{event.pk}:{notice}:{event.start_date:%Y%m%dT%H%M}",
        text=f"**{subject}**\n{body}",
    )


def _written(event: Event, notice: str, expires: datetime | None = None) -> tuple[str, str]:
    site = SystemSettings.load()
    zone = ZoneInfo(site.timezone)

    def moment(value: datetime) -> str:
        local = value.astimezone(zone)
        return f"{local:%A} {local.day} {local:%B %Y, %H:%M} ({site.timezone})"

    context = {
        "event": event,
        "title": escape(event.title),
        "location": escape(event.location),
        "starts": moment(event.start_date),
        "ends": moment(event.end_date),
        "expires": expires and moment(expires),
        "can_register": timezone.now() < event.closes_at,
    }
    return letter(f"events/notices/{notice}.txt", context)
