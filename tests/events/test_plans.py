"""What grows is read by its indexes, not from end to end; tests/benchmarks has it at full size."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from app.events.models import Event
from tests.benchmarks.community import LASTING, Community
from tests.benchmarks.crowd import cases_of
from tests.benchmarks.plans import explained
from tests.factories import TeamFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite plans as it likes."),
]


@pytest.fixture
def crowd(member):
    TeamFactory(captain=member, tournament__organiser=member)
    crowd = Community(
        connection.connection, datetime.now(UTC) - LASTING / 2, 2000, each=10, first=member.pk
    )
    crowd.fill()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        # Tables as small as these are soonest read whole: what counts is whether they must be.
        for way in ("seqscan", "hashjoin", "mergejoin", "material"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    return crowd


@pytest.fixture
def ask(api, member_api):
    def ask(request):
        client = member_api if request.signed_in else api
        send = getattr(client, request.method.lower())
        response = send(request.path, request.query or request.body)
        return response.status_code, response.json() if response.content else None

    return ask


def test_no_request_reads_a_whole_table(ask, crowd):
    for case in cases_of(crowd):
        with explained() as steps:
            case.verify(ask)
        assert steps
        assert not [step for step in steps if step.whole], case.title


def test_what_has_no_index_shows(crowd):
    with explained() as steps:
        list(Event.objects.filter(location="Voice channel 3"))
        list(Event.objects.filter(location="Voice channel 3").order_by("start_date", "id")[:20])

    assert [step.whole for step in steps] == [["events_event"]] * 2
