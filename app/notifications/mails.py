"""One mail over a connection that is kept for the next."""

import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from app.notifications.errors import Refused, Unavailable, Undelivered
from app.notifications.models import Notification


def send(notification: Notification, *, server: BaseEmailBackend) -> None:
    """Mail it to the address that is the member's now.

    Raises Undelivered, Refused or Unavailable, by what the server says.
    """
    member = notification.member
    assert member is not None
    if not member.is_active:
        raise Refused("The member is deactivated")
    if not member.email_verified:
        raise Refused("The member's email is not proven")
    message = EmailMessage(
        notification.subject,
        notification.body,
        to=[member.email],
        headers={"Message-ID": _message_id(notification)},
        connection=server,
    )
    try:
        server.open()
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        [(code, reply)] = error.recipients.values()
        raise (Refused if code >= 500 else Undelivered)(_said(code, reply)) from None
    except OSError as error:  # which smtplib's are, too
        if isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500:
            raise Refused(_said(error.smtp_code, error.smtp_error)) from None
        # What state it is in, nobody knows.
        server.close()
        reason = getattr(error, "smtp_code", type(error).__name__)
        raise Unavailable(f"The mail server: {reason}") from None
    except ValueError as error:
        raise Refused(f"No mail can be made of it: {type(error).__name__}") from None


def _message_id(notification: Notification) -> str:
    """Answer the same for each attempt, so that a mailbox can tell that it is one mail.

    With the time, as another database has the same ids.
    """
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    written = f"{notification.created_at:%Y%m%d%H%M%S%f}"
    return f"<notification.{notification.pk}.{written}@{domain}>"


def _said(code: int, reply: bytes | str) -> str:
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    return f"The mail server: {code} {text}"
