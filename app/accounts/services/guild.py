from django.db import transaction
from django.utils import timezone

from app.accounts.discord.payloads import GuildMember
from app.accounts.models import User


@transaction.atomic
def record_guild_page(*, after: int, last: int | None, members: dict[int, GuildMember]) -> None:
    """Note who of the members in a range of Discord ids is in the guild, and by which nickname.

    Members whose id is above `after` and up to `last` (None: whatever it is) and who are not among
    those given have left. Each page tells of its own range, so a sync that stops half-way has noted
    nothing wrong.
    """
    linked = User.objects.filter(discord_id__gt=after)
    if last is not None:
        linked = linked.filter(discord_id__lte=last)
    changed = []
    # Locked, in one order: a member whose account is unlinked meanwhile is not in the guild by it.
    found = linked.filter(discord_id__in=members).order_by("id").select_for_update()
    for user in found.only("discord_id", "in_guild", "guild_nickname"):
        nickname = members[user.discord_id or 0].nickname
        if not user.in_guild or user.guild_nickname != nickname:
            user.in_guild, user.guild_nickname, user.guild_left_at = True, nickname, None
            changed.append(user)
    User.objects.bulk_update(changed, ["in_guild", "guild_nickname", "guild_left_at"], 500)
    linked.filter(in_guild=True).exclude(discord_id__in=members).update(
        in_guild=False, guild_nickname="", guild_left_at=timezone.now()
    )
