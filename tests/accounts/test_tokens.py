"""Tokens: forged, swapped, expired, traded, stolen, and ended."""

import base64
import json
import time
from datetime import timedelta

import jwt
import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.utils import datetime_from_epoch

from app.accounts import authentication, services
from app.accounts.errors import WrongCredentials
from app.accounts.models import Nonce, TokenFamily, User
from app.accounts.services import issue_tokens, remove_expired
from app.accounts.tokens import EMAIL_TOKEN_LIFETIME, AccessToken, RefreshToken
from tests.factories import PASSWORD
from tests.races import at_once, before_the_commit_of, racing

pytestmark = pytest.mark.django_db

ME = "/api/users/me/"
REFRESH = "/api/auth/refresh/"
LOGOUT = "/api/auth/logout/"
EVERYWHERE = "/api/auth/logout/everywhere/"


@pytest.fixture
def tokens(member):
    return issue_tokens(user=member)


def bearing(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def trade(refresh):
    return APIClient().post(REFRESH, {"refresh": refresh})


def refused(response):
    assert response.status_code == 401
    assert response.json()["code"] == "token_not_valid"
    return True


def encode(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


class TestForgery:
    @pytest.fixture
    def claims(self, tokens):
        return AccessToken(tokens.access).payload

    @pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", ""])
    def test_a_token_that_says_it_needs_no_signature_is_refused(self, claims, name):
        head, body = encode({"alg": name, "typ": "JWT"}), encode(claims)

        for signature in ("", "x"):
            assert refused(bearing(f"{head}.{body}.{signature}").get(ME))
            assert refused(trade(f"{head}.{body}.{signature}"))

    @pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
    def test_a_token_of_another_algorithm_is_refused_though_the_key_is_ours(
        self, claims, settings, algorithm
    ):
        key = settings.SECRET_KEY.ljust(64, "x")
        settings.SECRET_KEY = key
        authentication._signed.cache_clear()

        assert refused(bearing(jwt.encode(claims, key, algorithm)).get(ME))
        assert bearing(jwt.encode(claims, key, "HS256")).get(ME).status_code == 200

    def test_a_token_of_another_key_is_refused(self, claims):
        key = "somebody-elses-key-that-is-long-enough-for-it"

        assert refused(bearing(jwt.encode(claims, key, "HS256")).get(ME))

    def test_a_header_that_brings_its_own_key_is_refused(self, claims):
        key = "somebody-elses-key-that-is-long-enough-for-it"
        jwk = {"kty": "oct", "k": base64.urlsafe_b64encode(key.encode()).decode()}
        for headers in ({"jwk": jwk}, {"kid": "../../dev/null"}, {"jku": "https://evil.example"}):
            assert refused(bearing(jwt.encode(claims, key, "HS256", headers)).get(ME))

    def test_another_members_claims_do_not_fit_the_signature(self, tokens, claims, outsider):
        head, _, signature = tokens.access.split(".")
        body = encode(claims | {"user_id": str(outsider.pk)})

        assert refused(bearing(f"{head}.{body}.{signature}").get(ME))

    def test_a_family_is_its_members_alone(self, claims, outsider, settings):
        stolen = claims | {"user_id": str(outsider.pk)}

        assert refused(bearing(jwt.encode(stolen, settings.SECRET_KEY, "HS256")).get(ME))

    @pytest.mark.parametrize(
        "family", [None, "", "x", "4711", "00000000-0000-0000-0000-000000000000"]
    )
    def test_a_token_of_no_family_is_refused(self, claims, settings, family):
        claims["family"] = family
        refresh = claims | {"token_type": "refresh"}

        assert refused(bearing(jwt.encode(claims, settings.SECRET_KEY, "HS256")).get(ME))
        assert refused(trade(jwt.encode(refresh, settings.SECRET_KEY, "HS256")))

    @pytest.mark.parametrize("claim", ["user_id", "family", "exp", "jti", "token_type"])
    def test_a_token_that_lacks_a_claim_is_refused(self, claims, settings, claim):
        del claims[claim]

        assert refused(bearing(jwt.encode(claims, settings.SECRET_KEY, "HS256")).get(ME))

    def test_one_kind_of_token_is_not_the_other(self, tokens):
        assert refused(trade(tokens.access))
        assert refused(bearing(tokens.refresh).get(ME))


class TestExpiry:
    def test_an_access_token_lasts_an_hour(self, tokens):
        claims = AccessToken(tokens.access).payload

        assert claims["exp"] - claims["iat"] == 3600

    @pytest.mark.parametrize("kind", [AccessToken, RefreshToken])
    def test_an_expired_token_is_refused(self, tokens, kind):
        token = kind(tokens.access if kind is AccessToken else tokens.refresh)
        token.set_exp(lifetime=timedelta(seconds=1))
        time.sleep(1.1)

        assert refused(bearing(str(token)).get(ME) if kind is AccessToken else trade(str(token)))


class TestRotation:
    def test_a_refresh_token_is_traded_once(self, tokens, member):
        response = trade(tokens.refresh)

        assert response.status_code == 200
        assert response.json().keys() == {"access", "refresh"}
        assert bearing(response.json()["access"]).get(ME).json()["id"] == member.pk
        assert trade(response.json()["refresh"]).status_code == 200

    def test_the_access_token_of_before_is_good_until_it_expires(self, tokens):
        trade(tokens.refresh)

        assert bearing(tokens.access).get(ME).status_code == 200

    def test_one_that_comes_again_ends_its_family(self, tokens, caplog):
        new = trade(tokens.refresh).json()

        assert refused(trade(tokens.refresh))

        assert refused(trade(new["refresh"]))
        assert refused(bearing(new["access"]).get(ME))
        assert refused(bearing(tokens.access).get(ME))
        assert "was used twice" in caplog.text
        assert tokens.refresh not in caplog.text

    def test_it_ends_no_other_family(self, tokens, member):
        elsewhere = issue_tokens(user=member)
        trade(tokens.refresh)
        trade(tokens.refresh)

        assert bearing(elsewhere.access).get(ME).status_code == 200
        assert trade(elsewhere.refresh).status_code == 200

    def test_a_family_is_one_row_however_often_it_is_traded(self, tokens, member):
        refresh = tokens.refresh
        for _ in range(5):
            refresh = trade(refresh).json()["refresh"]

        family = TokenFamily.objects.get()
        assert family.user == member
        assert family.expires_at == datetime_from_epoch(RefreshToken(refresh)["exp"])

    def test_the_tokens_of_one_who_is_gone_are_worthless(self, tokens, member):
        User.objects.filter(pk=member.pk).update(is_active=False)
        assert refused(trade(tokens.refresh))

        member.delete()
        assert refused(trade(tokens.refresh))
        assert APIClient().post(LOGOUT, {"refresh": tokens.refresh}).status_code == 204

    @pytest.mark.parametrize("token", ["nonsense", "a.b.c", "ä.ö.ü", "\0", "." * 2000])
    def test_nonsense_is_refused(self, db, token):
        assert trade(token).status_code in {400, 401}


@racing
class TestRace:
    @pytest.mark.parametrize("_", range(5))
    def test_of_many_who_trade_one_token_one_gets_a_pair(self, tokens, _):
        answers = at_once(8, lambda _: trade(tokens.refresh))

        assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7
        # And as the token was in several hands, that pair is worthless too.
        [pair] = [answer.json() for answer in answers if answer.status_code == 200]
        assert refused(trade(pair["refresh"]))
        assert refused(bearing(pair["access"]).get(ME))

    def test_looking_before_writing_would_give_several(self, tokens):
        jti = RefreshToken(tokens.refresh)["jti"]

        def look_then_write(number):
            family = TokenFamily.objects.get()
            if family.jti != jti:
                return False
            time.sleep(0.05)
            family.jti = "another"
            family.save()
            return True

        assert sum(at_once(8, look_then_write)) > 1


class TestSignInUnderWay:
    """What ends all sign-ins ends those too that had only checked the password by then."""

    @pytest.mark.parametrize("end", [services.sign_out_everywhere, services.deactivate])
    def test_it_comes_to_nothing(self, member, end):
        found = User.objects.get(pk=member.pk)
        end(user=member)
        services.reactivate(user=member)

        with pytest.raises(WrongCredentials):
            services.sign_in(user=found)
        assert not TokenFamily.objects.exists()

    def while_one_signs_in(self, member, end):
        before_the_commit_of(lambda: services.sign_in(user=member), lambda: end(user=member))

    @racing
    def test_it_ends_though_it_is_not_committed_yet(self, member):
        self.while_one_signs_in(member, services.sign_out_everywhere)

        assert not TokenFamily.objects.exists()

    @racing
    def test_without_waiting_for_its_row_it_would_go_on(self, member):
        def end(*, user):
            user.token_families.all().delete()

        self.while_one_signs_in(member, end)

        assert TokenFamily.objects.exists()


class TestKeys:
    """Changing SECRET_KEY signs nobody out while the old one is among the fallbacks."""

    NEW = "a-new-key-that-is-as-long-as-one-should-be-and-then-some"

    @pytest.fixture
    def turned(self, tokens, settings):
        settings.SECRET_KEY, older = self.NEW, settings.SECRET_KEY
        settings.SECRET_KEY_FALLBACKS = [older]
        authentication._signed.cache_clear()

    def test_a_token_of_the_older_key_is_good(self, tokens, turned):
        assert bearing(tokens.access).get(ME).status_code == 200

    def test_a_new_token_is_of_the_new_key(self, tokens, turned):
        new = trade(tokens.refresh).json()

        assert jwt.decode(new["access"], self.NEW, ["HS256"])

    def test_once_it_is_left_out_it_is_worthless(self, tokens, turned, settings):
        settings.SECRET_KEY_FALLBACKS = []

        assert refused(bearing(tokens.access).get(ME))
        assert refused(trade(tokens.refresh))

    def test_an_expired_token_of_the_older_key_is_not_revived(self, tokens, settings):
        token = AccessToken(tokens.access)
        token.set_exp(lifetime=timedelta(seconds=-1))
        old = str(token)
        settings.SECRET_KEY, older = self.NEW, settings.SECRET_KEY
        settings.SECRET_KEY_FALLBACKS = [older]

        assert refused(bearing(old).get(ME))

    def test_a_session_goes_on(self, client, member, settings):
        client.force_login(member)
        settings.SECRET_KEY, older = self.NEW, settings.SECRET_KEY
        settings.SECRET_KEY_FALLBACKS = [older]

        assert client.get(ME).status_code == 200
        settings.SECRET_KEY_FALLBACKS = []
        assert client.get(ME).status_code == 200  # as it was signed anew


class TestSigningOut:
    def test_signing_out_ends_the_family_at_once(self, api, tokens):
        assert api.post(LOGOUT, {"refresh": tokens.refresh}).status_code == 204
        # Once more is no error: the token is what the caller wants it to be.
        assert api.post(LOGOUT, {"refresh": tokens.refresh}).status_code == 204

        assert refused(trade(tokens.refresh))
        assert refused(bearing(tokens.access).get(ME))

    def test_signing_out_by_a_traded_token_ends_the_family_too(self, api, tokens):
        new = trade(tokens.refresh).json()

        api.post(LOGOUT, {"refresh": tokens.refresh})

        assert refused(trade(new["refresh"]))

    def test_signing_out_everywhere_ends_every_token_and_session(self, client, tokens, member):
        elsewhere = issue_tokens(user=member)
        client.force_login(member)
        assert client.get(ME).status_code == 200

        assert bearing(tokens.access).post(EVERYWHERE).status_code == 204

        assert refused(trade(tokens.refresh))
        assert refused(trade(elsewhere.refresh))
        assert refused(bearing(elsewhere.access).get(ME))
        assert client.get(ME).status_code == 401

    def test_it_ends_nobody_elses(self, tokens, outsider):
        other = issue_tokens(user=outsider)

        bearing(tokens.access).post(EVERYWHERE)

        assert bearing(other.access).get(ME).status_code == 200

    def test_a_browser_signs_out_everywhere_with_the_csrf_token(self, member):
        browser = APIClient(enforce_csrf_checks=True)
        browser.force_login(member)

        assert browser.post(EVERYWHERE).status_code == 403
        token = browser.get("/api/auth/csrf/").json()["csrf_token"]
        assert browser.post(EVERYWHERE, headers={"X-CSRFToken": token}).status_code == 204
        assert browser.get(ME).status_code == 401

    def test_one_can_sign_in_again(self, api, tokens, member):
        bearing(tokens.access).post(EVERYWHERE)

        body = {"email": member.email, "password": PASSWORD}
        again = api.post("/api/auth/login/", body).json()

        assert bearing(again["access"]).get(ME).status_code == 200


class TestTokensFromASession:
    @pytest.fixture
    def browser(self, member):
        browser = APIClient(enforce_csrf_checks=True)
        browser.force_login(member)
        return browser

    def test_a_session_is_traded_for_a_pair(self, browser, member):
        token = browser.get("/api/auth/csrf/").json()["csrf_token"]

        pair = browser.post("/api/auth/token/", headers={"X-CSRFToken": token}).json()

        assert bearing(pair["access"]).get(ME).json()["id"] == member.pk
        assert trade(pair["refresh"]).status_code == 200

    def test_it_takes_the_csrf_token(self, browser):
        assert browser.post("/api/auth/token/").status_code == 403

    def test_nobody_and_a_token_get_none(self, api, tokens):
        assert api.post("/api/auth/token/").status_code == 401
        assert bearing(tokens.access).post("/api/auth/token/").status_code == 401


def test_what_has_run_out_is_removed_and_nothing_else(member, client):
    issue_tokens(user=member)
    client.force_login(member)
    Nonce.objects.create(value="new")
    remove_expired()
    assert (TokenFamily.objects.count(), Nonce.objects.count()) == (1, 1)
    assert client.get(ME).status_code == 200

    # As long as a mail may lie in a mailbox, as its token is kept from coming twice.
    Nonce.objects.update(created_at=timezone.now() - EMAIL_TOKEN_LIFETIME + timedelta(minutes=1))
    remove_expired()
    assert Nonce.objects.exists()

    past = timezone.now() - timedelta(days=4)
    TokenFamily.objects.update(expires_at=past)
    Nonce.objects.update(created_at=past)
    client.session.model.objects.update(expire_date=past)
    remove_expired()

    assert (TokenFamily.objects.count(), Nonce.objects.count()) == (0, 0)
    assert not client.session.model.objects.exists()
