"""Every variable that the settings read is documented in .env.example, and nothing else is."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Django's own, of which there is one.
NOT_OURS = {"DJANGO_SETTINGS_MODULE"}
COMPOSE_ALONE = {
    *("API_PORT", "WORKER_CONCURRENCY", "POSTGRES_PASSWORD"),
    *("PGADMIN_PORT", "PGADMIN_EMAIL", "PGADMIN_PASSWORD"),
}
# Their change alone matters, or what reads them is still to come.
NOT_READ = {
    "GUILDHALL_SECRETS_VERSION",
}
LINE = re.compile(r"#?([A-Z][A-Z0-9_]*)=(.*)")


def entries() -> list[tuple[str, str, str]]:
    """Name, value and the line above of every variable."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    found = ((LINE.fullmatch(line), above) for above, line in pairwise(lines))
    return [(match[1], match[2], above) for match, above in found if match]


def names_read(source: str) -> set[str]:
    """Every variable's name that is handed to a reader of config.env or to os.environ.

    In config/env.py that is, besides, a name that a loop goes over.
    """
    return {name for node in ast.walk(ast.parse(source)) for name in _names(node)} - NOT_OURS


def _names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name("env")) | ast.Name(), args=[first, *_]):
            found = [first]
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="environ")), args=[first, *_]):
            found = [first]
        case ast.Subscript(value=ast.Attribute(attr="environ"), slice=key):
            found = [key]
        case ast.comprehension(iter=ast.Tuple(elts=elements)):
            found = elements
        case _:
            return
    for each in found:
        match each:
            case ast.Constant(value=str(name)) if re.fullmatch(r"[A-Z][A-Z0-9_]+", name):
                yield name


def test_each_variable_that_config_reads_is_documented_and_no_other():
    read = set().union(*(names_read(path.read_text()) for path in (ROOT / "config").glob("*.py")))

    assert read | COMPOSE_ALONE | NOT_READ == {name for name, _, _ in entries()}


def test_what_only_compose_reads_it_does():
    read = set(re.findall(r"\$\{(\w+)", (ROOT / "infra/compose.yaml").read_text()))

    assert read >= COMPOSE_ALONE


def test_the_reading_finds_every_way_in():
    assert names_read(
        'env.string("A_1", "X_1"); os.environ.get("B_1"); os.environ["C_1"]; integer("D_1", 5)\n'
        '[string(name) for name in ("E_1", "F_1")]; "X_2"; env.strings(name); x["y"].get("X_3")'
    ) == {"A_1", "B_1", "C_1", "D_1", "E_1", "F_1"}


def test_each_variable_stands_once_under_a_line_that_explains_it():
    names = [name for name, _, _ in entries()]

    assert len(names) == len(set(names))
    for name, _, above in entries():
        assert re.match(r"# \S", above), f"{name} is not explained"


def test_only_the_secrets_that_make_up_fills_in_are_not_commented():
    values = {name: value for name, value, _ in entries()}

    secrets = ["SECRET_KEY", "DB_PASSWORD", "POSTGRES_PASSWORD", "REDIS_PASSWORD"]
    secrets += ["PGADMIN_PASSWORD"]
    assert {values[name] for name in secrets} == {""}
    # `make run` reads .env too: what is not commented would change it.
    text = (ROOT / ".env.example").read_text()
    assert re.findall(r"^([A-Z_]+)=", text, re.MULTILINE) == secrets
