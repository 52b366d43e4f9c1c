import re

import jsonschema
import pytest
from django.core.management import call_command
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator

# They show the schema, and are not in it; the last is for what is no route.
BESIDE = {"/api/schema/", "/api/docs/", "/api/"}


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(public=True)


def operations(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


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
            assert {"401", "403"} <= set(responses), where
        for status, response in responses.items():
            if status >= "400" and not path.endswith("/health/"):
                name = "ValidationError" if status == "400" else "Error"
                [body] = response["content"].values()
                assert body["schema"]["$ref"].endswith(f"/{name}"), where


@pytest.mark.parametrize("field", ["steam_id", "discord_id"])
def test_ids_beyond_2_to_the_53_are_strings(schema, field):
    assert schema["components"]["schemas"]["User"]["properties"][field]["type"] == "string"


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


def test_every_body_has_an_example_that_its_schema_takes(schema):
    components = schema["components"]["schemas"]
    bodies = {
        content["schema"]["$ref"].rpartition("/")[2]
        for _, _, operation in operations(schema)
        for content in operation.get("requestBody", {}).get("content", {}).values()
    }
    for name in bodies | {"Error", "ValidationError", "TokenPair"}:
        example = components[name].get("example")
        assert example, name
        resolved = {**components[name], "components": schema["components"]}
        jsonschema.validate(example, resolved)


def test_every_answer_says_what_it_is(schema):
    for path, method, operation in operations(schema):
        for status, response in operation["responses"].items():
            assert status in {"200", "201", "202", "204"} or response["description"], (
                f"{method} {path} {status}"
            )
