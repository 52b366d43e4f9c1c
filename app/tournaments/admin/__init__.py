"""What organisers who are staff see and do: by the services, as the API does."""

from app.tournaments.admin import brackets, games, series, teams, tournaments

__all__ = ["brackets", "games", "series", "teams", "tournaments"]
