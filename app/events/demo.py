"""A community's calendar: some evenings behind it, one that is on, and some ahead."""

from datetime import timedelta
from typing import Any, NamedTuple

from django.utils import timezone

from app.accounts.demo import EMAIL, members
from app.accounts.models import User
from app.events import services
from app.events.models import Event, Registration

Status = Registration.Status


class Planned(NamedTuple):
    title: str
    description: str
    location: str
    in_hours: int
    """From the full hour that is now; negative for what has been."""
    hours: int
    seats: int | None
    coming: int
    """How many of the demo members register, in order; beyond the seats they wait."""
    more: dict[str, Any] = {}


EVENTS = [
    Planned(
        "Season kick-off",
        "Who we are, what is planned, and a few games afterwards.",
        "Voice channel Ancient",
        -24 * 21,
        3,
        None,
        8,
    ),
    Planned(
        "Captains' workshop",
        "Drafting, calling, keeping calm. Bring a replay that went wrong.",
        "Voice channel Radiant",
        -24 * 14,
        2,
        6,
        6,
    ),
    Planned(
        "Friday in-house #11",
        "Ten players, two captains, three games.",
        "Lobby “guildhall”",
        -24 * 7,
        4,
        10,
        8,
    ),
    Planned(
        "Late shift: turbo",
        "Turbo until somebody falls asleep. Come and go as you like.",
        "Voice channel Dire",
        -1,
        4,
        None,
        5,
    ),
    Planned(
        "Friday in-house #12",
        "Ten players, two captains, three games. Who waits gets a seat if somebody gives one back.",
        "Lobby “guildhall”",
        30,
        4,
        5,
        8,
    ),
    Planned(
        "Harvest Cup: playoffs watch party",
        "The Cup's last evening on the big screen. Pizza is on the house, seats are few.",
        "Clubhouse, Lantern Street 5",
        24 * 4 + 2,
        5,
        4,
        7,
        {"offer_hours": 24},
    ),
    Planned(
        "Newcomers' night",
        "For who has played fewer than a hundred games. Two coaches to a team.",
        "Voice channel Radiant",
        24 * 6,
        3,
        12,
        4,
    ),
    Planned(
        "Support players' round table",
        "Wards, timings, and why it is always our fault.",
        "Voice channel Ancient",
        24 * 9,
        2,
        None,
        3,
    ),
    Planned(
        "1v1 mid ladder",
        "Best of three, first tower or two kills. Registration opens next week.",
        "Lobby “guildhall-mid”",
        24 * 16,
        3,
        8,
        0,
        {"registration_opens": 24 * 7},
    ),
    Planned(
        "Winter LAN",
        "A weekend, thirty machines, one router that must not be touched.",
        "Clubhouse, Lantern Street 5",
        24 * 27,
        46,
        30,
        8,
        {"registration_closes": 24 * 20},
    ),
    Planned(
        "All-hero challenge relay",
        "Cancelled: the clubhouse is being painted.",
        "Clubhouse, Lantern Street 5",
        24 * 11,
        6,
        10,
        5,
        {"status": Event.Status.CANCELLED},
    ),
    Planned(
        "New Year's gauntlet",
        "A draft still: format and prizes are being argued about.",
        "",
        24 * 41,
        5,
        16,
        0,
        {"status": Event.Status.DRAFT},
    ),
]


def load() -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    organiser = User.objects.get(email=EMAIL)
    for planned in EVENTS:
        start = hour + timedelta(hours=planned.in_hours)
        more = {
            name: hour + timedelta(hours=value) if name.startswith("registration_") else value
            for name, value in planned.more.items()
        }
        event = Event.objects.create(
            created_by=organiser,
            title=planned.title,
            description=planned.description,
            location=planned.location,
            start_date=start,
            end_date=start + timedelta(hours=planned.hours),
            max_participants=planned.seats,
            **{"status": Event.Status.PUBLISHED, **more},
        )
        _register(event, planned)
        if event.end_date < hour:
            services.mark_no_shows(event=event)


def _register(event: Event, planned: Planned) -> None:
    # As services.register() would have, had it been called in time.
    has_begun = event.start_date <= timezone.now()
    for number, member in enumerate(members()[: planned.coming]):
        seated = planned.seats is None or number < planned.seats
        came = has_begun and seated and number % 4 != 3
        Registration.objects.create(
            event=event,
            member=member,
            status=Status.REGISTERED if seated else Status.WAITLISTED,
            checked_in_at=event.start_date if came else None,
        )
