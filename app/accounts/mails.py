"""Mails to members: what they say is in templates/accounts/mail, each with its subject on top.

Their links lead to FRONTEND_URL, never to a host that a request has named. The token is in the
fragment, which browsers keep to themselves: it is in no server's log. Without a frontend the token
itself is in the mail, with the route that takes it.
"""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage

from app.accounts.models import User
from app.accounts.tokens import EMAIL_TOKEN_LIFETIME, EmailToken, password_reset_token
from app.core.letters import letter
from app.core.models import SystemSettings


def send_verification(*, user_id: int, email: str) -> None:
    """Ask whoever reads the mailbox whether the member's claim to it is true.

    If somebody has proven that it is theirs, they are told of the claim, and given no token.
    """
    user = User.objects.active().filter(pk=user_id).first()
    if user is None:
        return
    others = User.objects.proven(email).exclude(pk=user.pk)
    if others.exists():
        send("email_in_use", to=email, username=user.username)
    else:
        token = EmailToken.make(user, email)
        send("verify_email", to=email, username=user.username, token=token)


def send_password_reset(*, email: str) -> None:
    """Mail a token to the member who has proven the email; tell anyone else that there is none."""
    user = User.objects.active().proven(email).first()
    if user is None:
        send("no_member", to=email)
    else:
        # To the address that we know, not to one that only looks like it.
        token = password_reset_token(user)
        send("reset_password", to=user.email, username=user.username, token=token)


def send(template: str, *, to: str, **context: Any) -> None:
    """Mail a template with what it names, and what all of them may."""
    context |= {
        "site_name": SystemSettings.load().site_name,
        "frontend": settings.FRONTEND_URL,
        "days": EMAIL_TOKEN_LIFETIME.days,
    }
    subject, body = letter(f"accounts/mail/{template}.txt", context)
    EmailMessage(subject, body, to=[to]).send()
