import pytest

from app.accounts.models import User
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

BODY = {
    "email": "Ada@Guild.example",
    "username": "Ada",
    "password": "six-wards-one-smoke",
    "password_confirm": "six-wards-one-smoke",
}


@pytest.mark.parametrize("path", ["/api/auth/register/", "/api/users/"])
def test_anyone_may_become_a_member(api, path):
    response = api.post(path, BODY)

    assert response.status_code == 201
    user = User.objects.get()
    assert response.json()["id"] == user.pk
    assert response.json()["email"] == user.email == "ada@guild.example"
    assert "password" not in response.json()
    assert user.check_password("six-wards-one-smoke")
    assert (user.is_active, user.is_staff, user.is_superuser) == (True, False, False)


def test_a_username_is_made_up_and_tells_nothing_of_the_email(api):
    without = {key: value for key, value in BODY.items() if key != "username"}
    response = api.post("/api/auth/register/", without | {"email": "grace@guild.example"})

    assert response.status_code == 201
    assert response.json()["username"].startswith("member-")


def test_a_username_is_taken_whatever_its_case(api):
    UserFactory(username="Ada")

    response = api.post("/api/auth/register/", BODY | {"username": "aDA"})

    assert response.status_code == 400
    assert response.json()["details"] == {"username": ["This username is taken."]}
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password_confirm": "another-one-entirely"}, "password_confirm"),
        ({"password": "short", "password_confirm": "short"}, "password"),
        ({"password": "password123", "password_confirm": "password123"}, "password"),
        ({"password": "83746152430", "password_confirm": "83746152430"}, "password"),
        ({"password": "ada@guild.example", "password_confirm": "ada@guild.example"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"email": "nobody"}, "email"),
        ({"email": "a" * 250 + "@b.example"}, "email"),
        ({"username": "ab"}, "username"),
        ({"username": "a" * 33}, "username"),
        ({"username": "ada lovelace"}, "username"),
        ({"username": "ada@guild"}, "username"),
        ({"username": "аda"}, "username"),  # noqa: RUF001 - in Cyrillic
        ({"username": ".ada"}, "username"),
        ({"username": "ada\n"}, None),  # trimmed, as other white space around it
    ],
)
def test_what_is_wrong_is_said_by_field(api, changes, field):
    response = api.post("/api/auth/register/", BODY | changes)

    if field is None:
        assert response.status_code == 201
        return
    assert response.status_code == 400
    assert response.json()["error"] == "Validation Error"
    assert list(response.json()["details"]) == [field]
    assert not User.objects.exists()


def test_nobody_registers_as_more_than_a_member(api):
    power = {
        "is_staff": True,
        "is_superuser": True,
        "email_verified": True,
        "id": 4711,
        "steam_id": "76561197960265729",
    }

    assert api.post("/api/auth/register/", BODY | power).status_code == 201

    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.steam_id) == (False, False, None)
    assert not user.email_verified
    assert user.pk != 4711


class TestNamesThatPassForAnothers:
    @pytest.fixture(autouse=True)
    def ada(self):
        return UserFactory(username="Ada", email="ada@guild.example")

    @pytest.mark.parametrize(
        "username",
        [
            "ADA",
            " ada",
            "ada ",
            "\tada\n",
            "\N{CYRILLIC SMALL LETTER A}da",
            "\N{FULLWIDTH LATIN SMALL LETTER A}da",
            "\N{LATIN SMALL LETTER A WITH ACUTE}da",
            "ad\N{COMBINING ACUTE ACCENT}a",
            "ada\N{ZERO WIDTH SPACE}",
            "\N{RIGHT-TO-LEFT OVERRIDE}ada",
            "ada\0",
            "\N{MATHEMATICAL BOLD SMALL A}da",
        ],
    )
    def test_none_is_taken(self, api, sign_in, outsider, username):
        fields = {"username": username, "email": "new@guild.example"}

        answers = [
            api.post("/api/auth/register/", BODY | fields),
            sign_in(outsider).patch("/api/users/me/", {"username": username}),
        ]

        for answer in answers:
            assert answer.status_code == 400
            assert list(answer.json()["details"]) == ["username"]

    @pytest.mark.parametrize(
        "name",
        [
            "\N{CYRILLIC SMALL LETTER A}da",
            "\N{FULLWIDTH LATIN SMALL LETTER A}da",
            "ada\N{ZERO WIDTH SPACE}",
            "ada@guild.ex\N{FULLWIDTH LATIN SMALL LETTER A}mple",
            "ada@guild.example.",
        ],
    )
    def test_none_signs_in_as_its_owner(self, api, name):
        body = {"username": name, "password": PASSWORD}

        assert api.post("/api/auth/login/", body).status_code == 401

    @pytest.mark.parametrize("name", [" ada", "ADA ", " Ada@Guild.Example "])
    def test_spaces_and_case_make_no_other_name(self, api, ada, name):
        body = {"username": name, "password": PASSWORD}

        assert api.post("/api/auth/login/", body).json()["user"]["id"] == ada.pk
