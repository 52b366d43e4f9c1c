"""The steps of the sync of the guild's members."""

from django.conf import settings

from app.accounts import services, tasks
from app.accounts.discord.bot import DiscordBot, DiscordLimited
from app.core.queue import nudge, put_back

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
                if not tasks.sync_guild_members.get_backend().supports_defer:
                    raise  # nobody would wait: the next run of the schedule begins anew
                put_back(tasks.sync_guild_members, seconds=limited.seconds, after=after)
                return
            services.record_guild_page(after=page.after, last=page.last, members=page.members)
            if page.last is None:
                return
            after = page.last
    nudge(tasks.sync_guild_members, after=after)
