"""Answers kept as bytes until one of the tables that they were made of is written to.

A token for each table lies in the cache, and another takes its place after each write. An answer is
good as long as the tokens are those that it was made under; it was read after them, so it can be
newer than they say and never older. Without a cache that all processes share nothing is kept, and
while the cache is down every answer is made.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Model
from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from rest_framework.request import Request

from app.core.json import JSONRenderer

# Should a token not be replaced, as when a process dies between a commit and the cache, this many
# seconds are how long an answer may be out of date.
SECONDS = 60

_WRITE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM|TRUNCATE(?: TABLE)?) "?(\w+)', re.I)


def answer(
    request: Request, cached_on: Sequence[type[Model]], make: Callable[[], Any]
) -> HttpResponse:
    """Answer what `make` makes, in JSON, or what it made before of the same rows."""
    # What is read in a transaction may never come to be.
    if not (settings.RESPONSE_CACHE and cached_on) or connection.in_atomic_block:
        return _response(_json(make()))
    tokens = [_token(model._meta.db_table) for model in cached_on]
    # The links in it begin as the request's own address did.
    asked = request._request.META
    key = (
        f"answer:{request.scheme}://{asked.get('HTTP_HOST')}{request.path}?{asked['QUERY_STRING']}"
    )
    found = cache.get_many([key, *tokens])
    current = [found.get(token) for token in tokens]
    made_under, etag, body = found.get(key, ([], "", b""))
    if made_under != current:
        body = _json(make())
        etag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
        if None in current:
            for token in tokens:
                cache.add(token, secrets.token_hex(8), timeout=None)
        else:
            cache.set(key, (current, etag, body), timeout=SECONDS)
    response = _response(body)
    response["ETag"] = etag
    # May be stored, and is to be asked about each time: then it is 304.
    response["Cache-Control"] = "no-cache"
    return get_conditional_response(request._request, etag, response=response) or response


def _json(data: Any) -> bytes:
    return JSONRenderer().render(data)


def _response(body: bytes) -> HttpResponse:
    return HttpResponse(body, content_type=JSONRenderer.media_type)


def _token(table: str) -> str:
    return f"written:{table}"


def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """Replace the token of a table that is written to, once it is: a wrapper of each statement.

    https://docs.djangoproject.com/en/5.2/topics/db/instrumentation/
    """
    result = execute(sql, params, many, context)
    if written := _WRITE.match(sql):
        transaction.on_commit(partial(_forget, written[1]), robust=True)
    return result


def _forget(table: str) -> None:
    cache.set(_token(table), secrets.token_hex(8), timeout=None)
