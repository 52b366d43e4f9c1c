"""Every setting, read from the environment; .env.example documents each variable.

Lambda, server, laptop and tests differ in their environment and in nothing else.
https://docs.djangoproject.com/en/5.2/ref/settings/
"""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
from pythonjsonlogger.core import RESERVED_ATTRS

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.boolean("DEBUG", False)
# The fallback exists on a laptop only: without DEBUG the boot stops here.
SECRET_KEY = env.string(
    "SECRET_KEY",
    "a-laptop-has-nothing-to-protect-and-this-key-is-public" if DEBUG else None,
    expected="a random text of 50 characters or more",
)
# Older keys: what they have signed is still read. The newest alone signs.
SECRET_KEY_FALLBACKS = env.strings("SECRET_KEY_FALLBACKS", [])
ALLOWED_HOSTS = env.strings("ALLOWED_HOSTS", ["localhost", "127.0.0.1"] if DEBUG else None)
VERSION = env.string("GUILDHALL_VERSION", "dev")
REVISION = env.string("GUILDHALL_REVISION", "unknown")

ROOT_URLCONF = "config.urls"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    # config.admin discovers what it shows.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "django_filters",
    "django_tasks",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "app.core",
    "app.accounts",
    "app.media",
    "app.notifications",
    "app.events",
    "app.steam",
    "app.tournaments",
]

MIDDLEWARE = [
    "app.core.request_id.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "app.core.middleware.CorsMiddleware",
    "django.middleware.common.CommonMiddleware",
    # What follows is for browsers; an API call without a cookie goes past it.
    "app.core.middleware.ApiMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "app.core.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "app.core.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Time and language
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

# Database
# false behind a pooler, which bears nothing that is set for one connection.
DATABASE_DIRECT = env.boolean("DATABASE_DIRECT", True)
# Of a statement of a request; commands, tasks and migrations may take their time. API Gateway gives
# up after 30 seconds, and a browser's request may meet a server that hangs twice: in its view, and
# where its session is written.
DATABASE_STATEMENT_TIMEOUT = env.seconds("DATABASE_STATEMENT_TIMEOUT", 10)


def _database(url: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        **dj_database_url.parse(
            url,
            # Who keeps their threads, and with them their connections, sets it: the functions, the
            # server, the worker. A thread that ends would leave its connection behind.
            conn_max_age=env.integer("DATABASE_CONN_MAX_AGE", 0),
            # A thawed Lambda may hold a connection that the server has since dropped.
            conn_health_checks=True,
        )
    }
    if found["ENGINE"] == "django.db.backends.sqlite3":
        # Take the write lock at BEGIN: a reader that turns writer half-way fails at once otherwise.
        return found | {"OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20}}
    found["ENGINE"] = "app.core.postgresql"
    # Who connects, and by which password, if that changes by itself; the backend looks it up.
    found["SECRET_ARN"] = env.string("DB_SECRET_ARN", "")
    options = found.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", 5)
    if sslmode := env.choice("DB_SSLMODE", env.SSL_MODES, ""):
        options.setdefault("sslmode", sslmode)
    options["server_side_binding"] = True
    # A pooler bears neither of these; RDS Proxy would keep a connection for who prepares.
    if DATABASE_DIRECT:
        # Nothing is prepared but what app.core.statements says, and for connections that last.
        options["prepare_threshold"] = 2**31 if found["CONN_MAX_AGE"] else None
        # Else PostgreSQL sets up a memo for all rows of a table to join the few of a page: 0.8 ms
        # where there are a million.
        options["options"] = f"{options.get('options', '')} -c enable_memoize=off".strip()
    return found


_database_url = env.database_url(f"sqlite:///{BASE_DIR / 'db.sqlite3'}" if DEBUG else None)
DATABASES = {"default": _database(_database_url)}
# A copy that follows, for reads: app.core.replica says which. Redis knows what was just written.
if (_replica_url := env.replica_url(_database_url)) and env.redis_url("REDIS_URL"):
    DATABASES["replica"] = _database(_replica_url)
    DATABASE_ROUTERS = ["app.core.replica.Router"]
# How many seconds it may be behind.
DATABASE_REPLICA_LAG = env.seconds("DATABASE_REPLICA_LAG", 5)

# Cache
REDIS_URL = env.redis_url("REDIS_URL")
_own_cache = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    # By default 300, which somebody who tries as many names would push each other's counts out of.
    "OPTIONS": {"MAX_ENTRIES": 100_000},
}
_shared_cache = (
    {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        # A Redis that is down makes answers slower, never wrong.
        "OPTIONS": {
            "IGNORE_EXCEPTIONS": True,
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 0.5,
        },
    }
    if REDIS_URL
    else _own_cache
)
DISABLE_CACHE = env.boolean("DISABLE_CACHE", False)
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
        if DISABLE_CACHE
        else _shared_cache
    ),
    # What limits are counted in; DISABLE_CACHE must not switch a limit off.
    "counters": _shared_cache | {"KEY_PREFIX": "counters"},
    # … and in which each process counts for itself while that one is down.
    "process": _own_cache | {"LOCATION": "process"},
}
# Answers are kept only where all processes see that one is out of date.
RESPONSE_CACHE = bool(REDIS_URL) and not DISABLE_CACHE
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True

# Tasks
SQS_QUEUE_URL = env.url("SQS_QUEUE_URL", "", schemes=("http", "https"))
TASK_BROKER_URL = env.redis_url("TASK_BROKER_URL")
if SQS_QUEUE_URL:
    _tasks = {
        "BACKEND": "app.core.queue.sqs.SQSBackend",
        "OPTIONS": {"queue_url": SQS_QUEUE_URL},
    }
elif TASK_BROKER_URL:
    _tasks = {"BACKEND": "app.core.queue.celery.CeleryBackend"}
else:
    _tasks = {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}
TASKS = {"default": _tasks}

# Sign-in
AUTHENTICATION_BACKENDS = ["app.accounts.backends.EmailOrUsernameBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SESSION_ENGINE = "app.accounts.sessions"
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=60),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
    "AUTH_TOKEN_CLASSES": ["app.accounts.tokens.AccessToken"],
}
# How long a mail may lie in a mailbox before it is answered, in seconds: a whole number of days.
PASSWORD_RESET_TIMEOUT = 3 * 24 * 60 * 60
# A way in that asks for no password, for the tests of frontends; `check --deploy` refuses it.
E2E_TEST_AUTH = env.boolean("E2E_TEST_AUTH", False)

# Discord
DISCORD_URL = env.url("DISCORD_URL", "https://discord.com", schemes=("http", "https")).rstrip("/")
DISCORD_GUILD_ID = env.integer("DISCORD_GUILD_ID", 0)
DISCORD_BOT_TOKEN = env.string("DISCORD_BOT_TOKEN", "")
# A secret: whoever knows it posts.
DISCORD_WEBHOOK_URL = env.url("DISCORD_WEBHOOK_URL", "", schemes=("http", "https"))
# https://python-social-auth.readthedocs.io/en/latest/configuration/settings.html
SOCIAL_AUTH_DISCORD_KEY = env.string("DISCORD_CLIENT_ID", "")
SOCIAL_AUTH_DISCORD_SECRET = env.string("DISCORD_CLIENT_SECRET", "")
SOCIAL_AUTH_DISCORD_PIPELINE = [
    "app.accounts.discord.oauth.read_profile",
    "app.accounts.discord.oauth.sign_in_or_link",
]
SOCIAL_AUTH_REQUESTS_TIMEOUT = env.seconds("DISCORD_TIMEOUT", 5)

# Mails
FRONTEND_URL = env.url("FRONTEND_URL", "", schemes=("http", "https")).rstrip("/")
EMAIL_URL = env.url("EMAIL_URL", "", schemes=("smtp", "smtp+tls", "smtps"))
_mail_server = urlsplit(EMAIL_URL)
if EMAIL_URL:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
else:
    # A laptop prints its mails; a server that did would have the tokens in its logs.
    EMAIL_BACKEND = f"django.core.mail.backends.{'console' if DEBUG else 'dummy'}.EmailBackend"
EMAIL_HOST = _mail_server.hostname or ""
EMAIL_PORT = _mail_server.port or {"smtps": 465, "smtp+tls": 587}.get(_mail_server.scheme, 25)
EMAIL_HOST_USER = unquote(_mail_server.username or "")
EMAIL_HOST_PASSWORD = unquote(_mail_server.password or "")
EMAIL_USE_SSL = _mail_server.scheme == "smtps"
EMAIL_USE_TLS = _mail_server.scheme == "smtp+tls"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.string("EMAIL_FROM", "noreply@localhost")

# Browsers
CORS_ALLOWED_ORIGINS = env.origins("CORS_ALLOWED_ORIGINS", [])
CORS_ALLOW_CREDENTIALS = True
CORS_EXPOSE_HEADERS = ["ETag", "Retry-After", "X-Request-ID"]
CORS_URLS_REGEX = r"^/(api|health|media)/"
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS", [])
CSRF_FAILURE_VIEW = "app.core.views.csrf_failure"
# Lax is for a frontend on the same site; None, for one on another, works over HTTPS only.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = env.choice(
    "COOKIE_SAMESITE", ("Lax", "Strict", "None"), "Lax"
)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.boolean("COOKIE_SECURE", not DEBUG)
SECURE_SSL_REDIRECT = env.boolean("SECURE_SSL_REDIRECT", not DEBUG)
# Load balancers and container health checks call over plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^(api/)?health/(live/|ready/)?$"]
SECURE_HSTS_SECONDS = env.integer("SECURE_HSTS_SECONDS", 0 if DEBUG else 31_536_000)
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # the email is unique: by a constraint on its lower case
    # HSTS for the API's own host: what is true of its siblings and of the browsers' preload list
    # is for the owner of the domain to say.
    "security.W005",
    "security.W021",
]
# A redirect would turn a POST into a GET; app.core.views.not_found says what to do instead.
APPEND_SLASH = False
# API Gateway takes 10 MB and Lambda 6; files go straight to storage.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

# Pictures: a bucket with a CDN before it, or a folder
AWS_REGION = env.string("AWS_REGION", "")
AWS_ENDPOINT_URL = env.url("AWS_ENDPOINT_URL", "", schemes=("http", "https"))
MEDIA_BUCKET = env.string("MEDIA_BUCKET", "")
MEDIA_ROOT = env.string("MEDIA_ROOT", str(BASE_DIR / "media"))
# Addresses are kept as they are made, so they are whole: of a folder, this site's own /media/.
MEDIA_URL = (
    env.url(
        "MEDIA_URL",
        None if MEDIA_BUCKET else "http://127.0.0.1:8000/media/",
        schemes=("http", "https"),
    ).rstrip("/")
    + "/"
)
MEDIA_MAX_BYTES = env.integer("MEDIA_MAX_BYTES", 5_242_880, minimum=1)
MEDIA_MAX_PIXELS = env.integer("MEDIA_MAX_PIXELS", 25_000_000, minimum=1)

# Static files: the docs page and the admin
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static"
STORAGES = {
    "default": (
        {
            "BACKEND": "app.media.bucket.Bucket",
            "OPTIONS": {
                "bucket_name": MEDIA_BUCKET,
                "region_name": AWS_REGION or None,
                "endpoint_url": AWS_ENDPOINT_URL or None,
                # The bucket's host in its own region. A stand-in has one host for all buckets.
                "addressing_style": "path" if AWS_ENDPOINT_URL else "virtual",
            },
        }
        if MEDIA_BUCKET
        else {"BACKEND": "app.media.storages.Folder"}
    ),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# The image has them collected; a checkout finds them where they lie.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not STATIC_ROOT.is_dir()

# The API
# Routes that can be abused name one of these as their throttle_scope; the whole API's rate is the
# gateway's to limit.
THROTTLE_RATES = {
    "login": env.rate("THROTTLE_LOGIN", "10/min"),
    "register": env.rate("THROTTLE_REGISTER", "10/min"),
    "reset": env.rate("THROTTLE_RESET", "10/hour"),
    "verify": env.rate("THROTTLE_VERIFY", "10/hour"),
    "events": env.rate("THROTTLE_EVENTS", "60/hour"),
    # An organiser may enter 256 teams, and report a day's series.
    "tournaments": env.rate("THROTTLE_TOURNAMENTS", "600/hour"),
    # Each may be a call to Steam.
    "steam_search": env.rate("THROTTLE_STEAM_SEARCH", "60/hour"),
    # Begun and completed.
    "uploads": env.rate("THROTTLE_UPLOADS", "60/hour"),
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "app.accounts.authentication.JWTAuthentication",
        "app.accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "app.core.negotiation.Negotiation",
    "DEFAULT_PARSER_CLASSES": ["app.core.json.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["app.core.json.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["app.core.filters.ListFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "app.core.pagination.Pagination",
    "DEFAULT_SCHEMA_CLASS": "app.core.schema.Schema",
    # Times stay times until the renderer writes them, in UTC with Z.
    "DATETIME_FORMAT": None,
    "EXCEPTION_HANDLER": "app.core.errors.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": ["app.core.json.JSONRenderer"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Guildhall",
    "DESCRIPTION": (
        "Members, tournaments and the Dota 2 matches that Steam recorded.\n\n"
        "To sign in on this page, call `POST /api/auth/login/`: the access token of its answer is "
        "used from then on. A browser session from `POST /api/auth/session/` works as well."
    ),
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "displayRequestDuration": True},
    "SCHEMA_PATH_PREFIX": "/api/",
    "ENUM_NAME_OVERRIDES": {
        "HealthEnum": ["ok", "unavailable"],
        "ReadinessEnum": ["ok", "degraded", "unavailable"],
        "EventStatusEnum": "app.events.models.Event.Status",
        "UploadStatusEnum": "app.media.models.Upload.Status",
        "RegistrationStatusEnum": "app.events.models.Registration.Status",
        "TournamentStatusEnum": "app.tournaments.models.Tournament.Status",
        "SeriesStatusEnum": "app.tournaments.models.Series.Status",
        "SeriesOutcomeEnum": "app.tournaments.models.Series.Outcome",
        "SettlementStatusEnum": "app.tournaments.models.Settlement.Status",
        "SyncStatusEnum": "app.steam.models.MemberSync.Status",
    },
}

# Steam
STEAM_OPENID_URL = env.url(
    "STEAM_OPENID_URL", "https://steamcommunity.com/openid/login", schemes=("http", "https")
)
STEAM_API_URL = env.url(
    "STEAM_API_URL", "https://api.steampowered.com", schemes=("http", "https")
).rstrip("/")
STEAM_API_KEY = env.string("STEAM_API_KEY", "")
STEAM_TIMEOUT = env.seconds("STEAM_TIMEOUT", 10)
STEAM_BACKOFF = env.seconds("STEAM_BACKOFF", 0.5)
# Steam's terms give a key 100,000 calls a day; an address gets about 5 a second, and fewer by
# sequence number: one in 5 seconds.
STEAM_CALLS_PER_SECOND = env.integer("STEAM_CALLS_PER_SECOND", 4, minimum=1)
STEAM_CALLS_PER_DAY = env.integer("STEAM_CALLS_PER_DAY", 100_000, minimum=1)
STEAM_DETAILS_PAUSE = env.seconds("STEAM_DETAILS_PAUSE", 5)
STEAM_RESERVED_PERCENT = env.integer("STEAM_RESERVED_PERCENT", 10, minimum=0, maximum=99)
# A second source, for matches that Steam hides. Without a key 60 calls a minute and 3,000 a day.
# https://docs.opendota.com/
OPENDOTA_ENABLED = env.boolean("OPENDOTA_ENABLED", False)
OPENDOTA_URL = env.url(
    "OPENDOTA_URL", "https://api.opendota.com/api", schemes=("http", "https")
).rstrip("/")
OPENDOTA_KEY = env.string("OPENDOTA_KEY", "")
OPENDOTA_CALLS_PER_MINUTE = env.integer("OPENDOTA_CALLS_PER_MINUTE", 50, minimum=1)
OPENDOTA_CALLS_PER_DAY = env.integer("OPENDOTA_CALLS_PER_DAY", 3_000, minimum=1)

# Logs
LOG_LEVEL = env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "app.core.request_id.RequestIdFilter"},
        "redis_outage": {"()": "app.core.redis.Outage"},
    },
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.orjson.OrjsonFormatter",
            "fmt": ["levelname", "name", "message", "request_id"],
            "rename_fields": {"levelname": "level", "name": "logger"},
            "timestamp": True,
            # Django hangs the request itself on its records.
            "reserved_attrs": [*RESERVED_ATTRS, "request"],
        },
        "text": {"format": "%(levelname)-7s %(name)s: %(message)s"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["request_id"],
            "formatter": env.choice("LOG_FORMAT", ("json", "text"), "text" if DEBUG else "json"),
        }
    },
    "root": {
        "handlers": ["console"],
        "level": LOG_LEVEL,
    },
    "loggers": {
        # Their own handlers would print every line twice.
        **{
            name: {"handlers": [], "propagate": True, "level": LOG_LEVEL}
            for name in ("django", "django.server")
        },
        "django_redis.cache": {"filters": ["redis_outage"]},
        # A line per request and per call: API Gateway's access log and the sync's counts have them.
        "mangum": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "botocore": {"level": "WARNING"},
    },
}

SENTRY_DSN = env.url("SENTRY_DSN", "", schemes=("https", "http"))
if SENTRY_DSN:
    # Imported only where it is wanted: it costs a cold start 60 ms with Django's integration alone.
    import sentry_sdk
    from sentry_sdk.integrations.django import DjangoIntegration

    sentry_sdk.init(
        dsn=SENTRY_DSN,
        integrations=[DjangoIntegration()],
        auto_enabling_integrations=False,
        release=VERSION,
        # Both have passwords and tokens in them, under more names than can be listed.
        max_request_body_size="never",
        include_local_variables=False,
    )
