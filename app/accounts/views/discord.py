from django.conf import settings
from django.contrib import auth
from rest_framework.request import Request

from app.accounts.errors import (
    DiscordAccountTaken,
    DiscordAlreadyLinked,
    DiscordEmailNotVerified,
    DiscordNotConfigured,
    DiscordUnavailable,
    EmailNotVerified,
    MemberInactive,
    SignInCancelled,
    SignInLost,
)
from app.accounts.models import User
from app.accounts.views import social
from app.core.documentation import documented


class DiscordView(social.SocialView):
    provider = "discord"


@documented(errors=[DiscordNotConfigured])
class DiscordLoginView(DiscordView, social.BeginView):
    """Sign in by Discord; who is signed in links their Discord account instead."""

    def login_url(self, request: Request, errand: social.Errand) -> str:
        if not settings.SOCIAL_AUTH_DISCORD_KEY:
            raise DiscordNotConfigured
        from app.accounts.discord import oauth  # with requests: 60 ms

        return oauth.authorization_url(request._request, self.callback_url(request))


@documented(
    errors=[
        SignInLost,
        SignInCancelled,
        MemberInactive,
        DiscordAccountTaken,
        DiscordAlreadyLinked,
        DiscordEmailNotVerified,
        EmailNotVerified,
        DiscordUnavailable,
    ]
)
class DiscordCompleteView(DiscordView, social.CompleteView):
    """The browser is signed in by a session, or the member's Discord account is linked."""

    def complete(self, request: Request, errand: social.Errand) -> User:
        from app.accounts.discord import oauth

        member = errand.member()
        user = oauth.complete(request._request, self.callback_url(request), member=member)
        if member is None:
            auth.login(request._request, user)
        return user
