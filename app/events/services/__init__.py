"""Every write to events, and to who comes to them."""

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
