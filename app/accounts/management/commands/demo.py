"""Fills the database with a small community to try things on."""

from argparse import ArgumentParser
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from app.accounts.demo import EMAIL, PASSWORD
from app.accounts.models import User
from app.core import response_cache


class Command(BaseCommand):
    help = "Load demo data: each app's demo.load(), in the order of INSTALLED_APPS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="Do nothing when there are members already."
        )
        parser.add_argument("--url", default="", help="Where the API runs, to be printed.")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if not User.objects.exists():
            self._load()
        elif not options["if_empty"]:
            raise CommandError("There are members already; demo data is for an empty database.")
        if options["url"]:
            self.stdout.write(f"Docs page:    {options['url']}/api/docs/")
            self.stdout.write(f"Admin:        {options['url']}/admin/")
        if User.objects.filter(email=EMAIL).exists():
            self.stdout.write(f"Demo sign-in: {EMAIL} / {PASSWORD} (staff)")

    def _load(self) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo sign-in is public knowledge: this needs DEBUG=true.")
        for app in apps.get_app_configs():
            if app.name.startswith("app.") and find_spec(f"{app.name}.demo"):
                import_module(f"{app.name}.demo").load()
        # Nobody is told of what has never happened: no task that waits for the commit runs.
        connection.run_on_commit = [
            hook
            for hook in connection.run_on_commit
            if hook[1].__module__ == response_cache.__name__
        ]
