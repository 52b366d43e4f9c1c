from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "app.media"
