import pytest
from django_tasks import task

from app.core import request_id
from config import functions
from config.schedule import SCHEDULE, Entry
from tests.fakes.sqs import Context
from tests.fakes.steam import FakeSteam


@task
def broken():
    raise RuntimeError("on purpose")


@pytest.mark.parametrize("entry", SCHEDULE)
@pytest.mark.django_db(transaction=True)
def test_every_entry_of_the_schedule_runs(entry, settings):
    with FakeSteam() as steam:
        settings.STEAM_API_URL = steam.url

        answer = functions.schedule({"entry": entry}, Context())

    assert answer["task"] == SCHEDULE[entry].task
    assert request_id.current.get() == Context.aws_request_id


@pytest.mark.parametrize("event", [{}, {"entry": "no-such"}, {"task": "os.system"}])
def test_an_unknown_entry_is_refused_with_the_known_ones(event):
    with pytest.raises(ValueError, match="steam-sync"):
        functions.schedule(event, Context())


@pytest.mark.django_db
def test_without_a_queue_a_task_that_fails_fails_the_schedule(monkeypatch):
    monkeypatch.setitem(SCHEDULE, "broken", Entry(f"{__name__}.broken", minutes=1))

    with pytest.raises(RuntimeError, match="on purpose"):
        functions.schedule({"entry": "broken"}, Context())
