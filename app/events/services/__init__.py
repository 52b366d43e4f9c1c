"""Every write to events, and to who comes to them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.events.services.attendance import check_in, mark_no_shows, undo_check_in
    from app.events.services.events import (
        check_event,
        create_event,
        delete_event,
        update_event,
    )
    from app.events.services.feeds import make_feed, revoke_feed
    from app.events.services.registrations import (
        add_registration,
        leave,
        move_lines,
        register,
        remove_registration,
    )

__all__ = [
    "add_registration",
    "check_event",
    "check_in",
    "create_event",
    "delete_event",
    "leave",
    "make_feed",
    "mark_no_shows",
    "move_lines",
    "register",
    "remove_registration",
    "revoke_feed",
    "undo_check_in",
    "update_event",
]

_MODULES = ["attendance", "events", "feeds", "registrations"]


def __getattr__(name: str) -> Any:
    # https://peps.python.org/pep-0562/: a read has no use for these, nor for the notices that they
    # bring along, which is 11 modules of a cold start.
    if name in __all__:
        for module in _MODULES:
            found = vars(import_module(f"{__name__}.{module}"))
            if name in found:
                return found[name]
    raise AttributeError(name)
