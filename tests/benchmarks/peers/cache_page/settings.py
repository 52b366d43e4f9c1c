from ..stock.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.peers.cache_page.urls"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ["REDIS_URL"],  # noqa: F405
    }
}
