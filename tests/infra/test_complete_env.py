from infra.complete_env import complete
from tests.template.documents import ROOT

EXAMPLE = (ROOT / ".env.example").read_text()


def values(env):
    lines = [line.partition("=") for line in env.read_text().splitlines() if "=" in line]
    return {name: value for name, _, value in lines if not name.startswith("#")}


def test_a_new_one_has_random_secrets_that_its_owner_alone_may_read(tmp_path):
    first, second = tmp_path / "one", tmp_path / "two"
    complete(first, EXAMPLE)
    complete(second, EXAMPLE)

    assert values(first).keys() >= {"SECRET_KEY", "DB_PASSWORD", "REDIS_PASSWORD"}
    assert all(len(value) >= 50 for value in values(first).values())
    assert not {*values(first).values()} & {*values(second).values()}
    assert first.stat().st_mode & 0o777 == 0o600


def test_one_that_is_there_gets_what_it_lacks_and_keeps_the_rest(tmp_path):
    env = tmp_path / ".env"
    env.write_text("SECRET_KEY=mine\nSTEAM_API_KEY=\nDB_PASSWORD=\n")
    env.chmod(0o644)

    complete(env, EXAMPLE)

    found = values(env)
    assert (found["SECRET_KEY"], found["STEAM_API_KEY"]) == ("mine", "")
    assert len(found["DB_PASSWORD"]) >= 50
    assert len(found["PGADMIN_PASSWORD"]) >= 50
    assert env.stat().st_mode & 0o777 == 0o600
    before = env.read_text()
    complete(env, EXAMPLE)
    assert env.read_text() == before
