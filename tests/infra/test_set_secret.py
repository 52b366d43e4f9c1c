"""The command as an operator runs it, on moto's Secrets Manager."""

import json
import os
import subprocess
import sys
import uuid

import boto3
import pytest


@pytest.fixture
def client(sqs):
    # Moto's server is that of all of AWS.
    return boto3.client("secretsmanager", endpoint_url=sqs, region_name="eu-west-1")


@pytest.fixture
def secret(client):
    return client.create_secret(
        Name=uuid.uuid4().hex,
        SecretString='{"SECRET_KEY": "the-first", "REDIS_PASSWORD": "token"}',
    )["ARN"]


@pytest.fixture
def run(sqs):
    def run_command(*arguments, text=""):
        return subprocess.run(
            [sys.executable, "-m", "infra.set_secret", *arguments],
            input=text,
            capture_output=True,
            text=True,
            env=os.environ | {"AWS_ENDPOINT_URL": sqs},
        )

    return run_command


@pytest.fixture
def stored(client, secret):
    return lambda: json.loads(client.get_secret_value(SecretId=secret)["SecretString"])


def test_one_variable_is_set_and_the_others_stay(run, secret, stored):
    done = run(secret, "STEAM_API_KEY", text="of-steam\n")

    assert done.returncode == 0, done.stderr
    assert stored() == {
        "SECRET_KEY": "the-first",
        "REDIS_PASSWORD": "token",
        "STEAM_API_KEY": "of-steam",
    }


def test_no_value_is_printed(run, secret):
    done = run(secret, "STEAM_API_KEY", text="of-steam")

    assert done.stdout.split() == ["REDIS_PASSWORD", "SECRET_KEY", "STEAM_API_KEY"]


def test_an_empty_value_takes_the_variable_out(run, secret, stored):
    run(secret, "STEAM_API_KEY", text="of-steam")
    run(secret, "STEAM_API_KEY", text="\n")

    assert stored().keys() == {"SECRET_KEY", "REDIS_PASSWORD"}


def test_a_new_key_keeps_the_old_ones_beside_it(run, secret, stored):
    run(secret, "--new-key")
    second = stored()["SECRET_KEY"]
    run(secret, "--new-key")

    assert stored()["SECRET_KEY_FALLBACKS"] == f"{second},the-first"
    assert len({"the-first", second, stored()["SECRET_KEY"]}) == 3
    assert len(stored()["SECRET_KEY"]) >= 50


def test_a_name_that_nothing_reads_is_refused_and_nothing_changes(run, secret, stored):
    done = run(secret, "API_KEY", text="of-steam")

    assert done.returncode == 2
    assert "Nothing reads API_KEY." in done.stderr
    assert stored().keys() == {"SECRET_KEY", "REDIS_PASSWORD"}


def test_a_secret_that_is_not_there_is_said_to_be(run, secret):
    done = run(secret.replace("secret:", "secret:other-"), "STEAM_API_KEY", text="of-steam")

    assert done.returncode != 0
    assert "ResourceNotFoundException" in done.stderr
