from django.apps import AppConfig


class SteamConfig(AppConfig):
    name = "app.steam"
