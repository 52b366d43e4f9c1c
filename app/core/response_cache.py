"""Answers kept as bytes until one of the tables that they were made of is written to.

A token for each table lies in Redis, and another takes its place after each write. An answer is
good as long as the tokens are those that it was made under; as it was read after them, it can be
newer than they say and never older. Without Redis nothing is kept: only a cache that all processes
share knows of all writes. While Redis is down, every answer is made.
"""

import hashlib
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from rest_framework.request import Request

from app.core import redis, replica
from app.core.json import JSONRenderer

logger = logging.getLogger(__name__)

# Should a token not be replaced, as when a process dies between a commit and Redis, this many
# seconds are how long an answer may be out of date.
SECONDS = 60
# How long caches of others on the way may answer without asking us, who do not hear of our writes.
SHARED_SECONDS = 5
# How much of what is kept is the ETag's digest, in hexadecimal digits.
DIGEST = 32

# Whatever is not one of these may write to the tables that it names. The last one notes the time of
# each sign-in, which no answer shows.
_READ = re.compile(
    r"[\s(]*(?:(?:SELECT|EXPLAIN|SAVEPOINT|RELEASE|ROLLBACK|SET|SHOW|DECLARE|PRAGMA)\b[^;]*"
    r'|UPDATE "\w+" SET "last_login" = %s WHERE [^;]*)$',
    re.I,
)


def answer(
    request: Request,
    cached_on: Sequence[type[Model]],
    make: Callable[[], Any],
    *,
    media_type: str = JSONRenderer.media_type,
) -> HttpResponse:
    """Answer what `make` makes, or made before of the same rows: in JSON, unless it is bytes.

    It must be the same for all who may ask, unless `cached_on` is empty.
    """
    if not cached_on:
        return _personal(request, [], make, media_type)
    # What is read in a transaction may never come to be.
    if settings.RESPONSE_CACHE and not connection.in_atomic_block:
        digest, body = _kept(request, cached_on, make, media_type)
    else:
        body = _bytes(make())
        digest = _digest(body)
    response = HttpResponse(body, content_type=media_type)
    response["ETag"] = etag = f'"{digest.decode()}"'
    # A browser may store it, and is to ask about it each time: then it is 304.
    response["Cache-Control"] = f"public, max-age=0, s-maxage={SHARED_SECONDS}"
    if _has(request._request.META.get("HTTP_IF_NONE_MATCH", ""), etag):
        response.status_code, response.content = 304, b""
        del response["Content-Type"]
    return response


def answer_to_viewer(
    request: Request, cached_on: Sequence[type[Model]], make: Callable[[], Any], **kwargs: Any
) -> HttpResponse:
    """The same where who is signed in is answered something else: that is theirs, and not kept."""
    if request.user.is_authenticated:
        media_type = kwargs.get("media_type", JSONRenderer.media_type)
        response = _personal(request, cached_on, make, media_type)
    else:
        response = answer(request, cached_on, make, **kwargs)
    patch_vary_headers(response, ["Authorization", "Cookie"])
    return response


def _personal(
    request: Request, made_of: Sequence[type[Model]], make: Callable[[], Any], media_type: str
) -> HttpResponse:
    """Answer what is one member's: of the copy, unless they or others have just written."""
    if not replica.is_used():
        return HttpResponse(_bytes(make()), content_type=media_type)
    written_at = []
    if request.user.is_authenticated:
        written_at.append(replica.written_by(request.user))
    if made_of:
        names = [_token(model._meta.db_table) for model in made_of]
        tokens = redis.ask("mget", names) or [None]
        written_at += [_written_at(token) for token in tokens]
        _begin(name for name, token in zip(names, tokens, strict=False) if token is None)
    made = replica.read(make, written_at=written_at)
    return HttpResponse(_bytes(made), content_type=media_type)


def _kept(
    request: Request, cached_on: Sequence[type[Model]], make: Callable[[], Any], media_type: str
) -> tuple[bytes, bytes]:
    """Answer the digest and the body, which are in Redis then if it is up."""
    asked = request._request.META
    # The links in an answer begin as the request's own address did; its type may be by Accept.
    place = f"{request.scheme}://{asked.get('HTTP_HOST')}{request.path}?{asked['QUERY_STRING']}"
    key = f"answer:{media_type}:{place}"
    tokens = [_token(model._meta.db_table) for model in cached_on]
    found = redis.ask("mget", [key, *tokens])
    kept, *current = found or [None, None]
    # Without its token, a table may have been written to and not say so.
    seal = None if None in current else b"".join(current)
    if seal and kept and kept.startswith(seal):
        return kept[len(seal) : len(seal) + DIGEST], kept[len(seal) + DIGEST :]
    # Without its token, it is not known either when a table was written to last.
    written_at = [_written_at(token) for token in current]
    body = _bytes(replica.read(make, written_at=written_at))
    digest = _digest(body)
    if seal:
        redis.ask("set", key, seal + digest + body, ex=SECONDS)
    elif found:
        _begin(tokens)
    return digest, body


def _has(wanted: str, etag: str) -> bool:
    """Tell whether an If-None-Match names the ETag, weakly: RFC 9110, section 13.1.2."""
    return bool(wanted) and not {"*", etag, f"W/{etag}"}.isdisjoint(parse_etags(wanted))


def _bytes(made: Any) -> bytes:
    return made if isinstance(made, bytes) else JSONRenderer().render(made)


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=DIGEST // 2).hexdigest().encode()


def _token(table: str) -> str:
    return f"written:{table}"


def _begin(tokens: Iterable[str]) -> None:
    """From now on it is known when these tables are written to."""
    for token in tokens:
        redis.ask("set", token, _new_token(), nx=True)


def _new_token() -> str:
    return f"{int(time.time()):08x}{secrets.token_hex(4)}"


def _written_at(token: bytes | None) -> int | None:
    # At the end of that second, as it has no parts of one.
    return None if token is None else int(token[:8], 16) + 1


def watch(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    """Replace the token of a table that is written to, once it is: a wrapper of each statement.

    https://docs.djangoproject.com/en/5.2/topics/db/instrumentation/
    """
    result = execute(sql, params, many, context)
    text = str(sql)
    if not _READ.match(text):
        for table in _tables().intersection(re.findall(r"\w+", text)):
            _forget_on_commit(table, context["connection"])
    return result


@cache
def _tables() -> frozenset[str]:
    return frozenset(model._meta.db_table for model in apps.get_models())


def _forget_on_commit(table: str, connection: Any) -> None:
    forget, savepoints = _forget(table), set(connection.savepoint_ids)
    if not connection.get_autocommit() and not connection.in_atomic_block:
        forget()  # nobody will tell when its transaction ends
    elif not any(
        # One that a rollback takes away with this statement, and no other, will do for it.
        asked is forget and since <= savepoints
        for since, asked, _ in connection.run_on_commit
    ):
        connection.on_commit(forget, robust=True)


@cache
def _forget(table: str) -> Callable[[], Any]:
    return lambda: redis.ask("set", _token(table), _new_token())
