import re
import time

import pytest
from rest_framework.test import APIClient

from app.accounts import services
from app.accounts.errors import WrongCredentials
from app.accounts.models import User
from app.accounts.services import issue_tokens
from app.accounts.tokens import EmailToken, password_reset_token, read_password_reset_token
from tests.factories import PASSWORD, UserFactory
from tests.races import at_once, racing

pytestmark = pytest.mark.django_db

NEW = "nine-roshans-no-cheese"
CHANGE = "/api/auth/password/change/"
RESET = "/api/auth/password/reset/"
CONFIRM = "/api/auth/password/reset/confirm/"
ME = "/api/users/me/"


def signs_in(user, password):
    body = {"username": user.username, "password": password}
    return APIClient().post("/api/auth/login/", body).status_code == 200


def confirm(token, password=NEW, again=None):
    body = {"token": token, "password": password, "password_confirm": again or password}
    return APIClient().post(CONFIRM, body)


def refused_for(response, *fields):
    assert response.status_code == 400
    assert set(response.json()["details"]) == set(fields)
    return True


def test_passwords_are_hashed_by_argon2(api):
    body = {"email": "ada@guild.example", "password": PASSWORD, "password_confirm": PASSWORD}
    api.post("/api/auth/register/", body)

    assert User.objects.get().password.startswith("argon2$argon2id$")


class TestChange:
    def change(self, client, current=PASSWORD, new=NEW, **kwargs):
        return client.post(CHANGE, {"current_password": current, "new_password": new}, **kwargs)

    def test_a_member_changes_it(self, member_api, member, mailoutbox):
        assert self.change(member_api).status_code == 204

        assert signs_in(member, NEW)
        assert not signs_in(member, PASSWORD)
        assert [mail.to for mail in mailoutbox] == [[member.email]]

    def test_no_notice_goes_to_an_email_that_is_only_claimed(self, sign_in, mailoutbox):
        user = UserFactory(email_verified=False)

        assert self.change(sign_in(user)).status_code == 204

        assert signs_in(user, NEW)
        assert mailoutbox == []

    def test_it_takes_the_current_one(self, member_api, member):
        assert refused_for(self.change(member_api, current="wrong"), "current_password")
        assert signs_in(member, PASSWORD)

    @pytest.mark.parametrize("new", ["short", "password123", "83746152430", "{username}"])
    def test_a_weak_one_is_refused(self, sign_in, new):
        user = UserFactory(username="a-long-username")

        response = self.change(sign_in(user), new=new.format(username=user.username))

        assert refused_for(response, "new_password")
        assert signs_in(user, PASSWORD)

    def test_it_ends_every_token(self, member_api, member):
        other = issue_tokens(user=member)

        self.change(member_api)

        assert not member_api.cookies
        assert member_api.get(ME).status_code == 401
        assert APIClient().post("/api/auth/refresh/", {"refresh": other.refresh}).status_code == 401

    def test_a_sign_in_that_had_checked_the_old_one_comes_to_nothing(self, member_api, member):
        checked = User.objects.get(pk=member.pk)
        self.change(member_api)

        with pytest.raises(WrongCredentials):
            services.sign_in(user=checked)

        assert not member.token_families.exists()

    def test_it_ends_every_session_but_the_one_that_asks(self, member):
        here, there = APIClient(), APIClient()
        for browser in (here, there):
            browser.force_login(member)

        assert self.change(here).status_code == 204

        assert here.get(ME).status_code == 200
        assert there.get(ME).status_code == 401

    def test_who_has_none_is_told_how_to_get_one(self, sign_in):
        response = self.change(sign_in(UserFactory(password="!")))

        assert response.status_code == 409
        assert response.json()["code"] == "no_password"

    def test_nobody_else_changes_it(self, api):
        assert self.change(api).status_code == 401


class TestReset:
    def ask(self, email):
        response = APIClient().post(RESET, {"email": email})
        assert response.status_code == 202
        return response.json()

    def test_a_member_who_forgot_it_chooses_another_by_the_mail(self, member, mailoutbox):
        self.ask(member.email.upper())

        [mail] = mailoutbox
        assert mail.to == [member.email]
        [token] = re.findall(r"^(\S{30,})$", mail.body, re.M)
        assert confirm(token).status_code == 204
        assert signs_in(member, NEW)
        assert not signs_in(member, PASSWORD)

    def test_the_answer_tells_nothing_and_the_mail_tells_the_mailbox(self, member, mailoutbox):
        UserFactory(email="claimed@guild.example", email_verified=False)
        UserFactory(email="gone@guild.example", is_active=False)
        names = ["nobody@guild.example", "claimed@guild.example", "gone@guild.example"]

        assert {str(self.ask(name)) for name in [member.email, *names]} == {str(self.ask(names[0]))}

        tokens = {mail.to[0]: bool(re.search(r"^\S{30,}$", mail.body, re.M)) for mail in mailoutbox}
        assert tokens == {member.email: True} | dict.fromkeys(names, False)

    def test_an_address_that_only_looks_like_a_members_gets_no_token(self, mailoutbox):
        # Unicode's lower case of a Kelvin sign is a k; the mail would go to another domain.
        UserFactory(email="ada@kelvin.example")

        response = APIClient().post(RESET, {"email": "ada@\N{KELVIN SIGN}elvin.example"})

        assert refused_for(response, "email")
        assert mailoutbox == []

    def test_a_members_own_case_is_no_other_mailbox(self, mailoutbox):
        UserFactory(email="ada@guild.example")

        self.ask("ADA@GUILD.EXAMPLE")

        assert mailoutbox[0].to == ["ada@guild.example"]

    def test_a_token_is_good_once(self, member):
        token = password_reset_token(member)

        assert confirm(token).status_code == 204
        assert refused_for(confirm(token, "yet-another-one-of-mine"), "token")
        assert signs_in(member, NEW)

    @pytest.mark.parametrize(
        "change",
        [{"password": "!"}, {"email": "new@guild.example"}, {"last_login": "2026-01-01T00:00:00Z"}],
    )
    def test_a_token_is_worthless_once_the_member_has_changed(self, member, change):
        token = password_reset_token(member)
        User.objects.update(**change)

        assert refused_for(confirm(token), "token")

    def test_a_weak_password_uses_no_token_up(self, member):
        token = password_reset_token(member)

        assert refused_for(confirm(token, "short"), "password")
        assert refused_for(confirm(token, NEW, again="another"), "password_confirm")
        assert confirm(token).status_code == 204

    def test_a_forged_token_is_worthless(self, member, outsider):
        good, others = password_reset_token(member), password_reset_token(outsider)
        swapped = f"{good.partition('-')[0]}-{others.partition('-')[2]}"
        email = EmailToken.make(member, member.email)

        for token in [
            swapped,
            good[:-1],
            f"{good}x",
            email,
            "x",
            "-",
            "zzzzzzzzzzzzzzzzzz-x",
            "\0",
            "ä-ä",
        ]:
            assert refused_for(confirm(token), "token"), token
        assert signs_in(member, PASSWORD)

    def test_it_ends_every_token_and_session(self, member_api, member):
        browser = APIClient()
        browser.force_login(member)

        confirm(password_reset_token(member))

        assert member_api.get(ME).status_code == 401
        assert browser.get(ME).status_code == 401

    def test_who_never_had_a_password_gets_one(self):
        user = UserFactory(password="!")

        assert confirm(password_reset_token(user)).status_code == 204
        assert signs_in(user, NEW)

    @racing
    def test_of_many_who_use_one_token_at_once_one_sets_the_password(self):
        user = UserFactory()
        token = password_reset_token(user)

        statuses = at_once(6, lambda number: confirm(token, f"{NEW}-{number}").status_code)

        assert sorted(statuses) == [204] + [400] * 5

    @racing
    def test_without_the_lock_several_would(self):
        token = password_reset_token(UserFactory())

        def read_then_write(number):
            user = read_password_reset_token(token)
            time.sleep(0.1)
            if user is None:
                return False
            user.set_password(f"{NEW}-{number}")
            user.save(update_fields=["password"])
            return True

        assert sum(at_once(6, read_then_write)) > 1
