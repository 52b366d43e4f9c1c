"""The proof that a Steam account is a member's."""

import logging

from django.conf import settings
from django.utils import timezone

from app.accounts import services as accounts
from app.accounts.errors import SignInCancelled, SignInLost
from app.accounts.models import User
from app.steam import openid, services, tasks
from app.steam.errors import SteamDoesNotAnswer, SteamNotProven

logger = logging.getLogger(__name__)


def link(*, member: User, query: str, return_to: str) -> None:
    """Link the account of which Steam's answer tells, if it is Steam's, and begin its first sync.

    Raises SteamNotProven, SteamDoesNotAnswer, SignInCancelled, SignInLost for an answer that was
    used, and what accounts' link_steam raises.
    """
    endpoint = settings.STEAM_OPENID_URL
    try:
        steam_id, nonce = openid.read(
            query, endpoint=endpoint, return_to=return_to, now=timezone.now()
        )
        openid.confirm(
            query,
            endpoint=endpoint,
            timeout=settings.STEAM_TIMEOUT,
            backoff=settings.STEAM_BACKOFF,
        )
    except openid.Refused as error:
        logger.warning("Member %s brought a proof from Steam that is none: %s", member.pk, error)
        raise SteamNotProven from error
    except openid.Cancelled as error:
        raise SignInCancelled from error
    except openid.Unavailable as error:
        raise SteamDoesNotAnswer from error
    # Steam says yes once; this holds should it ever say so twice.
    if not accounts.use_nonce(f"steam:{nonce}"):
        raise SignInLost
    accounts.link_steam(user=member, steam_id=steam_id)
    member.steam_id = steam_id
    services.adopt(member=member)
    tasks.sync_linked_member.enqueue(member_id=member.pk)
