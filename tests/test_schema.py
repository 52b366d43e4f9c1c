import re

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, validators

# They show the schema, and are not in it; the last is for what is no route.
BESIDE = {"/api/schema/", "/api/docs/", "/api/"}


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(public=True)


def operations(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def examples(operation, status):
    """Answer the examples of an error, by their code."""
    [content] = operation["responses"][str(status)]["content"].values()
    return {code: example["value"] for code, example in content["examples"].items()}


def test_the_schema_is_valid_and_comes_without_a_warning(tmp_path):
    call_command(
        "spectacular", file=str(tmp_path / "schema.yaml"), validate=True, fail_on_warn=True
    )


def routes(patterns, prefix="/"):
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, path)
        else:
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)


def test_every_route_is_in_the_schema(schema):
    found = {path.replace("{pk}", "{id}") for path in routes(get_resolver().url_patterns)}
    ours = {path for path in found if path.startswith("/api/")}

    assert ours - BESIDE == set(schema["paths"])


def test_every_operation_says_what_it_is_and_which_errors_it_answers(schema):
    for path, method, operation in operations(schema):
        where = f"{method} {path}"
        assert operation["description"], where
        responses = operation["responses"]
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= set(responses), where
        if "{" in path:
            assert "404" in responses, where
        if operation["security"] and {} not in operation["security"]:
            assert "401" in responses, where
        if method != "get" and {"cookieAuth": []} in operation["security"]:
            assert "csrf_failed" in examples(operation, 403), where
        for status, response in responses.items():
            if status >= "400" and "/health/" not in path:
                name = "ValidationError" if status == "400" else "Error"
                [body] = response["content"].values()
                assert body["schema"]["$ref"].endswith(f"/{name}"), where


@pytest.mark.parametrize(
    ("name", "field"),
    [
        *(("User", "steam_id"), ("User", "discord_id"), ("Player", "steam_id")),
        *(("SteamAccount", "steam_id"), ("LiveGame", "lobby_id")),
    ],
)
def test_ids_beyond_2_to_the_53_are_strings(schema, name, field):
    assert schema["components"]["schemas"][name]["properties"][field]["type"] == "string"


def test_the_page_takes_everything_from_us(client, db):
    page = client.get("/api/docs/").content.decode()

    for url in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert url.startswith("/static/")
        answer = client.get(url)
        assert answer.status_code == 200
        assert b"".join(answer)


def test_the_schema_comes_as_json_too(client, db):
    assert client.get("/api/schema/", headers={"Accept": "application/json"}).json()["openapi"]


def test_what_is_kept_says_that_it_has_an_etag(schema):
    for path in ("/api/games/", "/api/games/{id}/", "/api/steam/matches/"):
        responses = schema["paths"][path]["get"]["responses"]
        assert "ETag" in responses["200"]["headers"]
        assert "304" in responses
    assert "304" not in schema["paths"]["/api/users/"]["get"]["responses"]


def test_no_two_operations_of_a_path_say_the_same(schema):
    for path, methods in schema["paths"].items():
        for what in ("description", "summary"):
            said = [operation[what] for operation in methods.values()]
            assert all(said), path
            assert len({*said}) == len(said), f"{path}: {said}"


def test_a_summary_is_one_short_line(schema):
    for path, method, operation in operations(schema):
        assert len(operation["summary"]) <= 100, f"{method} {path}"
        assert "\n" not in operation["summary"], f"{method} {path}"


@pytest.mark.parametrize("path", ["/api/users/{id}/", "/api/users/me/"])
def test_who_leaves_is_told_that_it_is_final(schema, path):
    description = schema["paths"][path]["delete"]["description"]

    assert "final" in description
    assert "Games, teams, tournaments and matches stay and name nobody." in description


def test_what_anyone_reads_asks_for_no_credentials(schema):
    for path in ("/api/games/", "/api/teams/{id}/", "/api/tournaments/", "/api/settings/"):
        operation = schema["paths"][path]["get"]
        assert {} in operation["security"], path
        assert "403" not in operation["responses"], path
        assert list(examples(operation, 401)) == ["token_not_valid"], path
    assert {} not in schema["paths"]["/api/games/"]["post"]["security"]
    assert {} not in schema["paths"]["/api/users/"]["get"]["security"]


def of_type(validator, types, instance, schema):
    if instance is not None or not schema.get("nullable"):
        yield from Draft202012Validator.VALIDATORS["type"](validator, types, instance, schema)


# OpenAPI 3.0 has a word of its own for what may be null.
OpenAPI = validators.extend(Draft202012Validator, {"type": of_type})


def shown(schema, content):
    """Answer the example of a body and its schema."""
    body = content["schema"]
    if "$ref" in body:
        body = schema["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    return content.get("example", body.get("example")), body


def test_every_body_has_an_example_that_its_schema_takes(schema):
    for path, method, operation in operations(schema):
        responses = operation["responses"].items()
        bodies = [response for status, response in responses if status < "400"]
        for body in [operation.get("requestBody", {}), *bodies]:
            for content in body.get("content", {}).values():
                example, taken = shown(schema, content)
                assert example, f"{method} {path}"
                OpenAPI({**taken, "components": schema["components"]}).validate(example)


@pytest.mark.parametrize(
    "name",
    [
        *("User", "SignedIn", "TokenPair", "Csrf", "SocialLogin", "Match", "Game", "Team"),
        *("Tournament", "Bracket", "Standings", "Series", "Settlement"),
        *("Consequences", "BracketChange", "Player", "PlayerRecord", "LiveGame", "SyncRun"),
        *("SteamAccount", "Hero", "Budget"),
    ],
)
def test_an_example_is_whole(schema, name):
    component = schema["components"]["schemas"][name]

    assert component["example"].keys() == component["properties"].keys()


def untyped(part, where):
    """Answer what could be anything in a part of the schema."""
    if not {"type", "$ref", "allOf", "oneOf", "enum"} & part.keys() or part.get("items") == {}:
        yield where
    if part.get("additionalProperties") == {}:
        yield where
    for name, each in part.get("properties", {}).items():
        yield from untyped(each, f"{where}.{name}")
    if part.get("items"):
        yield from untyped(part["items"], where)


def test_a_frontend_has_no_shape_to_guess(schema):
    parts = schema["components"]["schemas"].items()
    found = [where for name, part in parts for where in untyped(part, name)]

    # What is wrong with a list in a body is said by its rows; with anything else, in sentences.
    assert found == ["ValidationError.details"]


def test_the_example_of_a_page_has_a_row(schema):
    for path in ("/api/users/", "/api/games/", "/api/steam/matches/"):
        [content] = schema["paths"][path]["get"]["responses"]["200"]["content"].values()
        [row] = content["example"]["results"]
        assert row, path


@pytest.mark.parametrize(
    "name",
    ["User", "TokenPair", "Csrf", "SocialLogin", "Member", "RegisterRequest", "SignInRequest"],
)
def test_what_does_not_explain_itself_is_explained(schema, name):
    for field, rules in schema["components"]["schemas"][name]["properties"].items():
        assert field in {"id", "date_joined"} or rules.get("description"), field


ACCOUNTS_ERRORS = [
    ("post", "login", 401, {"wrong_credentials"}),
    ("post", "session", 401, {"wrong_credentials"}),
    ("post", "session", 403, {"csrf_failed"}),
    ("delete", "session", 403, {"csrf_failed"}),
    ("post", "refresh", 401, {"token_not_valid"}),
    ("post", "token", 401, {"not_authenticated"}),
    ("post", "email/verify", 409, {"email_taken"}),
    ("post", "email/resend", 409, {"already_verified", "conflict"}),
    ("post", "email/change", 409, {"no_password", "conflict"}),
    ("post", "password/change", 401, {"not_authenticated", "token_not_valid"}),
    ("post", "password/change", 403, {"csrf_failed"}),
    ("post", "password/change", 409, {"no_password", "conflict"}),
    ("post", "social/login/discord", 403, {"csrf_failed"}),
    ("get", "social/login/discord", 404, {"discord_not_configured"}),
    ("get", "social/complete/discord", 403, {"state_mismatch", "cancelled", "user_inactive"}),
    (
        "get",
        "social/complete/discord",
        409,
        {
            "discord_account_taken",
            "discord_already_linked",
            "discord_email_not_verified",
            "email_not_verified",
        },
    ),
    ("get", "social/complete/discord", 503, {"discord_unavailable", "database_unavailable"}),
    ("get", "social/complete/steam", 403, {"state_mismatch", "cancelled", "steam_not_proven"}),
    ("get", "social/complete/steam", 409, {"steam_account_taken", "steam_already_linked"}),
    ("get", "social/complete/steam", 503, {"steam_unavailable", "database_unavailable"}),
]


@pytest.mark.parametrize(("method", "path", "status", "codes"), ACCOUNTS_ERRORS)
def test_an_error_has_the_examples_that_the_route_can_answer(schema, method, path, status, codes):
    operation = schema["paths"][f"/api/auth/{path}/"][method]

    assert set(examples(operation, status)) == codes


def test_a_steam_that_does_not_answer_is_an_example_of_a_search(schema):
    operation = schema["paths"]["/api/steam/search/"]["get"]

    assert set(examples(operation, 503)) == {"steam_unavailable", "database_unavailable"}


def test_a_team_that_has_played_is_an_example(schema):
    team = schema["paths"]["/api/teams/{id}/"]

    assert "team_has_played" in examples(team["delete"], 409)
    assert "team_has_played" not in examples(team["patch"], 409)


def test_each_status_has_examples_of_its_own(schema):
    statuses = {}
    for path, _, operation in operations(schema):
        for status in operation["responses"]:
            if status > "400" and "/health/" not in path:
                for code, body in examples(operation, status).items():
                    assert body["code"] == code
                    assert statuses.setdefault(code, status) == status, code


WRONG = "Bearer made-up"


def browser():
    """A client with the CSRF cookie, that does not send its token."""
    client = Client(enforce_csrf_checks=True)
    client.get("/api/auth/csrf/")
    return client


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("get", "/api/users/", {}, 401),
        ("get", "/api/users/", {"HTTP_AUTHORIZATION": WRONG}, 401),
        ("post", "/api/auth/login/", {"data": {"email": "ada", "password": "?"}}, 401),
        ("post", "/api/auth/refresh/", {"data": {"refresh": "made-up"}}, 401),
        ("post", "/api/auth/session/", {}, 403),
        ("get", "/api/auth/social/complete/discord/", {}, 403),
        ("get", "/api/games/?page=2", {}, 404),
        ("get", "/api/steam/matches/?cursor=made-up", {}, 404),
        ("get", "/api/auth/social/login/discord/", {}, 404),
        ("post", "/api/auth/login/", {"content_type": "text/plain", "data": "a"}, 415),
    ],
)
def test_the_examples_are_what_is_answered(schema, settings, method, path, sent, status):
    settings.FRONTEND_URL = settings.SOCIAL_AUTH_DISCORD_KEY = ""
    client = browser()

    answer = getattr(client, method)(path, **{"content_type": "application/json", **sent})

    assert answer.status_code == status
    body = answer.json()
    operation = schema["paths"][path.partition("?")[0]][method]
    assert examples(operation, status)[body["code"]] == body


@pytest.mark.parametrize("path", ["/api/users/", "/api/auth/social/login/discord/"])
def test_a_write_by_session_without_the_csrf_token_is_an_example(schema, member, path):
    client = browser()
    client.force_login(member)

    answer = client.post(path, content_type="application/json")

    assert answer.status_code == 403
    assert examples(schema["paths"][path]["post"], 403) == {"csrf_failed": answer.json()}


def test_answers_name_the_headers_that_they_come_with(schema):
    found = {
        (status, name)
        for _, _, operation in operations(schema)
        for status, response in operation["responses"].items()
        for name in response.get("headers", ["none"])
        if status in {"302", "429", "503"}
    }

    assert found == {("302", "Location"), ("429", "Retry-After"), ("503", "Retry-After")}


def test_every_answer_says_what_it_is(schema):
    for path, method, operation in operations(schema):
        for status, response in operation["responses"].items():
            assert status in {"200", "201", "202", "204"} or response["description"], (
                f"{method} {path} {status}"
            )


def test_every_operation_says_that_the_database_may_be_gone(schema):
    for path, method, operation in operations(schema):
        if "/health/" in path:  # which says it in its own words
            assert ("503" in operation["responses"]) is not path.endswith("/live/")
            continue
        example = examples(operation, 503)["database_unavailable"]
        assert example.keys() == {"detail", "code"}, f"{method} {path}"
        assert "Retry-After" in operation["responses"]["503"]["headers"]
