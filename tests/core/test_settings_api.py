import pytest

from app.core.models import SystemSettings

pytestmark = pytest.mark.django_db


def test_anyone_reads_the_settings(api):
    assert api.get("/api/settings/").json() == {"site_name": "Guildhall", "timezone": "UTC"}


def test_staff_alone_change_them(api, member_api, staff_api):
    change = {"timezone": "Europe/Berlin"}

    assert api.patch("/api/settings/", change).status_code == 401
    assert member_api.patch("/api/settings/", change).status_code == 403
    assert SystemSettings.load().timezone == "UTC"

    assert staff_api.patch("/api/settings/", change).json()["timezone"] == "Europe/Berlin"
    assert SystemSettings.load().timezone == "Europe/Berlin"


@pytest.mark.parametrize("name", ["Middle-earth/Bree", "../../etc/passwd", "", "x" * 65])
def test_a_time_zone_is_one_of_the_world(staff_api, name):
    response = staff_api.patch("/api/settings/", {"timezone": name})

    assert response.status_code == 400
    assert list(response.json()["details"]) == ["timezone"]


@pytest.mark.parametrize("name", ["Guild\nBcc: all@guild.example", "Guild\rhall", "Guild\x0bhall"])
def test_the_sites_name_is_one_line_as_mails_begin_with_it(staff_api, name):
    response = staff_api.patch("/api/settings/", {"site_name": name})

    assert response.status_code == 400
    assert list(response.json()["details"]) == ["site_name"]


def test_there_is_one_row_and_no_other():
    SystemSettings.load()
    SystemSettings.load()

    assert SystemSettings.objects.count() == 1
