"""Signing in at Discord, by python-social-auth: https://python-social-auth.readthedocs.io

Its Django app is left out: what that keeps in five tables is a column of ours.
"""

import logging
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from requests.exceptions import RequestException
from social_core import exceptions
from social_core.backends.discord import DiscordOAuth2
from social_django.strategy import DjangoStrategy

from app.accounts import services
from app.accounts.discord.payloads import GuildMember, Malformed, Profile
from app.accounts.errors import DiscordUnavailable, SignInCancelled, SignInLost
from app.accounts.models import User

logger = logging.getLogger(__name__)


class _Nonces:
    """The states that are out, each of which comes back once."""

    @staticmethod
    def use(scope: str, timestamp: int, state: str) -> bool:
        return services.use_nonce(f"{scope}:{state}")

    @staticmethod
    def consume(scope: str, timestamp: int, state: str) -> bool:
        return services.forget_nonce(f"{scope}:{state}")


class _Storage:
    nonce = _Nonces


class _Strategy(DjangoStrategy):
    def get_request_data(self, merge: bool = True) -> Any:
        # Discord answers in the query; a body is JSON, which Django would take for a broken form.
        return self.request.GET if self.request else {}

    def authenticate(self, backend: Any, *args: Any, **kwargs: Any) -> Any:
        # Not Django's, which would ask for the backend in AUTHENTICATION_BACKENDS: every sign-in by
        # password would import it.
        kwargs |= {"strategy": self, "storage": self.storage, "backend": backend}
        return backend.authenticate(self.request, *args, **kwargs)


class _Discord(DiscordOAuth2[HttpResponse]):
    DEFAULT_SCOPE = ["identify", "email", "guilds.members.read"]
    SCOPE_SEPARATOR = " "

    def authorization_url(self) -> str:
        return f"{settings.DISCORD_URL}/oauth2/authorize"

    def access_token_url(self) -> str:
        return f"{settings.DISCORD_URL}/api/v10/oauth2/token"

    def user_data(self, access_token: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {"user": self._get("users/@me", access_token)}

    def guild_member(self, access_token: str) -> GuildMember | None:
        """Answer the member of our guild; None if Discord does not say. That stops nobody."""
        if not settings.DISCORD_GUILD_ID:
            return None
        path = f"users/@me/guilds/{settings.DISCORD_GUILD_ID}/member"
        try:
            return GuildMember.read(self._get(path, access_token))
        except (RequestException, exceptions.AuthException, Malformed) as error:
            if getattr(error, "status_code", None) == 404:
                return GuildMember(joined=False)
            logger.warning("Discord did not tell of the guild's member: %s", error)
            return None

    def _get(self, path: str, access_token: str) -> Any:
        return self.get_json(
            f"{settings.DISCORD_URL}/api/v10/{path}",
            headers={"Authorization": f"Bearer {access_token}"},
        )


def _backend(request: HttpRequest, redirect_uri: str) -> _Discord:
    return _Discord(_Strategy(_Storage, request), redirect_uri)


def authorization_url(request: HttpRequest, redirect_uri: str) -> str:
    """Answer where at Discord the browser is to go; its session remembers that it did."""
    url: str = _backend(request, redirect_uri).auth_url()
    return url


def complete(request: HttpRequest, redirect_uri: str, *, member: User | None) -> User:
    """Answer the member whom Discord has sent back: the given one, now linked, or whose it is.

    Raises SignInLost, SignInCancelled and DiscordUnavailable, and what services.link_discord and
    services.sign_in_by_discord raise.
    """
    try:
        user = _backend(request, redirect_uri).complete(user=member)
    except exceptions.AuthCanceled as error:
        raise SignInCancelled from error
    except (
        exceptions.AuthSessionError,
        exceptions.AuthInputError,
        exceptions.AuthCredentialError,
    ) as error:
        raise SignInLost from error
    except (RequestException, exceptions.AuthException, Malformed) as error:
        logger.warning("Discord did not let anybody in: %s", error)
        raise DiscordUnavailable from error
    assert isinstance(user, User)
    return user


# The steps of settings.SOCIAL_AUTH_DISCORD_PIPELINE: each is given what those before it answered.


def read_profile(backend: _Discord, response: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    guild = backend.guild_member(response["access_token"])
    return {"profile": Profile.read(response["user"], guild)}


def sign_in_or_link(profile: Profile, user: User | None = None, **kwargs: Any) -> dict[str, Any]:
    if user is None:
        return {"user": services.sign_in_by_discord(profile=profile)}
    services.link_discord(user=user, profile=profile)
    return {"user": user}
