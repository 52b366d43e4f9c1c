"""The settings as a process boots with them: each test starts one in its own environment."""

import gzip
import json
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import override_settings

from tests.fakes.listener import Listener
from tests.fakes.replies import Reply

# What a deployment cannot do without, and nothing more.
REQUIRED = {
    "SECRET_KEY": "hYp3r-l0ng-4nd-r4nd0m-3n0ugh-f0r-4-pr0duct10n-k3y-0f-0urs-xyz",
    "ALLOWED_HOSTS": "api.guildhall.example",
    "DATABASE_URL": "postgresql://guildhall:s3cret-of-ours@127.0.0.1:9/guildhall?connect_timeout=1",
}
SECRETS = ["hYp3r", "s3cret"]


def boot(*command, **environment):
    """Run Python in a new process, in which a warning is an error."""
    return subprocess.run(
        [sys.executable, "-W", "error", *command],
        cwd=settings.BASE_DIR,
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def setting(name, **environment):
    """Answer a setting's value, by way of JSON, or fail with what the process said."""
    script = f"import json; from config import settings; print(json.dumps(settings.{name}))"
    booted = boot("-c", script, **environment)
    assert booted.returncode == 0, booted.stderr
    return json.loads(booted.stdout)


def test_production_needs_three_variables_and_with_mails_passes_the_deployment_checks():
    mails = {"EMAIL_URL": "smtps://guildhall:s3cret@mail.example"}
    checked = boot("manage.py", "check", "--deploy", "--fail-level", "WARNING", **REQUIRED, **mails)

    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


@pytest.mark.parametrize("name", REQUIRED)
def test_the_boot_stops_without_what_production_needs(name):
    checked = boot("manage.py", "check", **REQUIRED | {name: None})

    assert checked.returncode == 1
    assert f"{name} is not set: expected " in checked.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "s3cret"),
        ("DATABASE_URL", "mysql://guildhall:s3cret@db/guildhall"),
        # Not escaped: what stands before the slash looks like a port.
        ("DATABASE_URL", "postgresql://guildhall:s3cret/word@db/guildhall"),
        ("DATABASE_CONN_MAX_AGE", "s3cret"),
        ("REDIS_URL", "http://:s3cret@cache"),
        ("SENTRY_DSN", "s3cret"),
        ("SQS_QUEUE_URL", "s3cret"),
        ("CORS_ALLOWED_ORIGINS", "s3cret"),
        ("CSRF_TRUSTED_ORIGINS", "https://a.example/s3cret"),
        ("COOKIE_SAMESITE", "s3cret"),
        ("THROTTLE_LOGIN", "s3cret"),
        ("EMAIL_URL", "http://s3cret.example"),
        ("EMAIL_URL", "smtp://guildhall:s3cret/word@mail.example"),
        ("FRONTEND_URL", "s3cret"),
        ("MEDIA_URL", "s3cret"),
        ("MEDIA_MAX_BYTES", "s3cret"),
        ("DISCORD_GUILD_ID", "s3cret"),
        ("DISCORD_WEBHOOK_URL", "discord.example/api/webhooks/1/s3cret"),
        ("STEAM_TIMEOUT", "s3cret"),
        ("LOG_LEVEL", "s3cret"),
    ],
)
def test_a_malformed_variable_stops_the_boot_and_is_not_shown(name, value):
    booted = boot("-c", "import config.settings", **REQUIRED | {name: value})

    assert booted.returncode == 1
    assert f"{name} is malformed: expected " in booted.stderr
    assert not [secret for secret in SECRETS if secret in booted.stdout + booted.stderr]


def test_a_bucket_needs_the_address_that_people_see():
    booted = boot("-c", "import config.settings", MEDIA_BUCKET="media", **REQUIRED)

    assert booted.returncode == 1
    assert "MEDIA_URL is not set: expected " in booted.stderr


@pytest.mark.parametrize(
    ("environment", "style", "endpoint"),
    [
        ({"AWS_REGION": "eu-west-1"}, "virtual", None),
        ({"AWS_ENDPOINT_URL": "http://minio:9000"}, "path", "http://minio:9000"),
    ],
)
def test_a_bucket_is_asked_in_its_region_and_a_stand_in_where_it_is(environment, style, endpoint):
    bucket = {"MEDIA_BUCKET": "media", "MEDIA_URL": "https://media.example"}
    found = setting("STORAGES", **REQUIRED, **bucket, **environment)["default"]

    assert found["BACKEND"] == "app.media.bucket.Bucket"
    assert found["OPTIONS"] == {
        "bucket_name": "media",
        "region_name": environment.get("AWS_REGION"),
        "endpoint_url": endpoint,
        "addressing_style": style,
    }
    assert setting("MEDIA_URL", **REQUIRED, **bucket) == "https://media.example/"


def test_what_is_reported_of_an_error_has_nothing_that_was_sent():
    """A sign-in, while the database has no tables."""
    reports = []

    def collect(request):
        body = request.body
        packed = request.headers.get("Content-Encoding") == "gzip"
        reports.append(gzip.decompress(body) if packed else body)
        return Reply.json({})

    listener = Listener(("127.0.0.1", 0), collect)
    listener.start()
    script = """if True:
        import django
        django.setup()
        import sentry_sdk
        from django.test import Client
        client = Client(raise_request_exception=False, headers={"Host": "api.guildhall.example"})
        body = {"username": "ada", "password": "six-s3cret-wards", "refresh": "s3cret-token"}
        for route in ("login", "refresh", "register"):
            client.post(f"/api/auth/{route}/", body, "application/json", secure=True)
        sentry_sdk.flush()
    """
    try:
        dsn = f"http://key@127.0.0.1:{listener.server_address[1]}/1"
        module = {"DJANGO_SETTINGS_MODULE": "config.settings"}
        tableless = {"DATABASE_URL": "sqlite://:memory:", "SENTRY_DSN": dsn}
        booted = boot("-c", script, **REQUIRED | module | tableless)
        assert booted.returncode == 0, booted.stderr
        before = len(reports)
        outage = boot("-c", script, **REQUIRED | module | {"SENTRY_DSN": dsn})
        assert outage.returncode == 0, outage.stderr
    finally:
        listener.stop()

    # Nor is an outage reported, which would be as often as there are requests.
    assert len(reports) == before
    assert any(b"OperationalError" in report for report in reports)
    assert not [report for report in reports for secret in SECRETS if secret.encode() in report]


def test_a_laptop_needs_no_variable_but_debug():
    checked = boot("manage.py", "check", DEBUG="true")

    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("postgresql://u:p%40ss%2Fw%3Ard@db:6543/hall", ["u", "p@ss/w:rd", "db", 6543, "hall"]),
        ("postgres://u:p@/hall?host=/var/run/db", ["u", "p", "/var/run/db", "", "hall"]),
        ("sqlite:///hall.sqlite3", ["", "", "", "", "hall.sqlite3"]),
    ],
)
def test_a_database_url_is_taken_apart(url, found):
    database = setting("DATABASES['default']", **REQUIRED | {"DATABASE_URL": url})

    host = database["OPTIONS"].get("host") or database["HOST"]
    assert [database[key] for key in ("USER", "PASSWORD")] + [host] + [
        database[key] for key in ("PORT", "NAME")
    ] == found
    assert database["CONN_HEALTH_CHECKS"] is True


def test_behind_a_pooler_nothing_is_prepared_or_set_for_a_connection():
    lasting = {**REQUIRED, "DATABASE_CONN_MAX_AGE": "600"}
    options = {
        direct: setting("DATABASES['default']['OPTIONS']", **lasting, DATABASE_DIRECT=direct)
        for direct in (None, "true", "false")
    }

    assert options[None] == options["true"]
    assert options["true"]["prepare_threshold"] is not None
    assert options["true"]["options"]
    assert not options["false"].keys() & {"prepare_threshold", "options"}


@pytest.mark.parametrize(
    ("direct", "options"),
    [("true", "-csearch_path=guild -c enable_memoize=off"), ("false", "-csearch_path=guild")],
)
def test_what_the_url_sets_for_a_connection_stays(direct, options):
    url = f"{REQUIRED['DATABASE_URL']}&options=-csearch_path%3Dguild"
    environment = {**REQUIRED, "DATABASE_URL": url, "DATABASE_DIRECT": direct}

    assert setting("DATABASES['default']['OPTIONS']", **environment)["options"] == options


def test_a_connection_of_one_request_prepares_nothing():
    assert setting("DATABASES['default']['OPTIONS']", **REQUIRED)["prepare_threshold"] is None


@pytest.mark.parametrize(
    ("environment", "kept"),
    [
        ({}, False),
        ({"REDIS_URL": "redis://cache"}, True),
        ({"REDIS_URL": "redis://cache", "DISABLE_CACHE": "true"}, False),
    ],
)
def test_answers_are_kept_where_all_processes_see_a_write(environment, kept):
    assert setting("RESPONSE_CACHE", **REQUIRED, **environment) is kept


@pytest.mark.parametrize(
    ("environment", "default", "counters"),
    [
        ({}, "LocMemCache", "LocMemCache"),
        ({"REDIS_URL": "redis://cache:6379/0"}, "RedisCache", "RedisCache"),
        ({"REDIS_URL": "rediss://:p%40ss@cache/1"}, "RedisCache", "RedisCache"),
        ({"REDIS_URL": "unix:///run/redis.sock"}, "RedisCache", "RedisCache"),
        ({"REDIS_URL": "redis://cache", "DISABLE_CACHE": "true"}, "DummyCache", "RedisCache"),
    ],
)
def test_the_cache_is_redis_where_there_is_one(environment, default, counters):
    caches = setting("CACHES", **REQUIRED, **environment)

    classes = [caches[alias]["BACKEND"].rpartition(".")[2] for alias in ("default", "counters")]
    assert classes == [default, counters]
    if counters == "RedisCache":
        assert caches["counters"]["LOCATION"] == environment["REDIS_URL"]
        assert caches["counters"]["OPTIONS"]["IGNORE_EXCEPTIONS"] is True


OUTAGE = """
import json, sys
import httpx
from config import functions
from tests.transports import LambdaTransport, in_process

transport = LambdaTransport(in_process(functions.api))
site = httpx.Client(transport=transport, base_url="https://api.guildhall.example")
for path in sys.argv[1:]:
    response = site.get(path)
    print(json.dumps({
        "status": response.status_code,
        "headers": dict(response.headers),
        "body": response.json(),
        "request_id": response.extensions["event"]["requestContext"]["requestId"],
    }))
"""


@pytest.fixture(scope="module")
def outage():
    """A function in production, whose database and Redis are gone: its answers and its log."""
    paths = ["/health/", "/api/health/", "/api/tournaments/", "/api/unknown/"]
    environment = REQUIRED | {"REDIS_URL": "redis://127.0.0.1:9/0"}
    run = boot("-c", OUTAGE, *paths, **environment)
    assert run.returncode == 0, run.stderr
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    return dict(zip(paths, answers, strict=True)), run.stderr.splitlines()


@pytest.mark.parametrize("path", ["/health/", "/api/health/"])
def test_without_its_database_the_service_is_unavailable(outage, path):
    answers, _ = outage

    assert answers[path]["status"] == 503
    assert int(answers[path]["headers"]["retry-after"]) > 0
    assert answers[path]["body"] == {
        "status": "unavailable",
        "version": "dev",
        "revision": "unknown",
        "database": "unavailable",
        "cache": "unavailable",
        "migrations": "unknown",
        "queue": "none",
        "queue_age": None,
    }


def test_without_its_database_an_answer_tells_nothing_of_the_cause(outage):
    answers, _ = outage

    assert answers["/api/tournaments/"]["status"] == 503
    assert answers["/api/tournaments/"]["body"].keys() == {"detail", "code"}
    said = json.dumps(answers)
    assert not [word for word in [*SECRETS, "127.0.0.1", "Traceback"] if word in said]


def test_each_line_of_the_log_is_json_with_the_id_of_its_request(outage):
    answers, log = outage
    lines = [json.loads(line) for line in log]

    assert lines
    ids = {answer["request_id"] for answer in answers.values()}
    for line in lines:
        assert {"timestamp", "level", "logger", "message", "request_id"} <= line.keys()
        assert line["request_id"] in ids
    errors = [line["logger"] for line in lines if line["level"] == "ERROR"]
    assert "django.request" not in errors
    [failure] = [line for line in lines if "/api/tournaments/" in line["message"]]
    assert failure["request_id"] == answers["/api/tournaments/"]["request_id"]
    assert failure["level"] == "WARNING"
    assert "exc_info" not in failure
    assert not [secret for secret in SECRETS if secret in "".join(log)]


def test_an_answer_carries_the_id_of_its_request(outage):
    answers, _ = outage

    for answer in answers.values():
        assert answer["headers"]["x-request-id"] == answer["request_id"]


@pytest.mark.django_db
def test_without_its_cache_the_service_is_slower_and_there(api):
    gone = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:9/0"}
    with override_settings(CACHES=settings.CACHES | {"default": gone}):
        health, page = api.get("/api/health/"), api.get("/api/tournaments/")

    assert (health.status_code, page.status_code) == (200, 200)
    assert health.json()["cache"] == "unavailable"
    assert health.json()["status"] == "degraded"


@pytest.mark.parametrize(
    ("url", "port", "ssl", "tls"),
    [
        ("smtp://mail.example", 25, False, False),
        ("smtp+tls://mail.example", 587, False, True),
        ("smtps://mail.example:1465", 1465, True, False),
    ],
)
def test_mails_go_by_the_server_that_the_url_names(url, port, ssl, tls):
    names = ["EMAIL_HOST", "EMAIL_PORT", "EMAIL_USE_SSL", "EMAIL_USE_TLS"]

    found = [setting(name, EMAIL_URL=url, **REQUIRED) for name in names]

    assert found == ["mail.example", port, ssl, tls]


def test_a_mail_servers_password_may_hold_any_character():
    url = "smtps://guild%40hall:p%40ss%2Fword@mail.example"

    assert setting("EMAIL_HOST_USER", EMAIL_URL=url, **REQUIRED) == "guild@hall"
    assert setting("EMAIL_HOST_PASSWORD", EMAIL_URL=url, **REQUIRED) == "p@ss/word"


@pytest.mark.parametrize(("debug", "backend"), [("true", "console"), ("false", "dummy")])
def test_without_a_mail_server_a_laptop_prints_and_a_server_is_silent(debug, backend):
    """Its logs would have the tokens."""
    found = setting("EMAIL_BACKEND", DEBUG=debug, **REQUIRED)

    assert found == f"django.core.mail.backends.{backend}.EmailBackend"
