"""Adds to Guildhall what the other peers have: a route that does nothing but say hello."""

from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config import urls


class HelloView(APIView):
    permission_classes = [AllowAny]

    def get(self, request: Request) -> Response:
        return Response({"hello": "world"})


# Before the last, which answers for every route that is unknown.
urls.api.insert(-1, path("hello/", HelloView.as_view()))
