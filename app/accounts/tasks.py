from django_tasks import task

# What these need is imported as they run: a request that only enqueues one does not wait for it.


@task
def mail_verification(*, user_id: int, email: str) -> None:
    from app.accounts import mails

    mails.send_verification(user_id=user_id, email=email)


@task
def mail_password_reset(*, email: str) -> None:
    from app.accounts import mails

    mails.send_password_reset(email=email)


@task
def mail_notice(*, notice: str, email: str, context: dict[str, str]) -> None:
    from app.accounts import mails

    mails.send(notice, to=email, **context)


@task
def remove_expired() -> None:
    from app.accounts import services

    services.remove_expired()


@task
def sync_guild_members(*, after: int = 0) -> None:
    """Note who is in the community's Discord server, from the given Discord id on."""
    from app.accounts.discord import guild

    guild.sync(after=after)
