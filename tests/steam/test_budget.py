"""The call budget, by a clock of its own, in one process and in Redis."""

import threading
import time
from collections import Counter
from contextlib import suppress
from itertools import pairwise

import msgspec
import pytest
from django_redis import get_redis_connection
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.steam.budget import FAILURES, Budget, Limits, LocalStore, RedisStore, State
from app.steam.sources import steam_budget
from app.steam.transport import OverBudget

DAY = 24 * 3600


class Clock:
    def __init__(self, now=1_800_000_000.0):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


def local(name="budget:test"):
    return LocalStore()


def shared(name="budget:test"):
    return RedisStore(lambda: get_redis_connection("counters"), name, None)


@pytest.fixture(params=[local, shared])
def store(request):
    return request.param()


def turn_at(budget, clock, endpoint="GetMatchHistory"):
    """Take a turn, waiting as a caller would; answer when it was."""
    while True:
        try:
            at = clock.now + budget.take(endpoint).seconds
        except OverBudget as error:
            clock.now += error.seconds
        else:
            clock.now = at
            return at


def busiest(moments, seconds):
    moments = sorted(moments)
    return max(sum(at <= later < at + seconds for later in moments) for at in moments)


def test_no_second_holds_more_than_the_limit(store, clock):
    budget = Budget(store, Limits(per_second=5, per_day=10**6), interactive=True)

    moments = [turn_at(budget, clock) for _ in range(60)]

    assert busiest(moments, 1 - 1e-6) <= 5
    # And not much less either.
    assert moments[-1] - moments[0] < 60 / 5 + 1


def test_an_endpoint_that_bears_fewer_calls_has_a_pause_of_its_own(store, clock):
    budget = Budget(store, Limits(per_second=5, per_day=10**6, pauses={"Slow": 5}))

    slow = [turn_at(budget, clock, "Slow") for _ in range(5)]

    assert [b - a for a, b in pairwise(slow)] == pytest.approx([5] * 4)
    # The others do not wait for it.
    assert budget.take("Fast").seconds < 1


def test_a_turn_that_is_far_off_is_put_back_and_says_when(store, clock):
    budget = Budget(store, Limits(per_second=5, per_day=10**6, pauses={"Slow": 5}))
    budget.take("Slow")

    with pytest.raises(OverBudget, match="Others are calling") as over:
        budget.take("Slow")

    assert over.value.seconds == pytest.approx(5)
    assert over.value.retryable
    # Nothing was counted for it.
    assert budget.standing().used == 1


def test_the_calls_of_any_24_hours_are_limited(store, clock):
    budget = Budget(store, Limits(per_second=100, per_day=50, reserved=0))

    moments = []
    for _ in range(160):
        clock.now += 600
        moments.append(turn_at(budget, clock))

    assert busiest(moments, DAY) <= 50


def test_the_limit_of_a_day_frees_itself_by_the_hour(store, clock):
    budget = Budget(store, Limits(per_second=100, per_day=10, reserved=0))
    first = clock.now
    for _ in range(10):
        turn_at(budget, clock)

    with pytest.raises(OverBudget, match="of the day") as over:
        budget.take("x")

    assert DAY <= clock.now + over.value.seconds - first <= DAY + 3600
    clock.now += over.value.seconds
    assert budget.take("x")


def test_a_share_is_kept_for_people_who_wait(store, clock):
    limits = Limits(per_second=10, per_day=100, reserved=0.2)
    background, person = Budget(store, limits), Budget(store, limits, interactive=True)
    for _ in range(80):
        turn_at(background, clock)

    with pytest.raises(OverBudget, match="of the day"):
        background.take("x")
    for _ in range(20):
        turn_at(person, clock)
    with pytest.raises(OverBudget, match="of the day"):
        person.take("x")


def as_many_as_there_are(budget):
    with suppress(OverBudget):
        while True:
            budget.take("x")


def test_a_person_waits_for_a_moment_only_behind_a_busy_background(store, clock):
    limits = Limits(per_second=5, per_day=10**6)
    background, person = Budget(store, limits), Budget(store, limits, interactive=True)
    waits = []
    for _ in range(50):
        as_many_as_there_are(background)
        waits.append(person.take("x").seconds)
        clock.now += 1

    assert max(waits) < 2


def test_failures_in_a_row_open_the_circuit_for_longer_and_longer(store, clock):
    budget = Budget(store, Limits(per_second=100, per_day=10**6))
    for _ in range(FAILURES - 1):
        turn_at(budget, clock)
        budget.failed(for_good=False)
    assert turn_at(budget, clock) == clock.now
    budget.failed(for_good=False)

    rests = []
    for _ in range(8):
        with pytest.raises(OverBudget, match="rest") as over:
            budget.take("x")
        rests.append(round(over.value.seconds))
        clock.now += over.value.seconds
        assert budget.take("x").after_failures
        budget.failed(for_good=False)

    assert rests == [30, 60, 120, 240, 480, 900, 900, 900]


def test_one_call_tries_whether_the_service_is_back(store, clock):
    budget = Budget(store, Limits(per_second=100, per_day=10**6))
    budget.failed(for_good=True)
    clock.now += 31

    assert budget.take("x").after_failures
    with pytest.raises(OverBudget, match="rest"):
        budget.take("x")

    budget.recovered()
    clock.now += 1
    assert not budget.take("x").after_failures
    assert budget.standing().failures == 0


def test_no_room_is_given_out_while_the_service_rests(store, clock):
    budget = Budget(store, Limits(per_second=10, per_day=1000, pauses={"Slow": 5}, reserved=0))

    assert (budget.room("Fast", 60), budget.room("Slow", 60)) == (600, 12)
    for _ in range(995):
        turn_at(budget, clock)
    assert (budget.room("Fast", 60), budget.room("Slow", 60)) == (5, 5)
    budget.failed(for_good=True)
    assert budget.room("Fast", 60) == 0


@pytest.mark.parametrize("make", [local, shared])
@given(
    pauses=st.lists(st.floats(0, 3), min_size=5, max_size=60),
    per_second=st.integers(1, 8),
    per_day=st.integers(5, 40),
)
@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whoever_asks_whenever_no_limit_is_passed(make, monkeypatch, pauses, per_second, per_day):
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    get_redis_connection("counters").delete("budget:test")
    limits = Limits(per_second=per_second, per_day=per_day, pauses={"Slow": 2}, reserved=0.25)
    store = make()
    budgets = [Budget(store, limits), Budget(store, limits, interactive=True)]
    taken = []
    for n, pause in enumerate(pauses):
        clock.now += pause
        endpoint = "Slow" if n % 3 == 0 else "Fast"
        with suppress(OverBudget):
            taken.append((clock.now + budgets[n % 2].take(endpoint).seconds, endpoint))

    if taken:
        assert busiest([at for at, _ in taken], 1 - 1e-6) <= per_second
        assert len(taken) <= per_day
        slow = [at for at, endpoint in taken if endpoint == "Slow"]
        assert all(b - a >= 2 - 1e-6 for a, b in pairwise(slow))


class Careless:
    """Redis without the watch: what two write at once, one of them has not written."""

    def update(self, change):
        redis = get_redis_connection("counters")
        raw = redis.get("budget:test")
        state = msgspec.json.decode(raw, type=State) if raw else State()
        answer = change(state)
        time.sleep(0.0005)
        redis.set("budget:test", msgspec.json.encode(state))
        return answer


def taken_by_eight(store):
    """Let eight threads take 40 turns each; answer how many the store has counted."""
    limits = Limits(per_second=1e9, per_day=10**6, reserved=0)
    threads = [
        threading.Thread(target=lambda: [Budget(store, limits).take("x") for _ in range(40)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Budget(store, limits).standing().used


def test_processes_at_once_count_each_call():
    assert taken_by_eight(shared()) == 320


def test_without_the_watch_calls_would_be_lost():
    assert taken_by_eight(Careless()) < 320


def test_without_redis_the_background_waits_and_people_do_not(settings):
    down = {"LOCATION": "redis://127.0.0.1:9/0"}
    settings.CACHES = settings.CACHES | {"counters": settings.CACHES["counters"] | down}

    with pytest.raises(OverBudget, match="cannot be read"):
        steam_budget().take("x")
    assert steam_budget().room("x", 60) == 0
    assert steam_budget(interactive=True).take("x").seconds < 2


def test_the_hours_that_are_over_are_forgotten(clock):
    store = LocalStore()
    budget = Budget(store, Limits(per_second=100, per_day=10**6))
    for _ in range(200):
        turn_at(budget, clock)
        clock.now += 3600

    assert store.update(lambda state: len(state.hours)) <= 25
    assert Counter(store.update(lambda state: dict(state.hours)).values()) == {1: 25}


def test_an_outage_of_weeks_is_asked_about_no_more_often_than_one_of_a_day(store, clock):
    budget = Budget(store, Limits(per_second=4, per_day=100_000))
    days = [0] * 14
    start = clock.now
    while (day := int((clock.now - start) / DAY)) < len(days):
        try:
            budget.take("GetMatchHistory")
        except OverBudget as error:
            clock.now += max(1, error.seconds)
        else:
            days[day] += 1
            budget.failed(for_good=True)

    assert max(days) == days[0] < 120
