import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/health/", "/api/health/"])
def test_health_says_that_database_and_cache_answer(api, path):
    response = api.get(path)

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "version": "dev",
        "database": "ok",
        "cache": "ok",
    }
