from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "app.events"
