from app.accounts import tasks
from app.accounts.models import User


def notify(user: User, notice: str, **context: str) -> None:
    """Mail the member what has become of their account, once it has: outside of a transaction.

    At the email that they have proven; who has proven none is told nothing.
    """
    if user.email_verified:
        context["username"] = user.username
        tasks.mail_notice.enqueue(notice=notice, email=user.email, context=context)
