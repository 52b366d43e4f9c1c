"""SQL that is built once finds what a queryset finds that is built anew."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.models import User
from app.accounts.serializers import UserSerializer
from app.core import statements
from app.core.filters import BooleanFilter, DateTimeFilter, IntegerFilter
from app.core.json import JSONRenderer
from app.core.pagination import Pagination
from app.core.postgresql import Prepared
from app.core.search import matching
from app.core.statements import Bind, Statement, kept
from app.events.models import Event
from app.events.serializers import DashboardEventSerializer, EventSerializer
from app.steam.models import Match, MatchPlayer, SyncRun
from app.steam.serializers import MatchListSerializer, SyncRunSerializer
from app.tournaments.models import Game, Series, Team, Tournament
from app.tournaments.serializers import (
    GameSerializer,
    SeriesSerializer,
    TeamSerializer,
    TournamentSerializer,
)
from tests.factories import (
    EventFactory,
    GameFactory,
    MatchFactory,
    MatchPlayerFactory,
    RegistrationFactory,
    SeriesFactory,
    SteamMemberFactory,
    SyncRunFactory,
    TeamFactory,
    TournamentFactory,
    UserFactory,
)
from tests.routes import VIEWSETS

pytestmark = pytest.mark.django_db


class List(NamedTuple):
    """A list as anyone would ask the ORM for it."""

    rows: Callable[[User], QuerySet[Any]]
    """What the member may see."""
    serializer: Any
    filters: dict[str, Callable[[Any, dict[str, Any]], Q]]
    """What a filter keeps, by its value and the whole query."""
    orderings: list[str]
    for_staff: bool = False


@pytest.fixture
def caller(request, of):
    return request.getfixturevalue("staff_api" if LISTS[of].for_staff else "member_api")


def played_by(**player):
    return Q(Exists(MatchPlayer.objects.filter(match=OuterRef("pk"), **player)))


def named(value, query):
    names = ("username", "nickname", "guild_nickname", "discord_nickname")
    return Q(*[(f"{name}__icontains", value) for name in names], _connector=Q.OR)


def played_on(hero, query):
    by = {"member": query["member"]} if "member" in query else {"member__isnull": False}
    return played_by(hero_id=hero, **by)


def of_viewer(value, query):
    viewer = query["viewer"]
    theirs = Event.objects.filter(
        Q(created_by=viewer) | Q(registrations__in=viewer.registrations.exclude(status="cancelled"))
    )
    return Q(pk__in=theirs) if value == "true" else ~Q(pk__in=theirs)


EVENT_FILTERS = {
    "q": lambda value, _: Q(pk__in=matching(Event.objects.all(), value)),
    "status": lambda value, _: Q(status=value),
    "start_date": lambda value, _: Q(start_date__gte=value),
    "end_date": lambda value, _: Q(end_date__lte=value),
    "ends_after": lambda value, _: Q(end_date__gte=value),
    "mine": of_viewer,
}
EVENT_ORDERINGS = ["start_date", "end_date", "title", "created_at", "id"]


LISTS = {
    "event": List(
        lambda viewer: Event.objects.filter(~Q(status="draft") | Q(created_by=viewer)),
        EventSerializer,
        EVENT_FILTERS,
        EVENT_ORDERINGS,
    ),
    "dashboard-event": List(
        lambda viewer: Event.objects.filter(created_by=viewer),
        DashboardEventSerializer,
        {name: kept for name, kept in EVENT_FILTERS.items() if name != "mine"},
        EVENT_ORDERINGS,
    ),
    "game": List(
        lambda viewer: Game.objects.order_by("-id"),
        GameSerializer,
        {
            "series": lambda value, _: Q(series=value),
            "tournament": lambda value, _: Q(tournament=value),
            "team": lambda value, _: Q(radiant=value) | Q(dire=value),
            "winner": lambda value, _: Q(winner=value),
            "decided": lambda value, _: Q(winner__isnull=value == "false"),
        },
        ["id", "played_at", "duration"],
    ),
    "match": List(
        lambda viewer: Match.objects.order_by("-match_id"),
        MatchListSerializer,
        {
            "member": lambda value, _: played_by(member=value),
            "hero": played_on,
            "since": lambda value, _: Q(start_time__gte=value),
            "lobby": lambda value, _: Q(lobby_type=value),
            "game_mode": lambda value, _: Q(game_mode=value),
            "tournament": lambda value, _: Q(
                pk__in=Game.objects.filter(tournament=value, match__isnull=False).values("match")
            ),
            "state": lambda value, _: Q(state=value),
        },
        [],
    ),
    "series": List(
        lambda viewer: Series.objects.order_by("id"),
        SeriesSerializer,
        {
            "tournament": lambda value, _: Q(tournament=value),
            "team": lambda value, _: Q(team_a=value) | Q(team_b=value),
            "status": lambda value, _: Q(status=value),
            "section": lambda value, _: Q(section=value),
        },
        ["id", "scheduled_at", "finished_at"],
    ),
    "sync-run": List(
        lambda viewer: SyncRun.objects.order_by("-id"),
        SyncRunSerializer,
        {"trigger": lambda value, _: Q(trigger=value)},
        [],
        for_staff=True,
    ),
    "team": List(
        lambda viewer: Team.objects.order_by("id"),
        TeamSerializer,
        {
            "q": lambda value, _: Q(name__icontains=value),
            "tournament": lambda value, _: Q(tournament=value),
            "captain": lambda value, _: Q(captain=value),
        },
        ["id", "name", "seed"],
    ),
    "tournament": List(
        lambda viewer: Tournament.objects.order_by("-id").filter(
            ~Q(status="draft") | Q(organiser=viewer)
        ),
        TournamentSerializer,
        {
            "q": lambda value, _: Q(name__icontains=value),
            "tournament_type": lambda value, _: Q(tournament_type=value),
            "status": lambda value, _: Q(status=value),
            "organiser": lambda value, _: Q(organiser=value),
            "event": lambda value, _: Q(event=value),
        },
        ["id", "name", "created_at"],
    ),
    "user": List(
        lambda viewer: User.objects.filter(is_active=True).order_by("id"),
        UserSerializer,
        {
            "q": named,
            "in_guild": lambda value, _: Q(in_guild=value == "true"),
            "has_discord": lambda value, _: Q(discord_id__isnull=value == "false"),
            "has_steam": lambda value, _: Q(steam_id__isnull=value == "false"),
        },
        [],
    ),
}
START = datetime(2026, 10, 1, 20, tzinfo=UTC)


@pytest.fixture
def rows(member):
    """Few rows that differ in all that there are filters for, with gaps and with equals."""
    members = [
        SteamMemberFactory(nickname="Ada%"),
        UserFactory(username="a_b", discord_id=1, in_guild=True),
        member,
    ]
    UserFactory(is_active=False)
    for number in range(4):
        cup = TournamentFactory(
            name=["Cup", "cup 2", "100%", "Night_Owls"][number],
            tournament_type=["swiss", "round_robin"][number % 2],
            organiser=[None, *members][number],
            status=["registration", "draft"][number // 2 % 2],
        )
        teams = [
            TeamFactory(
                tournament=cup,
                name=["Wards", "wards_2", "50%"][seed],
                captain=[*members, None][(number + seed) % 4],
                seed=seed or None,
            )
            for seed in range(3)
        ]
        series = SeriesFactory(
            tournament=cup,
            section=["upper", "group"][number % 2],
            team_a=teams[0],
            team_b=[teams[1], None][number % 2],
            status=["ready", "waiting"][number % 2],
            scheduled_at=[None, START + timedelta(days=number)][number // 2],
        )
        for winner in (None, teams[0], teams[1]):
            GameFactory(
                tournament=cup,
                series=winner and series,
                match=winner and MatchFactory(),
                radiant=teams[0],
                dire=teams[1 if number % 2 or winner else 2],
                winner=winner,
                duration=[None, 1800][number % 2],
                played_at=[None, START + timedelta(days=number)][number % 2],
            )
        match = MatchFactory(
            start_time=START + timedelta(hours=number),
            lobby_type=[None, 0, 7][number % 3],
            game_mode=[None, 7, 22][number % 3],
            state=["stored", "pending"][number % 2],
            radiant_win=[True, None][number % 2],
        )
        for slot in range(number):
            player = [None, *members][(number + slot) % 4]
            MatchPlayerFactory(match=match, player_slot=slot, member=player, hero_id=14 + slot)
        SyncRunFactory(
            trigger=["schedule", "staff", "link"][number % 3],
            started_by=[None, *members][number],
            started_at=START,
        )
        for status in Event.Status:
            event = EventFactory(
                title=["Cup", "cup 2", "100%", "Wards"][number],
                status=status,
                start_date=START + timedelta(hours=number),
                end_date=START + timedelta(hours=number + 2),
                created_by=[None, *members][number],
            )
            for coming in members[:number]:
                RegistrationFactory(
                    event=event,
                    member=coming,
                    status=["registered", "waitlisted", "cancelled"][number % 3],
                )


TEXTS = ["a", "A", "%", "_", "\\", "cup", "wards", "é", "'", '"', "%%s", "{"]
NUMBERS = [-(2**63), -1, 0, 7, 14, 15, 2**31, 2**63 - 1]


def values_of(filter_, ids):
    """Draw a value that rows have, one that none has, or the last that a database can count."""
    if isinstance(filter_, IntegerFilter):
        return st.sampled_from(ids + NUMBERS)
    if isinstance(filter_, DateTimeFilter):
        hours = st.integers(-1, 5).map(lambda number: START + timedelta(hours=number))
        ends = st.sampled_from(["0001-01-02T00:00:00Z", "9999-12-30T00:00:00+02:00"])
        return hours.map(datetime.isoformat) | ends
    if isinstance(filter_, BooleanFilter):
        return st.sampled_from(["true", "false"])
    choices = [value for value, _ in filter_.extra.get("choices", [])]
    return st.sampled_from(choices or TEXTS)


def queries(of, ids):
    """Draw any of the list's filters, orderings and pages."""
    filterset, orderings = VIEWSETS[of].filterset_class.shared(), LISTS[of].orderings
    signed = [sign + column for column in orderings for sign in ("", "-")]
    several = st.lists(st.sampled_from(signed), max_size=3).map(",".join) if signed else st.just("")
    page = (
        {"page": st.integers(1, 3)} if issubclass(VIEWSETS[of].pagination_class, Pagination) else {}
    )
    return st.fixed_dictionaries(
        {"page_size": st.integers(1, 6), **page},
        optional={
            "ordering": several,
            **{name: values_of(filterset.filters[name], ids) for name in LISTS[of].filters},
        },
    )


def by_the_orm(of, query):
    rows, _, filters, *_ = LISTS[of]
    found = rows(query["viewer"]).filter(
        *[filters[name](query[name], query) for name in query if name in filters]
    )
    columns = [column for column in query.get("ordering", "").split(",") if column]
    return found.order_by(*columns, "pk") if columns else found


def by_rest_framework(of, rows, viewer):
    for match in rows if of == "match" else []:
        match.members = list(match.players.exclude(member=None))
    context = {"request": SimpleNamespace(user=viewer)}
    written = LISTS[of].serializer(rows, many=True, context=context).data
    return json.loads(JSONRenderer().render(written))


@settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
@pytest.mark.parametrize("of", VIEWSETS)
def test_a_list_is_what_the_orm_finds(caller, member, rows, of, data):
    models = (User, Tournament, Team)
    ids = [
        pk for model in models for pk in model.objects.order_by("pk").values_list("pk", flat=True)
    ]
    query = data.draw(queries(of, ids))
    found = list(by_the_orm(of, query | {"viewer": member}))
    begin = (query.get("page", 1) - 1) * query["page_size"]
    end = begin + query["page_size"]

    response = caller.get(reverse(f"{of}-list"), query)

    if begin and not found[begin:]:
        assert response.status_code == 404
        return
    page = response.json()
    for row in page["results"]:
        for name in getattr(LISTS[of].serializer.Meta, "derived", ()):
            del row[name]  # which the view adds, and has tests for
    assert page["results"] == by_rest_framework(of, found[begin:end], member)
    assert page.get("count", len(found)) == len(found)
    assert (page["next"] is None) == (len(found) <= end)


@pytest.mark.parametrize("of", VIEWSETS)
def test_every_filter_and_ordering_is_tried(of):
    filters = VIEWSETS[of].filterset_class.shared().filters
    ordering = filters.get("ordering")

    assert filters.keys() - {"ordering"} == LISTS[of].filters.keys()
    assert (list(ordering.param_map) if ordering else []) == LISTS[of].orderings


@pytest.mark.parametrize("of", VIEWSETS)
def test_a_number_that_no_database_counts_is_refused(caller, rows, of):
    filterset = VIEWSETS[of].filterset_class.shared()
    for name, filter_ in filterset.filters.items():
        if isinstance(filter_, IntegerFilter):
            for value in (2**63, -(2**63) - 1, 10**30, "9" * 5000):
                response = caller.get(reverse(f"{of}-list"), {name: value})
                assert response.status_code == 400
                assert list(response.json()["details"]) == [name]


@pytest.mark.parametrize("of", VIEWSETS)
@pytest.mark.parametrize("pk", [0, 2**31, 2**63 - 1, 2**63, 10**30, "9" * 5000])
def test_an_id_that_nothing_has_is_a_404(caller, of, pk):
    assert caller.get(f"{reverse(f'{of}-list')}{pk}/").status_code == 404


def by_id(matches):
    return Statement(matches.filter(pk=Bind("id", Match._meta.pk)))


def test_a_statement_answers_what_the_orm_makes_of_its_columns():
    match = MatchFactory(picks_bans=[{"is_pick": True}], retry_at=START)
    columns = ["picks_bans", "start_time", "retry_at", "radiant_win", "cluster", "reason"]

    [row] = by_id(Match.objects.values_list(*columns)).rows({"id": match.pk})

    assert row == ([{"is_pick": True}], START, START, True, None, "")
    assert Match.objects.values_list(*columns).get() == row


def test_a_moment_is_bound_as_the_database_writes_it():
    MatchFactory(start_time=START)
    since = Bind("since", Match._meta.get_field("start_time"))
    statement = Statement(Match.objects.filter(start_time__gte=since).values_list("pk"))

    assert len(statement.rows({"since": START})) == 1
    assert statement.rows({"since": START + timedelta(microseconds=1)}) == []


def test_a_statements_instances_are_the_models_own(django_assert_num_queries):
    team = TeamFactory(captain=None)
    wanted = Team.objects.filter(pk=Bind("id", Team._meta.pk))
    statement = Statement(wanted.select_related("tournament__organiser", "captain"))

    [found] = statement.instances({"id": team.pk})

    assert found == team
    with django_assert_num_queries(0):
        assert found.tournament.organiser == team.tournament.organiser
        assert found.captain is None
        assert not found._state.adding
    found.name = "Renamed"
    found.save()
    assert Team.objects.get().name == "Renamed"


def test_a_statement_is_run_again_with_other_values():
    one, other = MatchFactory.create_batch(2)
    statement = by_id(Match.objects.all())

    for match in (one, other, one):
        assert statement.instances({"id": match.pk}) == [match]
    assert statement.instances({"id": 404}) == []
    assert (statement.count({"id": one.pk}), statement.count({"id": 404})) == (1, 0)


def test_what_can_have_no_rows_asks_nothing(django_assert_num_queries):
    MatchFactory()
    statement = by_id(Match.objects.filter(pk__in=[]))

    with django_assert_num_queries(0):
        assert statement.rows({"id": 1}) == statement.instances({"id": 1}) == []
        assert statement.count({"id": 1}) == 0
        assert statement.estimate({"id": 1}) is None


def test_a_value_that_is_missing_is_an_error():
    with pytest.raises(KeyError):
        by_id(Match.objects.all()).rows({})


def test_what_is_made_is_kept_and_made_once(monkeypatch):
    monkeypatch.setattr(statements, "_kept", {})
    made = []

    for value in ("", 0, [], "once"):
        for _ in range(3):
            kept(str(value), lambda value=value: made.append(value) or value)

    assert made == ["", 0, [], "once"]


def test_many_forms_of_a_list_are_not_all_kept(api, rows, monkeypatch):
    monkeypatch.setattr(statements, "_kept", {})
    monkeypatch.setattr(statements, "KEPT", 10)

    for size in range(1, 31):
        for cup in (None, *Tournament.objects.all()):
            query = {"page_size": size, **({"tournament": cup.pk} if cup else {})}
            assert api.get("/api/teams/", query).json()["count"] == (3 if cup else 12)
        assert 0 < len(statements._kept) <= 10


def test_a_text_is_kept_in_no_form(api, rows, monkeypatch):
    monkeypatch.setattr(statements, "_kept", {})

    for number in range(30):
        api.get("/api/teams/", {"q": f"name {number}"})

    assert not statements._kept


def test_values_make_no_other_form(api, rows, monkeypatch):
    monkeypatch.setattr(statements, "_kept", {})
    api.get("/api/teams/", {"tournament": 1, "captain": 1})
    forms = len(statements._kept)

    for number in range(30):
        api.get("/api/teams/", {"tournament": number, "captain": 2**40 + number})

    assert len(statements._kept) == forms


def bound_alone():
    """Answer each filter whose SQL PostgreSQL would plan for all values alike."""
    for name, viewset in VIEWSETS.items():
        filterset = viewset.filterset_class.shared()
        if not issubclass(viewset.pagination_class, Pagination):
            continue
        for filter_name, filter_ in filterset.filters.items():
            bound = filterset.bound({filter_name: 1})
            if isinstance(bound[filter_name], Bind):
                queryset = viewset(action="list", request=SimpleNamespace(method="GET"))
                found = filterset.apply(queryset.get_queryset(), bound)
                if isinstance(Statement(found).sql, Prepared):
                    yield pytest.param(found.model, filter_.field_name, id=f"{name} {filter_name}")


BOUND_ALONE = list(bound_alone())


@pytest.mark.parametrize(("model", "column"), BOUND_ALONE)
def test_a_filter_by_one_value_has_an_index_that_ends_in_the_order(model, column):
    field = model._meta.get_field(column.removesuffix("_id"))
    indexes = {tuple(index.fields) for index in model._meta.indexes if not index.condition}
    constraints = {tuple(c.fields) for c in model._meta.constraints if hasattr(c, "fields")}

    assert (field.name, "id") in indexes | constraints
    assert model._meta.ordering in (["id"], ["-id"])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite prepares nothing.")
@pytest.mark.parametrize(("model", "column"), BOUND_ALONE)
def test_the_plan_for_any_value_reads_a_page_off_the_index(model, column):
    field = model._meta.get_field(column.removesuffix("_id"))
    value = Bind("value", field.target_field)
    statement = Statement(model.objects.filter(**{field.name: value}).values_list("pk")[:21])

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE page (bigint) AS {statement.sql.replace('%s', '$1')}")
        cursor.execute("EXPLAIN EXECUTE page (1)")
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("DEALLOCATE page")

    assert "Index" in plan
    assert "Sort" not in plan
