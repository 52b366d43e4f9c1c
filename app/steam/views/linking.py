import secrets
from urllib.parse import urlencode

from django.conf import settings
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from app.accounts.errors import (
    SignInCancelled,
    SignInLost,
    SteamAccountTaken,
    SteamAlreadyLinked,
)
from app.accounts.models import User
from app.accounts.views import social
from app.core.documentation import documented
from app.steam.errors import SteamDoesNotAnswer, SteamNotProven


class SteamView(social.SocialView):
    provider = "steam"


class SteamLoginView(SteamView, social.BeginView):
    """Link one's Steam account, by signing in at Steam."""

    permission_classes = [IsAuthenticated]

    def login_url(self, request: Request, errand: social.Errand) -> str:
        from app.steam import openid  # with httpx

        state = secrets.token_urlsafe(24)
        errand.details["return_to"] = f"{self.callback_url(request)}?{urlencode({'state': state})}"
        return openid.login_url(
            endpoint=settings.STEAM_OPENID_URL, return_to=errand.details["return_to"]
        )


@documented(
    errors=[
        SignInLost,
        SignInCancelled,
        SteamNotProven,
        SteamAccountTaken,
        SteamAlreadyLinked,
        SteamDoesNotAnswer,
    ]
)
class SteamCompleteView(SteamView, social.CompleteView):
    """The member's Steam account is linked, and its first sync begins."""

    def complete(self, request: Request, errand: social.Errand) -> User:
        from app.steam import linking

        member = errand.member()
        if member is None:
            raise SignInLost
        linking.link(
            member=member,
            query=request.META["QUERY_STRING"],
            return_to=errand.details["return_to"],
        )
        return member
