from ..stock.settings import *  # noqa: F403

INSTALLED_APPS = [
    app
    for app in INSTALLED_APPS  # noqa: F405
    if app not in {"django_filters", "rest_framework"}
]

ROOT_URLCONF = "tests.benchmarks.peers.ninja.urls"
