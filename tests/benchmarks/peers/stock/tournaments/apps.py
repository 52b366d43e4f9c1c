from django.apps import AppConfig


class TournamentsConfig(AppConfig):
    name = "tests.benchmarks.peers.stock.tournaments"
