"""What the sync learns of members and matches, written down."""

from app.steam.services.histories import (
    finish_look,
    forget_lease,
    lease,
    note_failure,
    note_private,
    record_page,
)
from app.steam.services.matches import (
    give_out_pending_matches,
    give_out_unasked_matches,
    hold_back,
    note_asked,
    note_attempt,
    note_unavailable,
    retry_matches,
)
from app.steam.services.members import (
    adopt,
    give_out_due_members,
    reconcile,
    record_check,
    start_over,
)
from app.steam.services.runs import (
    begin_run,
    latest_run,
    note_due,
    note_usage,
    note_work,
    remove_old,
)

__all__ = [
    "adopt",
    "begin_run",
    "finish_look",
    "forget_lease",
    "give_out_due_members",
    "give_out_pending_matches",
    "give_out_unasked_matches",
    "hold_back",
    "latest_run",
    "lease",
    "note_asked",
    "note_attempt",
    "note_due",
    "note_failure",
    "note_private",
    "note_unavailable",
    "note_usage",
    "note_work",
    "reconcile",
    "record_check",
    "record_page",
    "remove_old",
    "retry_matches",
    "start_over",
]
