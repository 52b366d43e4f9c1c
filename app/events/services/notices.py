"""What members and the community are told of an event: templates/events/mail, subjects on top.

Written in the transaction of what they tell of, and delivered once that has happened.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string

from app.accounts.models import User
from app.core.models import SystemSettings
from app.events.models import Event, Registration
from app.notifications import services as notifications


def tell(event: Event, registrations: Iterable[Registration], notice: str) -> None:
    """Mail those who have a seat or wait for one what has become of the event."""
    _notify(event, registrations, notice, occasion=f"{event.sequence}")


def tell_of_seats(
    event: Event,
    registrations: Sequence[Registration],
    notice: str,
    *,
    expires: datetime | None = None,
) -> None:
    """Mail members what has become of their own registrations, which happens once to each."""
    # So the first one tells the batch from any other.
    _notify(event, registrations, notice, occasion=f"of-{registrations[0].pk}", expires=expires)


def _notify(
    event: Event,
    registrations: Iterable[Registration],
    notice: str,
    *,
    occasion: str,
    expires: datetime | None = None,
) -> None:
    subject, body = _written(event, notice, expires)
    notifications.notify(
        members=User.objects.filter(registrations__in=registrations),
        key=f"event-{event.pk}:{notice}:{occasion}",
        subject=subject,
        body=body,
    )


def announce(event: Event, notice: str) -> None:
    """Tell the community where it talks, if it is told there of anything."""
    if settings.DISCORD_WEBHOOK_URL:
        subject, body = _written(event, f"announce_{notice}")
        notifications.announce(
            key=f"event-{event.pk}:{notice}", text=f"**{subject}**\n{body}".strip()
        )


def _written(event: Event, notice: str, expires: datetime | None = None) -> tuple[str, str]:
    site = SystemSettings.load()
    zone = ZoneInfo(site.timezone)

    def moment(value: datetime) -> str:
        local = value.astimezone(zone)
        return f"{local:%A} {local.day} {local:%B %Y, %H:%M} ({site.timezone})"

    context = {
        "event": event,
        "starts": moment(event.start_date),
        "ends": moment(event.end_date),
        "expires": expires and moment(expires),
        "url": f"{settings.FRONTEND_URL}/events/{event.pk}" if settings.FRONTEND_URL else "",
    }
    text = render_to_string(f"events/mail/{notice}.txt", context)
    subject, _, body = text.partition("\n")
    return subject, body.strip() + "\n"
