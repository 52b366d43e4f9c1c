"""What is found by the words of which text, and in which order; tests/search has who finds what."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.accounts.models import User
from app.core.search import SearchIndex, matching, with_rank
from app.events.models import Event
from app.tournaments.models import Team, Tournament
from tests.factories import TournamentFactory

pytestmark = pytest.mark.django_db

postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite looks into the columns themselves."
)
SEARCHED = [Event, Team, Tournament, User]


def found(text):
    return set(matching(Tournament.objects.all(), text).values_list("name", flat=True))


def best_first(text):
    ranked = with_rank(matching(Tournament.objects.all(), text), text)
    return list(ranked.order_by("-rank", "id").values_list("name", flat=True))


@pytest.mark.parametrize("text", ["winter", "WINTER", "cup", "Cup winter", "wint", "winter c", "w"])
def test_each_word_is_there_and_the_last_one_may_be_a_beginning(text):
    TournamentFactory(name="Winter Cup")
    TournamentFactory(name="Summer")

    assert found(text) == {"Winter Cup"}


@pytest.mark.parametrize("text", ["autumn", "winter autumn", "cup!x", "...", '"', "-", "🏆", ""])
def test_what_has_not_all_of_the_words_is_not_found(text):
    TournamentFactory(name="Winter Cup")

    assert found(text) == set()


@pytest.mark.parametrize("name", ["ada.l_01", "https://ada/l.01", "ada@l-01", "<ada> &l; '01'"])
@pytest.mark.parametrize("text", ["ada", "01", "l 01", "ada l"])
def test_marks_keep_words_apart_wherever_they_stand(name, text):
    TournamentFactory(name=name)

    assert found(text) == {name}


@pytest.mark.parametrize(
    "text", ["night-owls", "Night_Owl", "night - owls", "owls/night", "night."]
)
def test_marks_keep_typed_words_apart_too(text):
    TournamentFactory(name="Night Owls")

    assert found(text) == {"Night Owls"}


@pytest.mark.parametrize("text", ["straße", "ольга", "杯", "naï"])
def test_words_of_any_script_are_found(text):
    name = "Straße Ольга 杯 naïve".lower()  # SQLite knows the case of ASCII alone
    TournamentFactory(name=name)

    assert found(text) == {name}


@postgresql
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('"winter cup"', {"Winter Cup"}),
        ('"cup winter"', {"Cup Winter"}),
        ('"winter cu', {"Winter Cup"}),
        ('"winter cu"', set()),
        ("summer or spring", {"Summer", "Spring"}),
        ("summer or spri", {"Summer", "Spring"}),
        ("winter -cup", {"Winter"}),
        ("winter -cu", {"Winter", "Winter Cup", "Cup Winter"}),
        ('winter -"cup winter"', {"Winter", "Winter Cup"}),
        ("-winter -spring", {"Summer"}),
        ("wint cup", set()),
        ("inter", set()),
    ],
)
def test_a_text_is_read_as_search_engines_do(text, names):
    for name in ["Winter Cup", "Cup Winter", "Winter", "Summer", "Spring"]:
        TournamentFactory(name=name)

    assert found(text) == names


def test_a_word_in_the_name_ranks_before_one_in_the_description():
    TournamentFactory(name="Winter", description="No cup, but a cup of tea, and another cup.")
    TournamentFactory(name="Cup")

    assert best_first("cup") == ["Cup", "Winter"]
    assert best_first("cu") == ["Cup", "Winter"]


@postgresql
def test_what_is_not_to_be_found_changes_no_rank():
    TournamentFactory(name="Winter", description="A cup.")
    TournamentFactory(name="Cup")
    TournamentFactory(name="Cup, autumn")

    assert best_first("cup -autumn") == ["Cup", "Winter"]
    assert best_first("-autumn") == ["Winter", "Cup"]


@postgresql
def test_a_whole_word_ranks_before_a_longer_one():
    for name in ["Cupid", "Cup", "Cupboard"]:
        TournamentFactory(name=name)

    assert best_first("cup") == ["Cup", "Cupid", "Cupboard"]


def test_what_is_written_is_found_at_once_however_it_is():
    tournament = TournamentFactory(name="Winter Cup")
    assert found("winter") == {"Winter Cup"}

    Tournament.objects.update(name="Summer Cup")
    assert (found("winter"), found("summer")) == (set(), {"Summer Cup"})
    tournament.save()
    assert (found("winter"), found("summer")) == ({"Winter Cup"}, set())
    Tournament.objects.bulk_create([Tournament(name="Winter League", tournament_type="swiss")])
    assert found("winter") == {"Winter Cup", "Winter League"}


@pytest.mark.parametrize("model", SEARCHED)
def test_no_read_of_a_model_reads_what_it_is_found_by(model):
    with CaptureQueriesContext(connection) as queries:
        list(model.objects.all())

    [query] = queries
    assert "search" not in query["sql"]
    assert "search" not in [field.column for field in model._meta.fields]


@pytest.mark.parametrize("model", SEARCHED)
def test_an_index_survives_a_migration(model):
    [index] = [each for each in model._meta.indexes if isinstance(each, SearchIndex)]

    assert index.clone() == index
    assert SearchIndex(weights={"id": "A"}, name=index.name) != index


@postgresql
def test_an_index_is_taken_away_without_a_trace_and_comes_back():
    TournamentFactory(name="Winter Cup")
    connection.check_constraints()  # what is deferred would be in the way
    [index] = [each for each in Tournament._meta.indexes if isinstance(each, SearchIndex)]

    def structure():
        with connection.cursor() as cursor:
            introspection, table = connection.introspection, Tournament._meta.db_table
            columns = [column.name for column in introspection.get_table_description(cursor, table)]
            return {*columns}, introspection.get_constraints(cursor, table).keys()

    before = structure()
    with connection.schema_editor() as editor:
        editor.remove_index(Tournament, index)
    columns, indexes = structure()
    assert "search" not in columns
    assert index.name not in indexes
    with connection.schema_editor() as editor:
        editor.add_index(Tournament, index)

    assert structure() == before
    assert found("winter") == {"Winter Cup"}
