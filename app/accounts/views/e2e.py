"""The way in for the tests of frontends, which is there only under E2E_TEST_AUTH."""

from django.contrib import auth
from rest_framework.request import Request
from rest_framework.response import Response

from app.accounts import services
from app.accounts.serializers import SignedInSerializer, TestSignInSerializer
from app.core.documentation import documented
from app.core.serializers import validated
from app.core.views import PublicView


class TestSignInView(PublicView):
    """Sign in as the member of that name, who is made if there is none: by tokens and a session."""

    @documented(request=TestSignInSerializer, responses={200: SignedInSerializer})
    def post(self, request: Request) -> Response:
        request.user = user = services.member_for_tests(
            **validated(TestSignInSerializer, request.data)
        )
        auth.login(request._request, user)
        tokens = services.issue_tokens(user=user)
        body = {"access": tokens.access, "refresh": tokens.refresh, "user": user}
        return Response(SignedInSerializer(body, context={"request": request}).data)
