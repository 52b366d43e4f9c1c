"""A small tournament with teams of demo members and some games played."""

from datetime import timedelta
from itertools import combinations

from django.utils import timezone

from app.accounts.demo import EMAIL, members
from app.accounts.models import User
from app.tournaments import services
from app.tournaments.models import Tournament

TEAMS = ["Lantern Guard", "Saltmarsh Five", "The Quiet Smiths", "Northgate Irregulars"]


def load() -> None:
    tournament = services.create_tournament(
        organiser=User.objects.get(email=EMAIL),
        name="Harvest Cup",
        description="Four teams, everyone against everyone, two evenings.",
        tournament_type=Tournament.Type.ROUND_ROBIN,
    )
    teams = [
        services.create_team(tournament=tournament, name=name, captain=captain, seed=seed)
        for seed, (name, captain) in enumerate(zip(TEAMS, members(), strict=False), start=1)
    ]
    began = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
    for number, (radiant, dire) in enumerate(combinations(teams, 2)):
        played = number < 4
        services.create_game(
            tournament_id=tournament.pk,
            radiant=radiant,
            dire=dire,
            winner_id=(radiant, dire)[number % 3 == 1].pk if played else None,
            duration=1860 + 217 * number if played else None,
            played_at=began + timedelta(hours=number) if played else None,
        )
