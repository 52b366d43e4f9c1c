"""The events themselves, beside what AWS documents and what API Gateway was seen to send."""

import base64
import json

import httpx
import pytest

from tests.transports import Context, LambdaTransport, in_process

URL = "https://api.guildhall.example/caf%C3%A9/?q=%C3%84&q=a+b&flag="


@pytest.fixture
def client():
    """Makes a client whose function notes the event and answers as it is told to."""

    def make(payload, answer=None):
        transport = LambdaTransport(
            in_process(lambda event, context: answer or {"statusCode": 204}), payload
        )
        return httpx.Client(
            transport=transport, trust_env=False, headers={"X-Forwarded-For": "192.0.2.1"}
        )

    return make


def _event(response):
    return response.extensions["event"]


def test_an_http_api_decodes_the_path_and_leaves_the_query(client):
    event = _event(client("2.0").get(URL, headers={"Cookie": "a=1; b=2"}))

    assert event["rawPath"] == event["requestContext"]["http"]["path"] == "/café/"
    assert event["rawQueryString"] == "q=%C3%84&q=a+b&flag="
    assert event["queryStringParameters"] == {"q": "Ä,a b", "flag": ""}
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert event["headers"]["host"] == "api.guildhall.example"
    assert event["headers"]["x-forwarded-for"] == "192.0.2.1, 203.0.113.7"
    assert event["requestContext"]["http"]["sourceIp"] == "203.0.113.7"
    assert "body" not in event


def test_a_rest_api_leaves_the_path_and_decodes_the_query(client):
    event = _event(client("1.0").get(URL, headers=[("X-Two", "1"), ("X-Two", "2")]))

    assert event["path"] == "/caf%C3%A9/"
    assert event["queryStringParameters"] == {"q": "a b", "flag": ""}
    assert event["multiValueQueryStringParameters"] == {"q": ["Ä", "a b"], "flag": [""]}
    assert event["headers"]["X-Two"] == "2"
    assert event["multiValueHeaders"]["X-Two"] == ["1", "2"]
    assert event["requestContext"]["identity"]["sourceIp"] == "203.0.113.7"
    assert event["body"] is None
    bare = _event(client("1.0").get("https://api.guildhall.example/"))
    assert bare["queryStringParameters"] is bare["multiValueQueryStringParameters"] is None


@pytest.mark.parametrize("payload", ["2.0", "1.0"])
def test_a_body_that_is_no_text_comes_in_base64(client, payload):
    post = client(payload).post

    text = _event(post(URL, json={"name": "Ä"}))
    assert (json.loads(text["body"]), text["isBase64Encoded"]) == ({"name": "Ä"}, False)
    binary = _event(post(URL, content=b"\x89PNG", headers={"Content-Type": "image/png"}))
    assert (base64.b64decode(binary["body"]), binary["isBase64Encoded"]) == (b"\x89PNG", True)


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        ("2.0", {"headers": {"content-type": "text/plain"}, "cookies": ["a=1", "b=2"]}),
        (
            "1.0",
            {
                "headers": {"content-type": "text/plain", "Set-Cookie": "lost=1"},
                "multiValueHeaders": {"set-cookie": ["a=1", "b=2"]},
            },
        ),
    ],
)
def test_an_answer_becomes_the_response_that_the_caller_gets(client, payload, answer):
    answer |= {"statusCode": 201, "body": base64.b64encode(b"\xff").decode()}

    response = client(payload, answer | {"isBase64Encoded": True}).get(URL)

    assert response.status_code == 201
    assert response.content == b"\xff"
    assert response.headers["content-type"] == "text/plain"
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]


def test_a_context_counts_its_time_down():
    context = Context(timeout=3)

    assert 2000 < context.get_remaining_time_in_millis() <= 3000
    assert context.aws_request_id != Context().aws_request_id
