from django.apps import AppConfig


class TournamentsConfig(AppConfig):
    name = "app.tournaments"
