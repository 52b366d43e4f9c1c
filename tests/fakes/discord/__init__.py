"""A fake of Discord's sign-in and of the parts of its API that we use, over real HTTP.

    with FakeDiscord() as discord:
        settings.DISCORD_URL = discord.url
        discord.add_user(101, username="ada", email="ada@example.org")
        discord.join(101, nick="Ada")
        back = discord.approve(authorize_url, 101)
        settings.DISCORD_WEBHOOK_URL = discord.webhook_url
        discord.fail("503", endpoint="token", times=1)
        ...
        assert discord.count("members") == 3
        assert discord.posts[0]["content"] == "Hello"
        assert not discord.refused

Endpoints, as calls and faults name them: token, me, member (of the guild, who asks), members and
webhook.
"""

from tests.fakes.discord.fake import GUILD_ID, FakeDiscord
from tests.fakes.discord.faults import Fault
from tests.fakes.server import Call

__all__ = ["GUILD_ID", "Call", "FakeDiscord", "Fault"]
