"""Reads from rows ask no permission about each, so none may refuse one."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser

from app.accounts.models import User
from tests.routes import VIEWSETS


@pytest.mark.parametrize("viewset", VIEWSETS.values(), ids=VIEWSETS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("user", [AnonymousUser(), User(pk=1)], ids=["nobody", "an outsider"])
def test_whoever_may_read_a_list_may_read_each_row_of_it(viewset, method, user):
    request = SimpleNamespace(method=method, user=user)
    row = viewset.serializer_class.Meta.model() if viewset.serializer_class else None

    for action in ("list", "retrieve"):
        view = viewset(action=action, request=request)
        for permission in view.get_permissions():
            assert permission.has_object_permission(request, view, row) is True


@pytest.mark.parametrize("viewset", VIEWSETS.values(), ids=VIEWSETS)
def test_what_is_read_is_the_same_for_everyone(viewset):
    found = set()
    for method in ("GET", "HEAD"):
        for user in (AnonymousUser(), User(pk=1), User(pk=2, is_staff=True)):
            for query in ({}, {"q": "x"}):
                request = SimpleNamespace(method=method, user=user, query_params=query)
                view = viewset(action="list", request=request)
                found.add(str(view.get_queryset().query))

    assert len(found) == 1
