"""What the OpenAPI schema says beyond what drf-spectacular reads off the views."""

import json
import re
from collections.abc import Callable, Iterator
from inspect import cleandoc
from typing import Any

from django.http import Http404
from drf_spectacular import authentication
from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS, AllowAny, IsAuthenticated
from rest_framework_simplejwt.exceptions import InvalidToken

from app.core.errors import (
    LOST_RACE,
    Conflict,
    CsrfFailed,
    DatabaseUnavailable,
    exception_handler,
)
from app.core.json import RequestTooLarge
from app.core.pagination import NO_SUCH_PAGE, Pagination
from app.core.serializers import ErrorSerializer, ValidationErrorSerializer

_DESCRIPTIONS = {
    400: "The request is malformed, or breaks a rule of a field.",
    302: "Go to the address in Location.",
    401: "Nobody is signed in, or the token is not valid.",
    403: "The caller may not do this.",
    404: "There is nothing here, or nothing that the caller may see.",
    409: "A rule of the domain forbids it as things stand.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    429: "Too many requests: try again after the seconds in Retry-After.",
    503: "What this depends on does not answer: try again after the seconds in Retry-After.",
}

_RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "In seconds."}}
_HEADERS = {
    "302": {
        "Location": {
            "schema": {"type": "string", "format": "uri-reference"},
            "description": "Where to go.",
        }
    },
    "429": _RETRY_AFTER,
    "503": _RETRY_AFTER,
}

# What a view set does that says nothing of it itself.
_ACTIONS = {
    "list": "List {plural}, a page at a time.",
    "retrieve": "Read a {name}.",
    "create": "Add a {name}.",
    "update": "Replace all that may be changed of a {name}.",
    "partial_update": "Change some of a {name}.",
    "destroy": "Delete a {name}.",
}
# The part of each that a view set writes itself.
_PARTS = {
    "POST": "perform_create",
    "PUT": "perform_update",
    "PATCH": "perform_update",
    "DELETE": "perform_destroy",
}


class JWTScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call]
    target_class = "app.accounts.authentication.JWTAuthentication"


class SessionScheme(authentication.SessionScheme):  # type: ignore[no-untyped-call]
    target_class = "app.accounts.authentication.SessionAuthentication"


class MemberSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """A member without what is for oneself and staff alone, as others are answered it."""

    target_class = "app.accounts.serializers.UserSerializer"

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(
            self.target, direction, bypass_extensions=True
        )
        named: list[str] = schema.get("required", [])
        schema["required"] = [name for name in named if name not in self.target.private]
        return schema


class Schema(AutoSchema):
    """Documents the errors that every operation can answer, in the one format."""

    view: Any

    def get_tags(self) -> list[str]:
        tags: list[str] = super().get_tags()
        return ["auth"] if self.path.startswith("/api/auth/") else tags

    def get_operation_id(self) -> str:
        said: str = self._noted("operation_id", super().get_operation_id)
        return said.replace(".", "_")

    def get_description(self) -> str:  # type: ignore[override]
        """What the method does, the view's own part of it, and what is so for all of the view."""
        said = [source.__doc__ for source in self._sources()]
        if said[0] is None and self.view.action_map:
            model = self.view.get_serializer_class().Meta.model._meta
            said[0] = _ACTIONS[self.view.action].format(
                name=model.verbose_name, plural=model.verbose_name_plural
            )
        return "\n\n".join(map(cleandoc, filter(None, said)))

    def get_summary(self) -> str:
        first = re.split(r"[.:;](?:\s|$)", self.get_description())[0]
        return " ".join(first.split())

    def get_auth(self) -> list[Any]:
        auths: list[Any] = super().get_auth()
        return [*auths, {}] if self._is_public() and {} not in auths else auths

    def _is_public(self) -> bool:
        # Nobody is signed in to what drf-spectacular makes up as the request.
        permissions = self.view.get_permissions()
        return all(each.has_permission(self.view.request, self.view) for each in permissions)

    def get_request_serializer(self) -> Any:
        return self._noted("request", super().get_request_serializer)

    def get_response_serializers(self) -> Any:
        return self._noted("responses", super().get_response_serializers)

    def _map_serializer(
        self, serializer: Any, direction: Any, bypass_extensions: bool = False
    ) -> dict[str, Any]:
        """Take along what a serializer notes as its `example`."""
        mapped: Any = super()._map_serializer
        schema: dict[str, Any] = mapped(serializer, direction, bypass_extensions)
        example = getattr(serializer, "example", {})
        shown = {name: example[name] for name in schema.get("properties", {}) if name in example}
        if shown and shown.keys() >= {*schema.get("required", [])}:
            schema["example"] = shown
        return schema

    def get_override_parameters(self) -> list[Any]:
        query = self._noted("query", lambda: None)
        return [query] if query else []

    def _noted(self, what: str, otherwise: Callable[[], Any]) -> Any:
        for source in self._sources():
            noted: dict[str, Any] = getattr(source, "documented", {})
            if what in noted:
                return noted[what]
        return otherwise()

    def _sources(self) -> list[Any]:
        """Answer what says something of the operation: the method, its part, and the view."""
        action = getattr(self.view, "action", None) or self.method.lower()
        parts = [action, _PARTS.get(self.method, "")]
        methods = [getattr(self.view, part) for part in parts if hasattr(self.view, part)]
        return [*methods, type(self.view)]

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            responses = operation["responses"]
            if self.method == "GET" and getattr(self.view, "cached_on", None):
                etag = {"schema": {"type": "string"}, "description": "For If-None-Match."}
                responses["200"]["headers"] = {"ETag": etag}
                responses["304"] = {"description": "It is as If-None-Match has it."}
            if self._is_list_view():
                responses["200"]["content"]["application/json"]["example"] = self._page()
            # What is not the API's own JSON has an example at its renderer: a text, or an object.
            for renderer in self.view.get_renderers():
                if hasattr(renderer, "example") and self.method == "GET":
                    is_text = isinstance(renderer.example, str)
                    responses["200"]["content"][renderer.media_type] = {
                        "schema": {"type": "string" if is_text else "object"},
                        "example": renderer.example,
                    }
            self._add_errors(operation)
            for status, response in responses.items():
                # drf-spectacular's own say nothing.
                response["description"] = _DESCRIPTIONS.get(int(status)) or response["description"]
                if status in _HEADERS:
                    response["headers"] = _HEADERS[status]
            operation["responses"] = dict(sorted(responses.items()))
        return operation

    def _page(self) -> dict[str, Any]:
        """Answer the example of a page with one row."""
        counted = {"count": 1} if isinstance(self.view.paginator, Pagination) else {}
        rows = [self.view.get_serializer_class().example]
        return {**counted, "next": None, "previous": None, "results": rows}

    def _add_errors(self, operation: dict[str, Any]) -> None:
        queries = [p for p in operation.get("parameters", []) if p["in"] == "query"]
        if "requestBody" in operation or queries:
            operation["responses"]["400"] = self._error(ValidationErrorSerializer)
        errors = [*self._errors(has_body="requestBody" in operation)]
        if "/health/" not in self.path:  # which says so in its own words, or looks at nothing
            errors.append(DatabaseUnavailable())
        for error in errors:
            # As it is really answered.
            answer = exception_handler(error, {})
            body = json.loads(answer.content)
            response = operation["responses"].setdefault(
                str(answer.status_code), self._error(ErrorSerializer)
            )
            examples = response["content"]["application/json"].setdefault("examples", {})
            examples[body["code"]] = {"value": body}

    def _errors(self, *, has_body: bool) -> Iterator[Exception]:
        """Answer one of each error that the operation can come to, 400 aside."""
        authenticators = self.view.get_authenticators()
        schemes = {scheme for auth in self.get_auth() for scheme in auth}
        is_write = self.method not in SAFE_METHODS
        if authenticators and not self._is_public():
            yield exceptions.NotAuthenticated()
            permissions = {type(permission) for permission in self.view.get_permissions()}
            if permissions - {AllowAny, IsAuthenticated}:
                yield exceptions.PermissionDenied()
        if "jwtAuth" in schemes:
            # A public route refuses a token that is sent along and not valid.
            yield InvalidToken("Given token not valid for any token type")
        if "cookieAuth" in schemes and is_write:
            yield CsrfFailed("CSRF Failed: CSRF token missing.")
        if "{" in self.path:
            yield Http404()
        elif self._is_list_view():
            message = getattr(self.view.paginator, "invalid_cursor_message", NO_SUCH_PAGE)
            yield exceptions.NotFound(message)
        if authenticators and is_write:
            yield Conflict(LOST_RACE)
        if has_body:
            yield RequestTooLarge("The request body is larger than 1,048,576 bytes.")
            yield exceptions.UnsupportedMediaType("text/plain")
        if self.view.get_throttles():
            yield exceptions.Throttled(42)
        for error in self._noted("errors", list):
            yield error()

    def _error(self, serializer: Any) -> dict[str, Any]:
        schema = self.resolve_serializer(serializer, "response").ref
        return {"content": {"application/json": {"schema": schema}}}
