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
def mail_password_changed(*, user_id: int) -> None:
    from app.accounts import mails

    mails.send_password_changed(user_id=user_id)


@task
def mail_email_changed(*, email: str, username: str) -> None:
    from app.accounts import mails

    mails.send_email_changed(email=email, username=username)


@task
def mail_discord_linked(*, user_id: int) -> None:
    from app.accounts import mails

    mails.send_discord_linked(user_id=user_id)


@task
def mail_member_deleted(*, email: str, username: str) -> None:
    from app.accounts import mails

    mails.send_member_deleted(email=email, username=username)


@task
def remove_expired() -> None:
    from app.accounts import services

    services.remove_expired()


@task
def sync_guild_members(*, after: int = 0) -> None:
    """Note who is in the community's Discord server, from the given Discord id on."""
    from app.accounts.discord import guild

    guild.sync(after=after)
