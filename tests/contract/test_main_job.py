"""What Guildhall is for, from a stranger's sign-up to a game read back."""

from tests.contract.sites import unique
from tests.factories import PASSWORD


def test_a_member_signs_up_and_runs_a_tournament(site, api):
    username = unique("organiser")
    email = f"{username}@guildhall.example"

    signed_up = api.post(
        "/api/auth/register/",
        json={
            "email": email.title(),
            "username": username,
            "password": PASSWORD,
            "password_confirm": PASSWORD,
        },
    )
    assert signed_up.status_code == 201, signed_up.text
    member = signed_up.json()
    assert member["email"] == email
    assert member["username"] == member["display_name"] == username
    assert "password" not in member

    by_email = api.post("/api/auth/login/", json={"email": email, "password": PASSWORD})
    by_username = api.post(
        "/api/auth/login/", json={"username": username.upper(), "password": PASSWORD}
    )
    for answer in (by_email, by_username):
        assert answer.status_code == 200, answer.text
        assert answer.json().keys() == {"access", "refresh", "user"}
        assert answer.json()["user"] == member

    api.headers["Authorization"] = f"Bearer {by_username.json()['access']}"
    created = api.post(
        "/api/tournaments/",
        json={
            "name": "Autumn Cup",
            "tournament_type": "double_elimination",
            "status": "registration",
        },
    )
    assert created.status_code == 201, created.text
    tournament = created.json()
    assert tournament["name"] == "Autumn Cup"
    assert tournament["organiser"] == {
        "id": member["id"],
        "username": username,
        "display_name": username,
        "avatar": "",
    }

    teams = []
    for seed, name in enumerate(("Roshan's Heirs", "Couriers"), start=1):
        entered = api.post(
            "/api/teams/",
            json={
                "tournament_id": tournament["id"],
                "name": name,
                "captain_id": member["id"],
                "seed": seed,
            },
        )
        assert entered.status_code == 201, entered.text
        assert entered.json()["captain_id"] == member["id"]
        teams.append(entered.json())
    radiant, dire = teams

    played = api.post(
        "/api/games/",
        json={
            "tournament_id": tournament["id"],
            "radiant_id": radiant["id"],
            "dire_id": dire["id"],
            "played_at": "2026-10-01T20:00:00+02:00",
        },
    )
    assert played.status_code == 201, played.text
    game = played.json()
    assert game["played_at"] == "2026-10-01T18:00:00Z"

    # Anyone may read it.
    stranger = site.caller()
    games = stranger.get("/api/games/", params={"tournament": tournament["id"]}).json()
    assert games["count"] == 1
    assert games["results"] == [game]
    assert games["results"][0]["radiant"] == {
        "id": radiant["id"],
        "name": "Roshan's Heirs",
        "seed": 1,
    }
    assert games["results"][0]["dire"] == {"id": dire["id"], "name": "Couriers", "seed": 2}

    decided = api.patch(
        f"/api/games/{game['id']}/", json={"winner_id": dire["id"], "duration": 2519}
    )
    assert decided.status_code == 200, decided.text
    assert decided.json() == game | {
        "winner_id": dire["id"],
        "duration": 2519,
        "updated_at": decided.json()["updated_at"],
    }
    assert decided.json()["updated_at"] > game["updated_at"]
    assert stranger.get(f"/api/games/{game['id']}/").json() == decided.json()

    renamed = api.put(
        f"/api/tournaments/{tournament['id']}/",
        json={"name": "Winter Cup", "description": "Late.", "tournament_type": "swiss"},
    )
    assert renamed.status_code == 200, renamed.text
    assert renamed.json()["name"] == "Winter Cup"
    assert renamed.json()["tournament_type"] == "swiss"

    assert api.delete(f"/api/games/{game['id']}/").status_code == 204
    assert stranger.get(f"/api/games/{game['id']}/").status_code == 404
    assert api.delete(f"/api/tournaments/{tournament['id']}/").status_code == 204
    assert stranger.get(f"/api/tournaments/{tournament['id']}/").status_code == 404
    assert stranger.get(f"/api/teams/{radiant['id']}/").status_code == 404
