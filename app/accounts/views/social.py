"""The way by another site: a browser leaves for it, and comes back with what it says.

The session remembers what it left for, so that only the browser that left can come back, and as
whom. It ends at the frontend, or at the docs page where there is none.
"""

from typing import Any, ClassVar, NamedTuple, Self, cast
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import auth
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.accounts.errors import SignInLost
from app.accounts.models import User
from app.accounts.serializers import NextSerializer, SocialLoginSerializer
from app.core.documentation import documented
from app.core.serializers import validated
from app.core.throttles import AddressThrottle
from app.core.views import PublicView


class Errand(NamedTuple):
    """What a browser left for."""

    path: str
    """The frontend's page to end at."""
    member_id: int | None
    """Whose account the other site's is to be linked to; None to sign in."""
    session_hash: str
    """What the member's sign-ins stood on."""
    family: str | None
    """The sign-in by token that it was begun with."""
    details: dict[str, Any]
    """What the provider's answer must fit."""

    @classmethod
    def begin(cls, request: Request, path: str) -> Self:
        user, token = request.user, cast(Any, request.auth)  # None of a session
        if not user.is_authenticated:
            return cls(path, None, "", None, {})
        family = token["family"] if token else None
        return cls(path, user.pk, user.get_session_auth_hash(), family, {})

    def member(self) -> User | None:
        """Raises SignInLost when the sign-in that it was begun with has ended since.

        Or else a thief could begin, be thrown out, and come back with a way in of their own.
        """
        if self.member_id is None:
            return None
        user: User | None = User.objects.active().filter(pk=self.member_id).first()
        if user is None or user.get_session_auth_hash() != self.session_hash:
            raise SignInLost
        if self.family and not user.token_families.filter(pk=self.family).exists():
            raise SignInLost
        return user


class SocialView(APIView):
    provider: ClassVar[str]
    path = ""
    """The frontend's page to end at."""

    @property
    def _key(self) -> str:
        return f"social:{self.provider}"

    def callback_url(self, request: Request) -> str:
        """Where the other site sends the browser back to."""
        return request.build_absolute_uri(reverse(f"social-complete-{self.provider}"))

    def handle_exception(self, exc: Exception) -> Any:
        response = super().handle_exception(exc)
        # A browser shows what it gets, and the frontend says it better.
        shown = self.request.method == "GET" and settings.FRONTEND_URL
        if shown and isinstance(exc, APIException) and not isinstance(exc, ValidationError):
            return HttpResponseRedirect(_landing(self.path, error=exc.get_codes()))
        return response


class BeginView(SocialView):
    """Leave for the other site: a link for a browser, or its address for a frontend."""

    # No HEAD: to ask what the answer would be is to begin.
    http_method_names = ["get", "post", "options"]
    permission_classes = [AllowAny]
    throttle_classes = [AddressThrottle]
    throttle_scope = "login"

    def login_url(self, request: Request, errand: Errand) -> str:
        """Answer where to go; note in the errand's details what the answer must fit."""
        raise NotImplementedError

    @documented(query=NextSerializer, responses={302: None})
    def get(self, request: Request) -> HttpResponse:
        """Go to the other site, by a link.

        When it is refused, the browser ends where it does on the way back.
        """
        return HttpResponseRedirect(self._begin(request))

    @documented(query=NextSerializer, request=None, responses={200: SocialLoginSerializer})
    def post(self, request: Request) -> Response:
        """Ask for the address at the other site, to send the browser there.

        For a frontend that signs in by token, with credentials included: the answer's cookie ties
        the way back to this browser.
        """
        return Response({"url": self._begin(request)})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.path = validated(NextSerializer, request.query_params).get("next", "")
        super().initial(request, *args, **kwargs)

    def _begin(self, request: Request) -> str:
        errand = Errand.begin(request, self.path)
        url = self.login_url(request, errand)
        request.session[self._key] = list(errand)
        return url


class CompleteView(SocialView, PublicView):
    http_method_names = ["get", "options"]

    def complete(self, request: Request, errand: Errand) -> User:
        """Make of the other site's answer what the browser left for; answer who left.

        Raises APIException.
        """
        raise NotImplementedError

    @documented(responses={302: None})
    def get(self, request: Request) -> HttpResponse:
        """Come back from the other site.

        Ends at the frontend, with `?error=<code>` when it came to nothing; without a frontend, at
        the docs page, or with the error itself.
        """
        try:
            if (found := request.session.get(self._key)) is None:
                raise SignInLost
            errand = Errand(*found)
            self.path = errand.path
            visitor = auth.get_user(request._request)
            if errand.member_id and visitor.is_authenticated and visitor.pk != errand.member_id:
                raise SignInLost  # somebody else has signed in meanwhile
            # REST framework found nobody; what they read next is to follow what was written here.
            request.user = self.complete(request, errand)
        except APIException as error:
            # What the other site could not answer now, it can when the page is loaded again.
            if error.status_code != status.HTTP_503_SERVICE_UNAVAILABLE:
                request.session.pop(self._key, None)
            raise
        request.session.pop(self._key, None)
        return HttpResponseRedirect(_landing(self.path))


def _landing(path: str, **query: Any) -> str:
    """Answer the frontend's address of the path, with the query added to its own."""
    path = path or ("/" if settings.FRONTEND_URL else reverse("docs"))
    parts = urlsplit(f"{settings.FRONTEND_URL}{path}")
    added = "&".join(filter(None, [parts.query, urlencode(query)]))
    return parts._replace(query=added).geturl()
