"""No route answers what is secret, or another's, to whoever asks."""

import pytest
from django.conf import settings as configured

from app.accounts.models import TokenFamily, User
from app.accounts.services import issue_tokens
from app.core.steam_id import to_account_id
from app.steam.models import MatchPlayer
from tests.accounts.test_access import PARAMETERS, TABLE
from tests.factories import (
    PASSWORD,
    LiveGamePlayerFactory,
    MatchPlayerFactory,
    MemberSyncFactory,
    RegistrationFactory,
    StaffFactory,
    SteamMemberFactory,
    SyncRunFactory,
    UploadFactory,
    UserFactory,
)
from tests.tournaments.rows import tournament_rows

pytestmark = pytest.mark.django_db

# Of the application, not of whoever signs in by it.
PUBLIC = "made-up"
SECRET_SETTINGS = {
    "SECRET_KEY": configured.SECRET_KEY,
    "SECRET_KEY_FALLBACKS": ["an-older-key-that-nobody-may-see"],
    "STEAM_API_KEY": "secret-steam-key",
    "SOCIAL_AUTH_DISCORD_KEY": PUBLIC,
    "SOCIAL_AUTH_DISCORD_SECRET": "secret-of-the-discord-application",
    "DISCORD_BOT_TOKEN": "secret-bot-token",
    "DISCORD_WEBHOOK_URL": "http://127.0.0.1:9/api/webhooks/1/secret-of-the-webhook",
    "EMAIL_HOST_PASSWORD": "secret-mail-password",
}


@pytest.fixture
def secrets(settings):
    """What is ours alone, or another member's, as it would stand in an answer."""
    for name, value in SECRET_SETTINGS.items():
        setattr(settings, name, value)
    found = [
        str(value) for name, value in SECRET_SETTINGS.items() if name != "SOCIAL_AUTH_DISCORD_KEY"
    ]
    victims = [SteamMemberFactory(), StaffFactory(), UserFactory(email_verified=False)]
    for victim in victims:
        tokens = issue_tokens(user=victim)
        found += [victim.email, victim.password, tokens.access, tokens.refresh]
    found += map(str, TokenFamily.objects.values_list("pk", flat=True))
    return victims, found


@pytest.fixture(params=["nobody", "a member"])
def caller(request, api, sign_in):
    """Somebody, with the name and the tokens that the bodies take: their own."""
    user = UserFactory()
    client = sign_in(user) if request.param == "a member" else api
    return client, user


@pytest.mark.parametrize(
    ("method", "route", "body"),
    [pytest.param(method, route, body, id=f"{method} {route}") for method, route, body, _ in TABLE],
)
def test_nobody_is_answered_what_is_not_theirs(secrets, caller, method, route, body):
    victims, found = secrets
    client, user = caller
    victim = victims[0]
    player = MatchPlayerFactory(member=victim)
    LiveGamePlayerFactory(member=victim)
    sync = MemberSyncFactory(member=victim, error="the words of an error")
    registration = RegistrationFactory(event__created_by=victim)
    upload = UploadFactory(owner=victim, filename="what-the-victim-calls-it.png")
    found += [registration.member.email, registration.check_in_code, sync.error]
    found += [upload.key, upload.filename]
    names = {
        **dict.fromkeys(PARAMETERS, victim.pk),
        **dict.fromkeys(("event", "event_id", "empty", "running"), registration.event.pk),
        "registration": registration.pk,
        "walk_in": user.pk,
        "owner": victim.pk,
        "upload": upload.pk,
        **tournament_rows(victim),
        "match": player.match.pk,
        "account": to_account_id(victim.steam_id),
        "sync_run": SyncRunFactory(started_by=victims[1]).pk,
        "username": user.username,
        "refresh": issue_tokens(user=user).refresh,
        "reset": "x",
        "verify": "x",
    }
    body = body and {key: value.format(**names) for key, value in body.items()}

    response = getattr(client, method.lower())(route.format(**names), body)

    assert response.status_code < 500
    said = response.content.decode() + str(response.headers) + str(response.cookies)
    assert [secret for secret in found if secret in said] == []
    assert PASSWORD not in said
    assert "argon2" not in said


def test_what_a_member_is_shown_of_another_is_what_the_design_says(member_api, outsider):
    shown = member_api.get(f"/api/users/{outsider.pk}/").json()

    assert shown.keys() == {
        "id",
        "username",
        "nickname",
        "display_name",
        "avatar",
        "discord_id",
        "discord_nickname",
        "guild_nickname",
        "in_guild",
        "steam_id",
        "date_joined",
    }


def test_no_member_is_found_by_what_is_not_shown(member_api, outsider):
    hidden = [outsider.email, outsider.email.partition("@")[0] + "@", outsider.password[:20]]
    for term in hidden:
        assert member_api.get("/api/users/", {"q": term}).json()["results"] == []
    for query in ({"email": outsider.email}, {"ordering": "email"}, {"email__contains": "a"}):
        answer = member_api.get("/api/users/", query)
        assert answer.status_code == 400 or len(answer.json()["results"]) == User.objects.count()
    assert not MatchPlayer.objects.exists()
