"""Settings from AWS Secrets Manager, as a process boots with them."""

import json
import os
import re

import pytest

from tests.config.test_settings import REQUIRED, boot, setting
from tests.fakes.listener import Listener
from tests.fakes.replies import Reply
from tests.fakes.secrets import Secret

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:guildhall-AbCdEf"
AWS = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


@pytest.fixture
def aws(sqs):
    return AWS | {"AWS_ENDPOINT_URL": sqs, "AWS_REGION": "eu-west-1"}


def test_what_the_environment_leaves_empty_is_in_the_secret(sqs, aws):
    secret = Secret(sqs, {**REQUIRED, "STEAM_API_KEY": "s3cret", "DATABASE_CONN_MAX_AGE": "7"})
    environment = {**aws, "SECRETS_ARN": secret.arn, "SECRET_KEY": "", "DATABASE_CONN_MAX_AGE": "9"}

    assert setting("SECRET_KEY", **environment) == REQUIRED["SECRET_KEY"]
    assert setting("STEAM_API_KEY", **environment) == "s3cret"
    # What stands in the environment counts.
    database = setting("DATABASES['default']", **environment)
    assert (database["CONN_MAX_AGE"], database["PASSWORD"]) == (9, "s3cret-of-ours")


def test_it_is_asked_for_once_and_not_at_all_without_an_arn():
    requests = []

    def respond(request):
        requests.append(request)
        return Reply.json({"SecretString": json.dumps(REQUIRED)})

    listener = Listener(("127.0.0.1", 0), respond)
    listener.start()
    aws = AWS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{listener.server_address[1]}"}
    try:
        assert boot("-c", "import config.settings", **aws, **REQUIRED).returncode == 0
        assert not requests
        assert boot("-c", "import config.settings", **aws, SECRETS_ARN=ARN).returncode == 0
    finally:
        listener.stop()

    assert len(requests) == 1


def test_aws_libraries_are_not_imported_for_it(sqs, aws):
    script = "import config.settings, sys; print({'boto3', 'botocore', 'httpx'} & {*sys.modules})"
    booted = boot("-c", script, **aws, SECRETS_ARN=Secret(sqs, REQUIRED).arn)

    assert booted.stdout == "set()\n", booted.stderr


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ("s3cret", "its value is no JSON object"),
        ({"SECRET_KEY": ["s3cret"], "DEBUG": False}, "DEBUG, SECRET_KEY in the secret .* texts"),
    ],
)
def test_a_malformed_secret_stops_the_boot_and_is_not_shown(sqs, aws, value, cause):
    secret = Secret(sqs, value)
    booted = boot("-c", "import config.settings", **aws, SECRETS_ARN=secret.arn)

    assert booted.returncode == 1
    last = booted.stderr.splitlines()[-1]
    assert last.startswith("django.core.exceptions.ImproperlyConfigured: SECRETS_ARN: ")
    assert secret.arn in last
    assert re.search(cause, last)
    assert "s3cret" not in booted.stdout + booted.stderr


def test_a_missing_secret_stops_the_boot(aws):
    booted = boot("-c", "import config.settings", **aws, SECRETS_ARN=ARN)

    assert booted.returncode == 1
    assert f"SECRETS_ARN: The secret {ARN} cannot be read: ResourceNotFoundException." in (
        booted.stderr
    )


PARTS = {"DATABASE_URL": None, "DB_NAME": "hall", "DB_HOST": "db.guildhall.example"}


def test_a_database_with_a_secret_needs_neither_user_nor_password():
    environment = REQUIRED | PARTS | {"DB_PORT": "6543", "DB_SECRET_ARN": ARN}

    database = setting("DATABASES['default']", **environment)

    found = [database[name] for name in ("HOST", "PORT", "NAME", "USER", "SECRET_ARN")]
    assert found == ["db.guildhall.example", 6543, "hall", "", ARN]
    booted = boot("-c", "import config.settings", **environment | {"DB_HOST": None})
    assert "DB_HOST is not set" in booted.stderr


@pytest.mark.parametrize(
    ("mode", "query", "found"),
    [(None, "", None), ("require", "", "require"), ("require", "?sslmode=disable", "disable")],
)
def test_a_connection_is_encrypted_as_it_is_said(mode, query, found):
    url = f"postgresql://u:p@db/hall{query}"
    environment = REQUIRED | {"DATABASE_URL": url, "DB_SSLMODE": mode}

    assert setting("DATABASES['default']['OPTIONS'].get('sslmode')", **environment) == found
