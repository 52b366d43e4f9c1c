import io

import pytest
from django.core.management import call_command
from django.test import Client

from app.accounts.models import User

pytestmark = pytest.mark.django_db


def test_some_of_the_demos_members_have_a_face(folder, settings):
    settings.DEBUG = True
    call_command("demo", stdout=io.StringIO())

    faces = User.objects.exclude(avatar="").values_list("avatar", flat=True)

    assert len(faces) == 4
    for face in faces:
        path = face.removeprefix("http://127.0.0.1:8000")
        assert Client().get(path)["Content-Type"] == "image/webp"


def test_nothing_is_put_into_a_bucket_unasked(bucket, settings):
    settings.DEBUG = True

    call_command("demo", stdout=io.StringIO())

    assert bucket.names() == set()
