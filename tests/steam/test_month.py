"""The scripted month in little, with far more faults: `make month` plays all of it."""

import pytest

from tests.simulation.month import Month
from tests.steam.test_records import by_hand, kept

pytestmark = pytest.mark.django_db(transaction=True)


def test_some_days_leave_what_steam_would_give_and_no_limit_passed():
    figures = Month(members=30, days=1.5, seed=2, fault_every=40, per_day=350).run()

    assert figures.busiest_second <= 5
    # A tenth is for people who wait, of whom there are none.
    assert 300 <= figures.busiest_day <= 315
    assert figures.closest_details >= 5
    assert figures.tasks_failed == 0
    assert figures.stored > 30
    assert figures.failed_calls > 20
    assert kept() == by_hand()
