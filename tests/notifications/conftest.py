import pytest

from tests.fakes.discord import FakeDiscord
from tests.fakes.mail import FakeMailServer


@pytest.fixture
def mail(settings):
    """A mail server, by which mails go out."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with FakeMailServer() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
        yield server


@pytest.fixture
def discord(settings):
    """Discord, with a webhook of ours."""
    with FakeDiscord(webhook_token="secret-of-the-webhook") as fake:
        settings.DISCORD_WEBHOOK_URL = fake.webhook_url
        yield fake
