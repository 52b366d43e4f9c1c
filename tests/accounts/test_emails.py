import re

import pytest
from django.core import signing
from rest_framework.test import APIClient

from app.accounts import services
from app.accounts.models import User
from app.accounts.tokens import EmailToken, password_reset_token
from tests.factories import PASSWORD, UserFactory
from tests.races import at_once, racing, without_constraint

pytestmark = pytest.mark.django_db

VERIFY = "/api/auth/email/verify/"
RESEND = "/api/auth/email/resend/"
CHANGE = "/api/auth/email/change/"
OTHER = {"password": "another-one-entirely", "password_confirm": "another-one-entirely"}


def register(api, email, **fields):
    body = {"email": email, "password": PASSWORD, "password_confirm": PASSWORD}
    response = api.post("/api/auth/register/", body | fields)
    assert response.status_code == 201, response.content
    return User.objects.get(pk=response.json()["id"])


def token_in(mail):
    [token] = re.findall(r"#token=(\S+)|^(\S{40,})$", mail.body, re.M)
    return token[0] or token[1]


def email_of(user):
    return User.objects.values_list("email", "email_verified").get(pk=user.pk)


def worthless(response):
    assert response.status_code == 400
    assert list(response.json()["details"]) == ["token"]
    return True


def test_a_new_member_proves_the_email_by_the_mail(api, mailoutbox):
    user = register(api, "ada@guild.example", username="ada")
    assert email_of(user) == ("ada@guild.example", False)
    [mail] = mailoutbox
    assert mail.to == ["ada@guild.example"]
    assert "ada" in mail.body

    response = api.post(VERIFY, {"token": token_in(mail)})

    assert response.status_code == 200
    assert response.json()["id"] == user.pk
    assert response.json()["email_verified"] is True
    assert email_of(user) == ("ada@guild.example", True)


def test_a_link_that_is_followed_twice_says_the_same(api, mailoutbox):
    register(api, "ada@guild.example")
    body = {"token": token_in(mailoutbox[0])}

    assert api.post(VERIFY, body).json() == api.post(VERIFY, body).json()


def test_a_mails_link_leads_to_the_frontend_whoever_asks(api, mailoutbox, settings):
    settings.FRONTEND_URL = "https://app.guildhall.example"
    api.credentials(HTTP_HOST="api.guildhall.example", HTTP_X_FORWARDED_HOST="evil.example")

    register(api, "ada@guild.example")

    assert "https://app.guildhall.example/verify-email#token=" in mailoutbox[0].body
    assert "evil.example" not in mailoutbox[0].body


@pytest.mark.parametrize("path", ["/api/auth/password/reset/", "/api/auth/register/"])
def test_a_host_that_is_not_ours_gets_no_mail_sent(api, mailoutbox, path):
    body = {"email": "ada@guild.example", "password": PASSWORD, "password_confirm": PASSWORD}

    response = api.post(path, body, headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert mailoutbox == []


class TestClaims:
    """Several members may say that an email is theirs; one can prove it."""

    def test_a_claim_on_a_proven_email_is_answered_like_any_other(self, api, mailoutbox):
        UserFactory(email="ada@guild.example")

        user = register(api, "ADA@guild.example")

        assert email_of(user) == ("ada@guild.example", False)
        [mail] = mailoutbox
        assert mail.to == ["ada@guild.example"]
        assert "token" not in mail.body
        assert not re.search(r"\S{40,}", mail.body)

    def test_the_owner_signs_in_whoever_claims_the_email(self, api):
        owner = UserFactory(email="ada@guild.example")
        for _ in range(3):
            register(api, "ada@guild.example", **OTHER)

        body = {"email": "ada@guild.example", "password": PASSWORD}

        assert api.post("/api/auth/login/", body).json()["user"]["id"] == owner.pk

    def test_who_claimed_it_last_signs_in_by_it_too(self, api):
        UserFactory(email="ada@guild.example")
        user = register(api, "ada@guild.example", **OTHER)

        body = {"email": "ada@guild.example", "password": OTHER["password"]}

        assert api.post("/api/auth/login/", body).json()["user"]["id"] == user.pk

    def test_the_first_to_prove_it_has_it(self, api, mailoutbox):
        first, second = (register(api, "ada@guild.example") for _ in range(2))
        tokens = [token_in(mail) for mail in mailoutbox]

        assert api.post(VERIFY, {"token": tokens[1]}).status_code == 200
        refused = api.post(VERIFY, {"token": tokens[0]})

        assert refused.status_code == 409
        assert refused.json()["code"] == "email_taken"
        assert (email_of(first)[1], email_of(second)[1]) == (False, True)


@racing
class TestRace:
    def prove_at_once(self):
        users = [UserFactory(email="ada@guild.example", email_verified=False) for _ in range(6)]

        def prove(number):
            user = users[number]
            token = EmailToken.make(user, user.email)
            return APIClient().post(VERIFY, {"token": token}).status_code

        return sorted(at_once(6, prove))

    def test_of_many_who_prove_an_email_at_once_one_has_it(self):
        assert self.prove_at_once() == [200] + [409] * 5
        assert User.objects.filter(email_verified=True).count() == 1

    def test_without_the_constraint_they_all_would(self):
        with without_constraint(User, "user_verified_email_unique"):
            assert self.prove_at_once() == [200] * 6
            assert User.objects.filter(email_verified=True).count() == 6


class TestTokens:
    @pytest.fixture
    def newcomer(self):
        return UserFactory(email="ada@guild.example", email_verified=False)

    def test_a_forged_one_is_worthless(self, api, newcomer):
        good = EmailToken.make(newcomer, newcomer.email)
        data = [newcomer.pk, newcomer.email, newcomer.email]
        forged = [
            good[:-1] + ("A" if good[-1] != "A" else "B"),
            signing.dumps(data, salt="app.accounts.email", key="another-key"),
            signing.dumps(data, salt="of-something-else"),
            password_reset_token(newcomer),
            "",
            "x",
            "a:b:c",
            "ä" * 50,
            "\0",
        ]

        for token in forged:
            assert worthless(api.post(VERIFY, {"token": token})), token
        assert not email_of(newcomer)[1]

    def test_an_old_one_is_worthless(self, api, newcomer, monkeypatch):
        token = EmailToken.make(newcomer, newcomer.email)
        # The library's clock, for which it has no setting.
        now = signing.time.time()
        monkeypatch.setattr(signing.time, "time", lambda: now + 3 * 86_400 + 5)

        assert worthless(api.post(VERIFY, {"token": token}))

    def test_that_of_a_deactivated_member_is_worthless(self, api, newcomer):
        token = EmailToken.make(newcomer, newcomer.email)
        User.objects.update(is_active=False)

        assert worthless(api.post(VERIFY, {"token": token}))

    def test_that_of_an_older_key_is_good_while_the_key_is_known(self, api, newcomer, settings):
        token = EmailToken.make(newcomer, newcomer.email)
        settings.SECRET_KEY, older = (
            "a-new-key-that-is-as-long-as-one-should-be",
            settings.SECRET_KEY,
        )

        assert worthless(api.post(VERIFY, {"token": token}))
        settings.SECRET_KEY_FALLBACKS = [older]
        assert api.post(VERIFY, {"token": token}).status_code == 200


class TestResend:
    def test_a_member_asks_for_the_mail_again(self, api, sign_in, mailoutbox):
        newcomer = UserFactory(email_verified=False)

        assert sign_in(newcomer).post(RESEND).status_code == 202
        assert api.post(VERIFY, {"token": token_in(mailoutbox[0])}).status_code == 200

    def test_who_has_proven_it_needs_none(self, member_api, mailoutbox):
        response = member_api.post(RESEND)

        assert response.status_code == 409
        assert response.json()["code"] == "already_verified"
        assert mailoutbox == []

    def test_nobody_else_asks_for_it(self, api, mailoutbox):
        assert api.post(RESEND).status_code == 401
        assert mailoutbox == []


class TestChange:
    NEW = "new@guild.example"

    def ask(self, client, **body):
        return client.post(CHANGE, {"email": self.NEW, "password": PASSWORD} | body)

    def test_the_old_email_is_the_members_until_the_new_one_is_proven(
        self, api, member_api, member, mailoutbox
    ):
        old = member.email

        assert self.ask(member_api, email="New@Guild.Example").status_code == 202
        assert email_of(member) == (old, True)
        assert [mail.to for mail in mailoutbox] == [[self.NEW]]
        response = api.post(VERIFY, {"token": token_in(mailoutbox[0])})

        assert response.json()["email"] == self.NEW
        assert email_of(member) == (self.NEW, True)
        # Whoever reads the old mailbox is told, as it may not have been the member.
        assert mailoutbox[1].to == [old]

    def test_it_takes_the_password(self, member_api, member, mailoutbox):
        for password in ("wrong", ""):
            response = self.ask(member_api, password=password)
            assert response.status_code == 400
            assert list(response.json()["details"]) == ["password"]
        assert mailoutbox == []

    def test_who_has_no_password_sets_one_first_by_the_old_mailbox(self, sign_in, mailoutbox):
        response = self.ask(sign_in(UserFactory(password="!")))

        assert (response.status_code, response.json()["code"]) == (409, "no_password")
        assert mailoutbox == []

    def test_it_does_not_tell_whose_the_new_one_is(self, member_api, outsider, mailoutbox):
        free = self.ask(member_api)
        taken = self.ask(member_api, email=outsider.email)

        assert (free.status_code, free.json()) == (taken.status_code, taken.json())
        assert "token" not in mailoutbox[1].body

    def test_a_token_is_good_for_one_change(self, api, member_api, member, mailoutbox):
        self.ask(member_api)
        self.ask(member_api, email="other@guild.example")
        first, second = map(token_in, mailoutbox)

        assert api.post(VERIFY, {"token": second}).status_code == 200
        assert worthless(api.post(VERIFY, {"token": first}))
        assert email_of(member)[0] == "other@guild.example"

    def test_it_is_for_one_change_though_the_old_email_comes_back(
        self, api, member_api, member, mailoutbox
    ):
        old = member.email
        self.ask(member_api)
        away = token_in(mailoutbox[-1])
        assert api.post(VERIFY, {"token": away}).json()["email"] == self.NEW
        self.ask(member_api, email=old)
        assert api.post(VERIFY, {"token": token_in(mailoutbox[-1])}).json()["email"] == old

        assert worthless(api.post(VERIFY, {"token": away}))
        assert email_of(member) == (old, True)

    @pytest.mark.parametrize("way", ["reset", "change", "everywhere", "deactivate"])
    def test_a_member_who_takes_the_account_back_keeps_it(
        self, api, member_api, member, mailoutbox, way
    ):
        """Somebody who knew the password has asked for the mail."""
        old = member.email
        self.ask(member_api, email="thief@guild.example")
        thiefs = token_in(mailoutbox[-1])

        match way:
            case "reset":
                body = {"token": password_reset_token(member)} | OTHER
                assert api.post("/api/auth/password/reset/confirm/", body).status_code == 204
            case "change":
                body = {"current_password": PASSWORD, "new_password": OTHER["password"]}
                assert member_api.post("/api/auth/password/change/", body).status_code == 204
            case "everywhere":
                assert member_api.post("/api/auth/logout/everywhere/").status_code == 204
            case "deactivate":
                services.deactivate(user=member)
                services.reactivate(user=member)

        assert worthless(api.post(VERIFY, {"token": thiefs}))
        assert email_of(member) == (old, True)

    @pytest.mark.parametrize(
        "email",
        [
            "ada@\N{KELVIN SIGN}elvin.example",
            "ada@\N{FULLWIDTH LATIN SMALL LETTER G}uild.example",
            "ada@bücher.example",
            '"ada"@guild.example',
            '"a\\da"@guild.example',
        ],
    )
    def test_an_email_has_one_spelling(self, api, member_api, mailoutbox, email):
        body = {"email": email, "password": PASSWORD, "password_confirm": PASSWORD}
        for response in (self.ask(member_api, email=email), api.post("/api/auth/register/", body)):
            assert response.status_code == 400
            assert list(response.json()["details"]) == ["email"]
        assert mailoutbox == []

    def test_nobody_else_changes_it(self, api):
        assert self.ask(api).status_code == 401


@pytest.mark.parametrize(
    "template",
    ["verify_email", "reset_password", "no_member", "email_in_use", "discord_linked"],
)
@pytest.mark.parametrize("frontend", ["", "https://app.guildhall.example"])
def test_a_mail_says_everything_it_wants_to(settings, mailoutbox, template, frontend):
    from app.accounts import mails

    settings.FRONTEND_URL = frontend
    mails.send(template, to="ada@guild.example", username="ada", token="the-token")

    [mail] = mailoutbox
    assert mail.subject.startswith("Guildhall: ")
    assert "{" not in mail.body
    assert (frontend or "/api/auth/") in mail.body
