"""What `manage.py check --deploy` says of the settings before they go out."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Warned


@register(deploy=True)
def check_sign_in(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.E2E_TEST_AUTH:
        found.append(
            Error(
                "E2E_TEST_AUTH lets anybody in as any member, without a password.",
                hint="Leave it out of the environment.",
                id="accounts.E001",
            )
        )
    if not settings.EMAIL_URL:
        found.append(
            Warned(
                "Without EMAIL_URL no mail goes out: no email is verified, no password reset.",
                hint="Such as smtp+tls://user:password@host:587.",
                id="accounts.W001",
            )
        )
    return found
