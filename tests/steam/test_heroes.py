import pytest

from app.steam.models import Hero
from tests.factories import HeroFactory

pytestmark = pytest.mark.django_db


def test_all_heroes_come_in_one_answer_by_their_names(api, django_assert_num_queries):
    Hero.objects.all().delete()
    for name in ("Zeus", "Axe", "Lina"):
        HeroFactory(localized_name=name)
    HeroFactory.create_batch(150, localized_name="Meepo")

    with django_assert_num_queries(1):
        body = api.get("/api/steam/heroes/").json()

    assert body.keys() == {"results"}
    names = [hero["localized_name"] for hero in body["results"]]
    assert names == ["Axe", "Lina", *["Meepo"] * 150, "Zeus"]


def test_a_hero_is_named_in_both_ways(api):
    Hero.objects.all().delete()
    HeroFactory(hero_id=2, name="npc_dota_hero_axe", localized_name="Axe")

    assert api.get("/api/steam/heroes/").json()["results"] == [
        {"hero_id": 2, "name": "npc_dota_hero_axe", "localized_name": "Axe"}
    ]


def test_without_heroes_there_are_none(api):
    Hero.objects.all().delete()

    assert api.get("/api/steam/heroes/").json() == {"results": []}


def test_nobody_writes_heroes(staff_api):
    assert staff_api.post("/api/steam/heroes/", {}).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_the_answer_is_kept_until_a_hero_is_new(api, django_assert_num_queries):
    for _ in range(2):
        api.get("/api/steam/heroes/")
    with django_assert_num_queries(0):
        before = api.get("/api/steam/heroes/")

    hero = HeroFactory()

    after = api.get("/api/steam/heroes/")
    assert after["ETag"] != before["ETag"]
    assert hero.hero_id in [each["hero_id"] for each in after.json()["results"]]
