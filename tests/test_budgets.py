"""What the Lambda handler may spend on an answer, in figures that no other work on a machine moves.

Calls are those that cProfile counts, of Python's functions and of C's. A stock project of REST
framework behind Mangum takes 31,117 for the page, 14,107 for one and 8,011 for a route that does
nothing; tests/benchmarks measures how long it all takes.
"""

import cProfile
import pstats
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import include, path
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from app.accounts.services import issue_tokens
from config import functions
from config.urls import urlpatterns as site
from tests.config.test_gateway import event
from tests.factories import GameFactory, TeamFactory, TournamentFactory, UserFactory
from tests.fakes.sqs import Context

# Outside of a transaction, where a request finds its connection as the last one left it.
pytestmark = pytest.mark.django_db(transaction=True)

WARM = 5


class Hello(APIView):
    permission_classes = [AllowAny]

    def get(self, request):
        return Response({"hello": "world"})


urlpatterns = [path("api/", include([path("hello/", Hello.as_view())])), *site]


@pytest.fixture(autouse=True)
def _every_answer_is_made(settings):
    settings.RESPONSE_CACHE = False


@pytest.fixture
def tournament():
    organiser = UserFactory()
    tournament = TournamentFactory(organiser=organiser)
    teams = TeamFactory.create_batch(16, tournament=tournament)
    for number in range(40):
        radiant, dire = teams[number % 16], teams[(number + 1) % 16]
        GameFactory(tournament=tournament, radiant=radiant, dire=dire, winner=radiant)
    return tournament


def page(tournament):
    return event(query=urlencode({"tournament": tournament.pk, "page_size": 40}))


def one(tournament):
    return event(f"/api/games/{tournament.games.first().pk}/")


def create(tournament):
    radiant, dire = tournament.teams.all()[:2]
    body = (
        f'{{"tournament_id": {tournament.pk}, "radiant_id": {radiant.pk}, "dire_id": {dire.pk},'
        f' "winner_id": {dire.pk}, "duration": 1800, "played_at": "2026-03-10T20:00:00Z"}}'
    )
    token = issue_tokens(user=tournament.organiser).access
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    return event(method="POST", body=body, headers=headers)


def hello(tournament):
    return event("/api/hello/")


def answer(asked):
    given = functions.api(asked, Context())
    assert given["statusCode"] in {200, 201}, given
    return given


def warm(asked):
    for _ in range(WARM):
        answer(asked)


@pytest.mark.urls(__name__)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="counted with production's database")
@pytest.mark.parametrize(
    ("case", "most"), [(page, 1700), (one, 1450), (create, 4000), (hello, 1100)]
)
def test_an_answer_takes_so_many_calls(tournament, case, most):
    asked = case(tournament)
    warm(asked)

    profile = cProfile.Profile()
    profile.runcall(answer, asked)

    assert pstats.Stats(profile).total_calls <= most


@pytest.mark.parametrize(("case", "statements"), [(page, 1), (one, 1), (create, 3)])
def test_an_answer_takes_so_many_statements(tournament, case, statements):
    asked = case(tournament)
    warm(asked)

    with CaptureQueriesContext(connection) as queries:
        answer(asked)

    assert len(queries) == statements


@pytest.mark.parametrize("case", [page, one, create])
def test_a_warm_answer_opens_no_connection(tournament, case):
    asked = case(tournament)
    warm(asked)
    kept = connection.connection

    warm(asked)

    assert connection.connection is kept
