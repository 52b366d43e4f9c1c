from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "app.accounts"

    def ready(self) -> None:
        from app.accounts import checks  # noqa: F401 - registers them
