import dj_database_url
import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env

NAME = "GUILDHALL_TEST_VARIABLE"
SECRET = "hunter2-never-to-be-shown"


def read_url(name, default=None):
    return env.url(name, default, schemes=("redis", "unix"))


def read_choice(name, default=None):
    return env.choice(name, ("Lax", "None"), default)


READERS = [
    env.string,
    env.boolean,
    env.integer,
    env.seconds,
    read_choice,
    env.strings,
    env.origins,
    read_url,
    env.rate,
]


@pytest.mark.parametrize(
    ("read", "raw", "value"),
    [
        (env.string, " a text ", "a text"),
        (env.boolean, "true", True),
        (env.boolean, "YES", True),
        (env.boolean, "1", True),
        (env.boolean, "on", True),
        (env.boolean, "False", False),
        (env.boolean, "0", False),
        (env.boolean, "no", False),
        (env.boolean, "off", False),
        (env.integer, "0", 0),
        (env.integer, " 42 ", 42),
        (env.seconds, "0.5", 0.5),
        (env.seconds, "10", 10),
        (read_choice, "lax", "Lax"),
        (read_choice, "NONE", "None"),
        (env.strings, "a, b,,c ,", ["a", "b", "c"]),
        (env.origins, "https://a.example/, http://b:8080", ["https://a.example", "http://b:8080"]),
        (read_url, "redis://cache:6379/0", "redis://cache:6379/0"),
        (env.rate, "10/min", "10/min"),
        (env.rate, "1/s", "1/s"),
        (env.rate, "007/day", "7/day"),
    ],
)
def test_a_variable_is_read_by_its_type(monkeypatch, read, raw, value):
    monkeypatch.setenv(NAME, raw)

    assert read(NAME) == value


@pytest.mark.parametrize(
    ("read", "raw"),
    [
        (env.boolean, SECRET),
        (env.boolean, "2"),
        (env.integer, SECRET),
        (env.integer, "-1"),
        (env.integer, "1.5"),
        (env.seconds, SECRET),
        (env.seconds, "-0.1"),
        (env.seconds, "nan"),
        (env.seconds, "inf"),
        (read_choice, SECRET),
        (env.strings, ","),
        (env.origins, SECRET),
        (env.origins, "app.guildhall.example"),
        (env.origins, "*"),
        (env.origins, "ftp://guildhall.example"),
        (env.origins, "https://"),
        (env.origins, f"https://guildhall.example/{SECRET}"),
        (env.origins, "https://[::1"),
        (read_url, SECRET),
        (read_url, f"rediss://:{SECRET}@cache"),
        (read_url, "redis://[::1"),
        (env.rate, SECRET),
        (env.rate, "10"),
        (env.rate, "10/"),
        (env.rate, "0/min"),
        (env.rate, "-1/min"),
        (env.rate, "10/min/day"),
        (env.rate, "10/fortnight"),
        (env.rate, "10/minx"),
    ],
)
def test_a_malformed_variable_is_named_with_what_was_expected_and_never_shown(
    monkeypatch, read, raw
):
    monkeypatch.setenv(NAME, raw)

    with pytest.raises(ImproperlyConfigured, match=f"{NAME} is malformed: expected .+") as caught:
        read(NAME)

    assert SECRET not in str(caught.value)
    # Nor in the traceback, by way of the exception that was caught.
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("raw", [None, "", "  "])
@pytest.mark.parametrize("read", READERS)
def test_an_empty_variable_is_a_missing_one(monkeypatch, read, raw):
    if raw is None:
        monkeypatch.delenv(NAME, raising=False)
    else:
        monkeypatch.setenv(NAME, raw)

    with pytest.raises(ImproperlyConfigured, match=f"{NAME} is not set: expected .+"):
        read(NAME)
    default = object()
    assert read(NAME, default) is default


@pytest.fixture
def no_database(monkeypatch):
    for name in ("DATABASE_URL", "DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT"):
        monkeypatch.delenv(name, raising=False)


PARTS = {
    "DB_NAME": "guild/hall",
    "DB_USER": "guild@hall",
    "DB_PASSWORD": "p@ss:w/o%r?d#1 +",
    "DB_HOST": "db.guildhall.example",
}


def database(monkeypatch, **variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return dj_database_url.parse(env.database_url(None))


@pytest.mark.parametrize(("port", "expected"), [({}, 5432), ({"DB_PORT": "6543"}, 6543)])
def test_a_database_is_named_in_parts_that_need_no_escaping(
    monkeypatch, no_database, port, expected
):
    found = database(monkeypatch, **PARTS, **port)

    assert {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": PARTS["DB_NAME"],
        "USER": PARTS["DB_USER"],
        "PASSWORD": PARTS["DB_PASSWORD"],
        "HOST": PARTS["DB_HOST"],
        "PORT": expected,
    }.items() <= found.items()


def test_a_database_url_takes_precedence_over_the_parts(monkeypatch, no_database):
    url = "postgres://guild:p%40ss%2Fword@db:5433/hall?sslmode=require"

    found = database(monkeypatch, **PARTS, DATABASE_URL=url)

    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db", 5433, "hall")
    assert found["PASSWORD"] == "p@ss/word"
    assert found["OPTIONS"]["sslmode"] == "require"


@pytest.mark.parametrize("missing", ["DB_USER", "DB_PASSWORD", "DB_HOST"])
def test_a_missing_part_is_named(monkeypatch, no_database, missing):
    with pytest.raises(ImproperlyConfigured, match=f"{missing} is not set"):
        database(monkeypatch, **PARTS | {missing: ""})


@pytest.mark.parametrize("port", ["0", "-1", "postgres"])
def test_a_malformed_port_is_named(monkeypatch, no_database, port):
    with pytest.raises(ImproperlyConfigured, match="DB_PORT is malformed"):
        database(monkeypatch, **PARTS, DB_PORT=port)


def test_without_any_of_them_the_url_is_asked_for(no_database):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL is not set"):
        env.database_url(None)
    assert env.database_url("sqlite:///a") == "sqlite:///a"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite://:memory:", ":memory:"),
        ("sqlite:///hall.sqlite3", "hall.sqlite3"),
        ("postgresql://postgres@%2Frun%2Fpostgresql/hall", "hall"),
        ("postgres://u:p%2Fw@[::1]:5432/hall", "hall"),
    ],
)
def test_a_database_may_be_in_memory_in_a_file_or_behind_a_socket(
    monkeypatch, no_database, url, name
):
    assert database(monkeypatch, DATABASE_URL=url)["NAME"] == name


@pytest.mark.parametrize("url", [f"mysql://u:{SECRET}@db/x", SECRET])
def test_another_kind_of_database_is_refused_without_being_shown(monkeypatch, no_database, url):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL is malformed") as caught:
        database(monkeypatch, DATABASE_URL=url)

    assert SECRET not in str(caught.value)
