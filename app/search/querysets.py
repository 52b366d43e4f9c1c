from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce, Left, NullIf

from app.accounts.models import User
from app.core import replica
from app.core.search import matching, with_rank
from app.events.models import Event
from app.tournaments.models import Team, Tournament

# So many of each kind are found, the newest: what all rows have is not looked for in all of them.
MOST = 1000
SUMMARY = 160


class Kind(NamedTuple):
    seen_by: Callable[[Any], "QuerySet[Any]"]
    """Answers what a user, who may be nobody, may know of."""
    title: str
    summary: Any
    since: str


KINDS = {
    "event": Kind(
        lambda user: Event.objects.visible_to(user),
        title="title",
        summary=Coalesce(NullIf("description", Value("")), "location"),
        since="created_at",
    ),
    "tournament": Kind(
        lambda user: Tournament.objects.visible_to(user),
        title="name",
        summary=F("description"),
        since="created_at",
    ),
    "team": Kind(
        lambda user: Team.objects.all(),
        title="name",
        summary=F("tournament__name"),
        since="created_at",
    ),
    "member": Kind(
        lambda user: User.objects.active() if user.is_authenticated else User.objects.none(),
        title="display_name",
        summary=F("username"),
        since="date_joined",
    ),
}


class Result(NamedTuple):
    type: str
    id: int
    title: str
    summary: str
    rank: float


class Page(NamedTuple):
    results: list[Result]
    total: int
    """How many there are on all pages; 0 beyond the last one."""


def find(text: str, *, kinds: Iterable[str], user: Any, offset: int, limit: int) -> Page:
    """Answer a page of what has the words and the user may see: the best, then the newest first."""
    first, *others = [_found(kind, text, user) for kind in kinds]
    try:
        sql, params = first.union(*others, all=True).query.sql_with_params()
    except EmptyResultSet:
        return Page([], 0)
    with connections[replica.alias()].cursor() as cursor:
        cursor.execute(
            "SELECT kind, id, called, told, rank, COUNT(*) OVER ()"  # noqa: S608 - Django's own SQL
            f" FROM ({sql}) found ORDER BY rank DESC, since DESC, kind, id DESC"
            " LIMIT %s OFFSET %s",
            [*params, limit, offset],
        )
        rows = cursor.fetchall()
    return Page([Result(*row[:-1]) for row in rows], rows[0][-1] if rows else 0)


def _found(kind: str, text: str, user: Any) -> "QuerySet[Any, Any]":
    matches = matching(KINDS[kind].seen_by(user), text)
    # The names are those of no model's field, or it could not be annotated.
    named: QuerySet[Any, Any] = with_rank(matches, text).annotate(
        kind=Value(kind),
        called=F(KINDS[kind].title),
        told=Left(KINDS[kind].summary, SUMMARY),
        since=F(KINDS[kind].since),
    )
    rows = named.values("kind", "id", "called", "told", "rank", "since")
    if connection.features.supports_slicing_ordering_in_compound:
        return rows.order_by("-id")[:MOST]
    return rows.order_by()  # SQLite, with as many as a laptop has
