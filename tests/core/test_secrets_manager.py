"""How a secret is asked for, and what is said when it does not come."""

import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from app.core import secrets_manager
from app.core.secrets_manager import SecretUnavailable
from tests.fakes.listener import Listener
from tests.fakes.replies import Reply
from tests.fakes.secrets import Secret

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:guildhall-AbCdEf"
VALUE = "hunter2-never-to-be-shown"


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    monkeypatch.setattr(secrets_manager, "_kept", {})
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", VALUE)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-session/token+of==ours")


@pytest.fixture
def answering(monkeypatch):
    """Answer each request by the next of the replies; the requests are kept."""
    replies, requests = [], []

    def respond(request):
        requests.append(request)
        return replies.pop(0)

    def start(*given):
        replies.extend(given)
        return requests

    listener = Listener(("127.0.0.1", 0), respond)
    listener.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{listener.server_address[1]}")
    yield start
    listener.stop()


def refusal(name, status=400):
    body = {"__type": f"com.amazonaws.secretsmanager#{name}", "message": f"of {VALUE}"}
    return Reply.json(body, status=status)


def secret(text):
    return Reply.json({"ARN": ARN, "SecretString": text})


@pytest.mark.parametrize("token", [None, "a-session/token+of==ours"])
def test_the_signature_is_the_one_that_botocore_makes(token):
    url, body, now = (
        "https://secretsmanager.eu-west-1.amazonaws.com/",
        b'{"a": 1}',
        datetime.now(UTC),
    )
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "Host": urlsplit(url).netloc,
        "X-Amz-Target": "secretsmanager.GetSecretValue",
    }
    if token:
        headers["X-Amz-Security-Token"] = token
    signed = secrets_manager.sign(url, headers, body, "eu-west-1", now)

    theirs = AWSRequest("POST", url, data=body, headers=headers)
    auth = SigV4Auth(Credentials("AKIAEXAMPLE", VALUE, token), "secretsmanager", "eu-west-1")
    theirs.context["timestamp"] = signed["X-Amz-Date"]
    theirs.headers["X-Amz-Date"] = signed["X-Amz-Date"]
    canonical = auth.canonical_request(theirs)
    signature = auth.signature(auth.string_to_sign(theirs, canonical), theirs)

    assert signed["Authorization"].endswith(f"Signature={signature}")
    assert (
        f"SignedHeaders={auth.signed_headers(auth.headers_to_sign(theirs))},"
        in (signed["Authorization"])
    )


def test_a_secret_is_read(sqs, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", sqs)

    assert secrets_manager.read(Secret(sqs, {"A": "1"}).arn) == {"A": "1"}


def test_a_function_asks_in_its_own_name(answering):
    requests = answering(secret("{}"))

    secrets_manager.read(ARN)

    [request] = requests
    assert (request.verb, request.path) == ("POST", "/")
    assert json.loads(request.body) == {"SecretId": ARN}
    assert request.headers["X-Amz-Target"] == "secretsmanager.GetSecretValue"
    assert request.headers["X-Amz-Security-Token"] == "a-session/token+of==ours"
    assert "/eu-west-1/secretsmanager/aws4_request" in request.headers["Authorization"]


def test_without_a_region_the_secrets_own_counts(answering, monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    requests = answering(secret("{}"))

    secrets_manager.read(ARN.replace("eu-west-1", "eu-north-1"))

    assert "/eu-north-1/secretsmanager/" in requests[0].headers["Authorization"]
    with pytest.raises(SecretUnavailable, match="names a region"):
        secrets_manager.read("guildhall")


@pytest.mark.parametrize("name", ["AccessDeniedException", "ResourceNotFoundException"])
def test_a_refusal_is_named_and_not_asked_again(answering, name):
    requests = answering(refusal(name))

    with pytest.raises(SecretUnavailable) as caught:
        secrets_manager.read(ARN)

    assert str(caught.value) == f"The secret {ARN} cannot be read: {name}."
    assert len(requests) == 1


@pytest.mark.parametrize(
    "reply", [refusal("InternalServiceError", 500), refusal("ThrottlingException"), None]
)
def test_a_moment_of_trouble_is_got_over(answering, reply):
    requests = answering(reply, secret('{"A": "1"}'))

    assert secrets_manager.read(ARN) == {"A": "1"}
    assert len(requests) == 2


def test_lasting_trouble_is_said(answering, monkeypatch):
    answering(*[Reply.json(f"of {VALUE}", status=503)] * 3)
    with pytest.raises(SecretUnavailable, match="HTTP 503") as caught:
        secrets_manager.read(ARN)
    assert VALUE not in str(caught.value)

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(SecretUnavailable, match=r"does not answer.*ConnectionRefusedError"):
        secrets_manager.read(ARN)


@pytest.mark.parametrize("text", [VALUE, "[]", f'"{VALUE}"', f'{{"A": "{VALUE}"'])
def test_a_value_that_is_no_object_is_not_shown(answering, text):
    answering(secret(text))

    with pytest.raises(SecretUnavailable, match="no JSON object") as caught:
        secrets_manager.read(ARN)

    assert VALUE not in str(caught.value)


def test_without_credentials_nobody_is_asked(monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    with pytest.raises(SecretUnavailable, match="no AWS credentials"):
        secrets_manager.read(ARN)


def test_what_is_known_is_kept_for_a_while_and_longer_where_nobody_answers(answering):
    requests = answering(
        secret('{"A": "1"}'), secret('{"A": "2"}'), refusal("AccessDeniedException")
    )

    assert [secrets_manager.kept(ARN, seconds=60) for _ in range(2)] == [{"A": "1"}] * 2
    assert len(requests) == 1
    assert secrets_manager.kept(ARN, seconds=0) == {"A": "2"}
    assert secrets_manager.kept(ARN, seconds=0) == {"A": "2"}
    assert len(requests) == 3
