"""What the OpenAPI schema says beyond what drf-spectacular reads off the views."""

from collections.abc import Callable
from typing import Any

from drf_spectacular import authentication
from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework.permissions import AllowAny

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
        private = {"email", "email_verified"}
        schema["required"] = [name for name in schema.get("required", []) if name not in private]
        return schema


class Schema(AutoSchema):
    """Documents the errors that every operation can answer, in the one format."""

    def get_tags(self) -> list[str]:
        tags: list[str] = super().get_tags()
        return ["auth"] if self.path.startswith("/api/auth/") else tags

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
        method = getattr(self.view, getattr(self.view, "action", None) or self.method.lower())
        noted: dict[str, Any] = getattr(method, "documented", {})
        return noted[what] if what in noted else otherwise()

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            if self.method == "GET" and getattr(self.view, "cached_on", None):
                etag = {"schema": {"type": "string"}, "description": "For If-None-Match."}
                operation["responses"]["200"]["headers"] = {"ETag": etag}
                operation["responses"]["304"] = {"description": "It is as If-None-Match has it."}
            for status, response in operation["responses"].items():
                # drf-spectacular's own say nothing.
                response["description"] = _DESCRIPTIONS.get(int(status)) or response["description"]
            for status in self._errors(operation):
                operation["responses"].setdefault(str(status), self._error(status))
        return operation

    def _errors(self, operation: dict[str, Any]) -> list[int]:
        has_body = "requestBody" in operation
        queries = [p for p in operation.get("parameters", []) if p["in"] == "query"]
        permissions = self.view.get_permissions()
        answered = {
            400: has_body or queries,
            # A public route refuses a token that is sent along and not valid.
            401: self.view.get_authenticators(),
            403: any(not isinstance(permission, AllowAny) for permission in permissions),
            404: "{" in self.path or self._is_list_view(),
            409: self.method != "GET" and self.view.get_authenticators(),
            413: has_body,
            415: has_body,
            429: self.view.get_throttles(),
        }
        return [status for status, possible in answered.items() if possible]

    def _error(self, status: int) -> dict[str, Any]:
        serializer = ValidationErrorSerializer if status == 400 else ErrorSerializer
        return {
            "description": _DESCRIPTIONS[status],
            "content": {
                "application/json": {"schema": self.resolve_serializer(serializer, "response").ref}
            },
        }
