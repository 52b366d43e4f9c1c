from typing import Any

from rest_framework import negotiation


class Negotiation(negotiation.DefaultContentNegotiation):
    """REST framework's, which weighs every type that a caller accepts even where there is one."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        only = renderers[0]
        if len(renderers) == 1 and "format=" not in request._request.META["QUERY_STRING"]:
            accepted = request._request.META.get("HTTP_ACCEPT", "*/*").split(",")
            if not {"*/*", only.media_type}.isdisjoint(map(str.strip, accepted)):
                return only, only.media_type
        return super().select_renderer(request, renderers, format_suffix)
