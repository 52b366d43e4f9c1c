"""Every write to members and what they sign in with."""

from app.accounts.services.credentials import (
    change_email,
    change_password,
    request_password_reset,
    resend_verification,
    reset_password,
    verify_email,
)
from app.accounts.services.guild import record_guild_page
from app.accounts.services.links import (
    link_discord,
    link_steam,
    sign_in_by_discord,
    unlink_discord,
    unlink_steam,
)
from app.accounts.services.members import (
    deactivate,
    delete_member,
    member_for_tests,
    reactivate,
    register,
    update_member,
)
from app.accounts.services.nonces import forget_nonce, use_nonce
from app.accounts.services.tokens import (
    issue_tokens,
    remove_expired,
    revoke_tokens,
    rotate_tokens,
    sign_in,
    sign_out_everywhere,
)

__all__ = [
    "change_email",
    "change_password",
    "deactivate",
    "delete_member",
    "forget_nonce",
    "issue_tokens",
    "link_discord",
    "link_steam",
    "member_for_tests",
    "reactivate",
    "record_guild_page",
    "register",
    "remove_expired",
    "request_password_reset",
    "resend_verification",
    "reset_password",
    "revoke_tokens",
    "rotate_tokens",
    "sign_in",
    "sign_in_by_discord",
    "sign_out_everywhere",
    "unlink_discord",
    "unlink_steam",
    "update_member",
    "use_nonce",
    "verify_email",
]
