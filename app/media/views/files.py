"""In front of a folder what S3 and a CDN are in front of a bucket: takes forms, shows pictures."""

import re

from django.conf import settings
from django.core import signing
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import APIException, MethodNotAllowed

from app.core.errors import NOT_FOUND, error_response, exception_handler
from app.media.storages import CACHE_CONTROL, PUBLIC, Folder

# What a form is longer than the file in it, at the most.
_FORM_BYTES = 16_384
_KEY, _NAME = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9]{1,4}")


@csrf_exempt  # the form is signed; no cookie counts here
def receive(request: HttpRequest) -> HttpResponse:
    """Store the file of a form that we made: of the size and type that were promised, in time."""
    folder = _folder()
    if folder is None:
        return _not_found()
    if request.method != "POST":
        return _not_allowed(request)
    # Before any of it is read: what is longer is no form of ours.
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.MEDIA_MAX_BYTES + _FORM_BYTES:
        return error_response(413, "The file is larger than was announced.", code="too_large")
    try:
        key, content_type, size = folder.promised(request.POST.get("policy", ""))
    except signing.SignatureExpired:
        return error_response(403, "The form has expired: begin another upload.", code="expired")
    except signing.BadSignature:
        return error_response(403, "The form is not one of ours.", code="bad_signature")
    file = request.FILES.get("file")
    if file is None:
        return error_response(400, "The form holds no file, as `file`.", code="no_file")
    if (request.POST.get("key"), request.POST.get("Content-Type")) != (key, content_type):
        return error_response(403, "Send the fields as they are.", code="fields_changed")
    if file.size != size:
        detail = f"The file has {file.size:,} bytes, and not the {size:,} announced."
        return error_response(400, detail, code="wrong_size")
    try:
        folder.receive(key, file)
    except APIException as error:
        return exception_handler(error, {})
    return HttpResponse(status=204)


def show(request: HttpRequest, key: str, name: str) -> HttpResponse:
    folder = _folder()
    # Nothing of a path that we have not made ourselves comes near the file system.
    if folder is None or not _KEY.fullmatch(key) or not _NAME.fullmatch(name):
        return _not_found()
    if request.method not in {"GET", "HEAD"}:
        return _not_allowed(request)
    try:
        with folder.open(f"{PUBLIC}/{key}/{name}.webp") as file:
            # Whole, as it is small; a server that is asynchronous would read a stream so, too.
            response = HttpResponse(file.read(), content_type="image/webp")
    except OSError:
        return _not_found()
    response["Cache-Control"] = CACHE_CONTROL
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'"
    return response


def _folder() -> Folder | None:
    return default_storage if isinstance(default_storage, Folder) else None


def _not_allowed(request: HttpRequest) -> HttpResponse:
    return exception_handler(MethodNotAllowed(str(request.method)), {})


def _not_found() -> HttpResponse:
    return error_response(404, NOT_FOUND, code="not_found")
