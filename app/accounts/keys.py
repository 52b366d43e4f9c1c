from typing import Any

from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken


class Keys(TokenBackend):
    """Signs JWTs with SECRET_KEY, and reads what it or one of SECRET_KEY_FALLBACKS has signed."""

    def encode(self, payload: dict[str, Any]) -> str:
        return _with(settings.SECRET_KEY).encode(payload)

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
            try:
                return _with(key).decode(token, verify)
            except TokenBackendExpiredToken:
                raise
            except TokenBackendError as error:
                refused = error
        raise refused


def _with(key: str) -> TokenBackend:
    # One algorithm and no other: a token does not choose how it is checked.
    return TokenBackend("HS256", signing_key=key)
