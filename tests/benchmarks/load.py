"""Migrate and fill a database, and print an access token for the organiser in it.

Runs under the settings of a Django peer, whose app of tournaments is labelled as Guildhall's is.
"""

from datetime import timedelta

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from rest_framework_simplejwt.tokens import AccessToken  # noqa: E402

from tests.benchmarks import data  # noqa: E402


def load() -> str:
    call_command("migrate", verbosity=0)
    organiser = get_user_model().objects.create(
        username="organiser", email="organiser@guildhall.example"
    )
    tournament, team, game = (
        apps.get_model("tournaments", name) for name in ("Tournament", "Team", "Game")
    )
    # Guildhall alone has drafts, in which nobody plays.
    announced = {"status": "registration"} if apps.is_installed("app.accounts") else {}
    tournament.objects.bulk_create(
        tournament(organiser=organiser, **announced, **data.tournament(number))
        for number in range(1, data.TOURNAMENTS + 1)
    )
    team.objects.bulk_create(
        team(captain=organiser, **data.team(number))
        for number in range(1, data.TOURNAMENTS * data.TEAMS + 1)
    )
    game.objects.bulk_create(
        game(**data.game(number)) for number in range(1, data.TOURNAMENTS * data.GAMES + 1)
    )
    with connection.cursor() as cursor:
        # As on a server that has lived a while: what plans are made from is there.
        cursor.execute("VACUUM ANALYZE")
    if apps.is_installed("app.accounts"):
        from app.accounts.services import issue_tokens

        return issue_tokens(user=organiser).access  # of a sign-in, which the database knows
    token = AccessToken.for_user(organiser)
    token.set_exp(lifetime=timedelta(hours=1))
    return str(token)


print(load())
