from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from app.steam import budget, sources, tasks
from app.steam.models import QuarantinedAnswer, SyncRun, Usage
from tests.factories import QuarantinedAnswerFactory, SyncRunFactory, UsageFactory

pytestmark = pytest.mark.django_db

RUNS, BUDGET = "/api/steam/sync-runs/", "/api/steam/budget/"


@pytest.mark.parametrize("path", [RUNS, f"{RUNS}1/", BUDGET])
def test_they_are_for_staff(api, outsider_api, path):
    assert api.get(path).status_code == 401
    assert outsider_api.get(path).status_code == 403


class TestRuns:
    def test_the_newest_come_first_a_page_at_a_time(self, staff_api):
        runs = SyncRunFactory.create_batch(3)

        page = staff_api.get(RUNS, {"page_size": 2}).json()

        assert page.keys() == {"count", "next", "previous", "results"}
        assert [run["id"] for run in page["results"]] == [runs[2].pk, runs[1].pk]
        assert [run["id"] for run in staff_api.get(page["next"]).json()["results"]] == [runs[0].pk]

    def test_a_run_says_all_that_it_did(self, staff, staff_api):
        run = SyncRunFactory(
            trigger="staff", started_by=staff, calls=12, put_back=1, errors=1, last_error="Busy"
        )

        shown = staff_api.get(f"{RUNS}{run.pk}/").json()

        assert shown["started_by"]["id"] == staff.pk
        assert (shown["calls"], shown["put_back"], shown["errors"]) == (12, 1, 1)
        assert shown["last_error"] == "Busy"
        fields = {field.name for field in run._meta.fields}
        assert shown.keys() == fields
        assert staff_api.get(RUNS).json()["results"] == [shown]

    def test_one_that_nobody_started_names_nobody(self, staff_api):
        run = SyncRunFactory()

        shown = staff_api.get(f"{RUNS}{run.pk}/").json()

        assert (shown["trigger"], shown["started_by"]) == ("schedule", None)

    def test_they_are_filtered_by_what_set_them_off(self, staff_api):
        SyncRunFactory()
        link = SyncRunFactory(trigger="link")

        found = staff_api.get(RUNS, {"trigger": "link"}).json()["results"]

        assert [run["id"] for run in found] == [link.pk]
        wrong = staff_api.get(RUNS, {"trigger": "magic"})
        assert (wrong.status_code, list(wrong.json()["details"])) == (400, ["trigger"])

    def test_before_the_first_there_are_none(self, staff_api):
        assert staff_api.get(RUNS).json()["results"] == []
        assert staff_api.get(f"{RUNS}1/").status_code == 404

    def test_nobody_writes_them(self, staff_api):
        run = SyncRunFactory()

        assert staff_api.post(RUNS, {}).status_code == 405
        assert staff_api.delete(f"{RUNS}{run.pk}/").status_code == 405


class TestBudget:
    def test_it_says_what_is_left(self, staff_api, settings):
        settings.STEAM_CALLS_PER_DAY, settings.STEAM_RESERVED_PERCENT = 100, 10
        ours = sources.steam_budget()
        for _ in range(3):
            ours.take("GetMatchHistory")

        assert staff_api.get(BUDGET).json()["steam"] == {
            "per_day": 100,
            "used": 3,
            "for_background": 87,
            "failures": 0,
            "rests_for": 0,
        }

    def test_it_says_for_how_long_steam_is_given_a_rest(self, staff_api):
        sources.steam_budget().failed(for_good=True)

        shown = staff_api.get(BUDGET).json()["steam"]

        assert shown["failures"] == budget.FAILURES
        assert 0 < shown["rests_for"] <= budget.REST

    def test_opendota_has_one_where_it_is_asked(self, staff_api, settings):
        assert staff_api.get(BUDGET).json()["opendota"] is None

        settings.OPENDOTA_ENABLED, settings.OPENDOTA_CALLS_PER_DAY = True, 50

        shown = staff_api.get(BUDGET).json()["opendota"]
        assert (shown["per_day"], shown["used"]) == (50, 0)

    def test_the_usage_is_of_the_last_31_days_the_newest_first(self, staff_api):
        today = timezone.now().date()
        for days in (31, 30, 0):
            UsageFactory(
                day=today - timedelta(days=days), endpoint="GetMatchHistory", calls=9, failures=2
            )

        found = staff_api.get(BUDGET).json()["usage"]

        assert [row["day"] for row in found] == [str(today), str(today - timedelta(days=30))]
        assert found[0] == {
            "day": str(today),
            "source": "steam",
            "endpoint": "GetMatchHistory",
            "calls": 9,
            "failures": 2,
        }

    def test_who_looks_uses_nothing_up(self, staff_api, steam):
        for _ in range(2):
            assert staff_api.get(BUDGET).json()["steam"]["used"] == 0
        assert steam.count() == 0

    def test_without_redis_nobody_can_say(self, staff_api, settings):
        UsageFactory()
        nowhere = {"LOCATION": "redis://127.0.0.1:9/0"}
        gone = {name: cache | nowhere for name, cache in settings.CACHES.items()}
        with override_settings(CACHES=gone):
            response = staff_api.get(BUDGET)

        assert response.status_code == 200
        assert response.json()["steam"] is None
        assert len(response.json()["usage"]) == 1

    def test_it_costs_the_same_for_few_and_many(self, staff_api, django_assert_num_queries):
        for _ in range(2):
            UsageFactory.create_batch(20)
            with django_assert_num_queries(2):  # who asks, and the usage
                staff_api.get(BUDGET)


def test_what_is_of_long_ago_is_forgotten():
    for days in (89, 91):
        then = timezone.now() - timedelta(days=days)
        SyncRunFactory(started_at=then)
        UsageFactory(day=then.date())
        QuarantinedAnswerFactory(first_seen_at=then, last_seen_at=then)
    long_known = QuarantinedAnswerFactory(first_seen_at=then)

    tasks.remove_old.call()

    then = timezone.now() - timedelta(days=90)
    assert SyncRun.objects.get().started_at > then
    assert Usage.objects.get().day >= then.date()
    # What still comes is not forgotten, since whenever it does.
    assert QuarantinedAnswer.objects.count() == 2
    assert long_known in QuarantinedAnswer.objects.all()
