"""What a new Lambda environment imports before its first answer: somebody waits for all of it."""

import json
import os
import subprocess
import sys
from statistics import median
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.config.test_gateway import event

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="no other process sees its data"),
]

ROUNDS = 3
# REST framework imports Pygments where it finds it: here, as pytest needs it, and in no image.
START = "import json, sys, time; sys.modules['pygments'] = None; started = time.process_time()"
STOP = """
print(json.dumps({"seconds": time.process_time() - started, "modules": [*sys.modules]}))
"""
FIRST_PAGE = """
from config.functions import api
answer = api(json.loads(sys.argv[1]), None)
assert answer["statusCode"] == 200, answer
"""
# What no program on Django and PostgreSQL does without.
FRAMEWORK = "import django.db.models, django.core.handlers.asgi, django.template, psycopg"

# Each is somebody else's to wait for: who uploads, who signs in by Discord, who reads the schema.
NOT_FOR_A_READ = {
    "app.accounts.admin",
    "app.core.schema",
    "app.steam.client",
    "boto3",
    "botocore",
    "celery",
    "config.admin",
    "cryptography.hazmat.primitives.asymmetric",
    "django.core.management.commands",
    "drf_spectacular.openapi",
    "drf_spectacular.plumbing",
    "drf_spectacular.views",
    "httpx",
    "icalendar",
    "kombu",
    "msgspec",
    "requests",
    "sentry_sdk",
    "social_core",
    "social_django",
    "storages",
    "yaml",
}


def run(statements):
    url = urlsplit(os.environ["DATABASE_URL"])
    database = url._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([START, statements, STOP]), json.dumps(event())],
        env={**os.environ, "DATABASE_URL": database, "AWS_LAMBDA_FUNCTION_NAME": "api"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_a_read_does_not_wait_for_what_others_need():
    assert not NOT_FOR_A_READ.intersection(run(FIRST_PAGE)["modules"])


def test_a_first_page_imports_at_most_1_100_modules():
    assert len(run(FIRST_PAGE)["modules"]) <= 1100


def test_a_first_page_takes_at_most_two_and_a_half_times_what_the_framework_takes_to_import():
    # Side by side, as only their ratio says anything on a machine that is shared.
    rounds = [(run(FIRST_PAGE)["seconds"], run(FRAMEWORK)["seconds"]) for _ in range(ROUNDS)]

    ratio = median(page / framework for page, framework in rounds)
    assert ratio <= 2.5, f"{ratio:.2f}"
