"""The steps of the sync of the guild's members."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from app.accounts import services, tasks
from app.accounts.discord.bot import DiscordBot, DiscordLimited

# Pages in one task, each of a second at most: less than a Lambda function may take.
PAGES = 30


def sync(*, after: int = 0) -> None:
    """Read the guild's members page by page, from a Discord id on, and note who is in it.

    What is left after PAGES, or when Discord wants a longer rest, is a task of its own. Raises
    DiscordError when Discord does not answer; the pages until then are noted.
    """
    if not (settings.DISCORD_BOT_TOKEN and settings.DISCORD_GUILD_ID):
        return
    with DiscordBot(url=settings.DISCORD_URL, token=settings.DISCORD_BOT_TOKEN) as bot:
        for _ in range(PAGES):
            try:
                page = bot.guild_page(guild_id=settings.DISCORD_GUILD_ID, after=after)
            except DiscordLimited as limited:
                _go_on(after=after, seconds=limited.seconds)
                return
            services.record_guild_page(after=page.after, last=page.last, members=page.members)
            if page.last is None:
                return
            after = page.last
    _go_on(after=after, seconds=0)


def _go_on(*, after: int, seconds: float) -> None:
    task = tasks.sync_guild_members
    if task.get_backend().supports_defer:
        task = task.using(run_after=timezone.now() + timedelta(seconds=seconds))
    elif seconds:
        # Nobody would wait: the next run of the schedule begins anew.
        raise DiscordLimited(seconds)
    task.enqueue(after=after)
