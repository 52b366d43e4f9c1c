"""Each migration runs while the code of the release before it serves."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser.analyser import (
    analyse_sql_statements,
    get_sql_analyser_class,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="No release is served from SQLite."
    ),
]

# From before the first release, when there was no code before them. None is to be added: what
# these do takes a release that writes both, and one later that takes the old away.
BEFORE_THE_FIRST_RELEASE = {
    "accounts.0003_email_proof_token_families",
    "steam.0004_complete_sync",
    "steam.0011_denials",
    "tournaments.0004_brackets",
}


@pytest.fixture(scope="module")
def linter(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        return MigrationLinter(path=str(settings.BASE_DIR), no_cache=True, no_output=True)


def ours(linter):
    labels = {config.label for config in apps.get_app_configs() if config.name.startswith("app.")}
    migrations = linter.migration_loader.disk_migrations
    return {f"{app}.{name}": it for (app, name), it in migrations.items() if app in labels}


def is_safe(linter, migration):
    linter.reset_counters()
    linter.lint_migration(migration)
    return not linter.has_errors


def test_no_migration_takes_away_what_the_code_before_it_uses(linter):
    found = {name for name, migration in ours(linter).items() if not is_safe(linter, migration)}

    assert found == BEFORE_THE_FIRST_RELEASE


@pytest.mark.parametrize(
    "statement",
    [
        'ALTER TABLE "t" DROP COLUMN "c" CASCADE;',
        'ALTER TABLE "t" RENAME COLUMN "c" TO "d";',
        'ALTER TABLE "t" ADD COLUMN "c" integer NOT NULL;',
        'ALTER TABLE "t" ALTER COLUMN "c" SET NOT NULL;',
        'ALTER TABLE "t" ALTER COLUMN "c" TYPE bigint USING "c"::bigint;',
        'ALTER TABLE "t" RENAME TO "u";',
        'DROP TABLE "t" CASCADE;',
    ],
)
def test_what_would_is_found(statement):
    analyser = get_sql_analyser_class(settings.DATABASES["default"]["ENGINE"])

    errors, _, _ = analyse_sql_statements(analyser, [statement], [])

    assert errors


@pytest.mark.parametrize(
    "statement",
    [
        'CREATE TABLE "t" ("id" bigint NOT NULL PRIMARY KEY);',
        'ALTER TABLE "t" ADD COLUMN "c" integer NULL;',
        'ALTER TABLE "t" ADD COLUMN "c" integer DEFAULT 0 NOT NULL;',
    ],
)
def test_what_only_adds_is_let_through(statement):
    analyser = get_sql_analyser_class(settings.DATABASES["default"]["ENGINE"])

    errors, _, _ = analyse_sql_statements(analyser, [statement], [])

    assert not errors
