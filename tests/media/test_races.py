"""Who says it twice at the same moment is heard once, and what runs twice does no harm.

What the row's lock keeps is tried again on a server that takes no locks, where it breaks.
"""

import threading
import time
from contextlib import ExitStack, suppress

import httpx
import pytest
from django.db import DatabaseError, connection
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from app.accounts.services import issue_tokens
from app.media import services
from app.media.models import Upload
from app.media.services.uploads import MOST_OPEN
from app.media.storages import Folder
from config import functions
from tests import live
from tests.factories import UploadFactory, UserFactory
from tests.fakes.sqs import Queue
from tests.media.conftest import UPLOADS, FolderStore
from tests.media.files import encoded
from tests.races import at_once, racing

CROWD, ROUNDS = 8, 10


class Site:
    """A server whose storage is a folder, and whose tasks wait in a queue."""

    def __init__(self, url, queue, folder):
        self.queue, self.store = queue, FolderStore(folder)
        self.member = UserFactory()
        self.clients = [
            httpx.Client(
                base_url=url,
                headers={"Authorization": f"Bearer {issue_tokens(user=self.member).access}"},
                timeout=60,
                trust_env=False,
                verify=False,
            )
            for _ in range(CROWD)
        ]

    def each(self, method, path, **kwargs):
        """Answer what all came to that asked for it at once: the status and the body's code."""

        def call(number):
            answer = self.clients[number].request(method, path, **kwargs)
            return answer.status_code, answer.json().get("code", "")

        return sorted(at_once(CROWD, call))

    def sent(self):
        """Let there be an upload whose file was sent."""
        data = encoded()
        upload = UploadFactory(owner=self.member, status="pending", size=len(data))
        self.store.write(upload.incoming_key, data)
        return upload


@pytest.fixture
def serve(transactional_db, sqs, tmp_path, monkeypatch, settings):
    monkeypatch.setenv("AWS_ENDPOINT_URL", sqs)
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "app.media.storages.Folder"}}
    queue = Queue.create(sqs, visibility=30)
    stack = ExitStack()

    def serve(application="config.wsgi:application"):
        server = live.server(
            tmp_path / "server.log",
            live.url_of(connection.settings_dict["NAME"]),
            application=application,
            MEDIA_ROOT=settings.MEDIA_ROOT,
            SQS_QUEUE_URL=queue.url,
            AWS_ENDPOINT_URL=sqs,
        )
        site = Site(stack.enter_context(server), queue, settings.MEDIA_ROOT)
        for client in site.clients:
            stack.enter_context(client)
        return site

    with stack:
        yield serve


@racing
def test_an_upload_that_is_completed_by_many_at_once_is_made_once(serve):
    site = serve()
    for number in range(1, ROUNDS + 1):
        upload = site.sent()

        answers = site.each("POST", f"{UPLOADS}{upload.pk}/complete/")

        assert answers == [(200, "")] * CROWD
        assert site.queue.left() == number

    site.queue.drain(functions.worker)
    assert set(Upload.objects.values_list("status", flat=True)) == {"ready"}


@racing
def test_without_the_lock_it_is_made_several_times(serve):
    site = serve("tests.unlocked:application")
    for _ in range(ROUNDS):
        site.each("POST", f"{UPLOADS}{site.sent().pk}/complete/")

    assert site.queue.left() > ROUNDS


@racing
def test_one_upload_is_taken_once_by_many_at_once(serve):
    site = serve()
    events = [
        site.clients[0].post(
            "/api/events/",
            json={
                "title": f"Evening {number}",
                "start_date": "2036-12-05T19:00:00Z",
                "end_date": "2036-12-05T23:00:00Z",
            },
        ).json()["id"]
        for number in range(CROWD)
    ]  # fmt: skip
    upload = UploadFactory(owner=site.member, purpose="event_cover")

    def take(number):
        body = {"cover_upload_id": upload.pk}
        path = f"/api/events/{events[number]}/"
        return site.clients[number].patch(path, json=body).status_code

    assert sorted(at_once(CROWD, take)) == [200] + [409] * (CROWD - 1)


@racing
def test_no_more_are_begun_at_once_than_a_member_may_have(serve):
    site = serve()
    UploadFactory.create_batch(MOST_OPEN - 2, owner=site.member, status="pending")
    body = {"purpose": "avatar", "content_type": "image/png", "size": 1000}

    answers = site.each("POST", UPLOADS, json=body)

    assert [status for status, _ in answers] == [201] * 2 + [409] * (CROWD - 2)


@racing
def test_two_runs_of_one_task_make_one_upload(folder):
    data = encoded()
    upload = UploadFactory(status="processing", size=len(data))
    folder.write(upload.incoming_key, data)

    at_once(4, lambda _: services.make_pictures(upload_id=upload.pk))

    upload.refresh_from_db()
    assert (upload.status, upload.reason) == ("ready", "")
    assert folder.names() == {upload.public_key(size.name) for size in upload.sizes}


class Killed(BaseException):
    """As a function that is stopped: nothing catches it."""


@pytest.mark.django_db
@pytest.mark.parametrize("calls", range(1, 8))
def test_a_run_that_is_killed_anywhere_is_run_again_to_the_same_end(
    store, settings, monkeypatch, calls
):
    """Reading, three pictures, the row, the file: after each of these there is another run."""
    data = encoded()
    upload = UploadFactory(status="processing", size=len(data), pictures=[])
    store.write(upload.incoming_key, data)
    left = [calls]

    def dying(method):
        def call(*args, **kwargs):
            if not left[0]:
                raise Killed
            left[0] -= 1
            return method(*args, **kwargs)

        return call

    with monkeypatch.context() as patched:
        backend = import_string(settings.STORAGES["default"]["BACKEND"])
        for name in ("content", "put", "discard"):
            patched.setattr(backend, name, dying(getattr(backend, name)))
        with suppress(Killed):
            services.make_pictures(upload_id=upload.pk)

    services.make_pictures(upload_id=upload.pk)

    upload.refresh_from_db()
    assert (upload.status, len(upload.pictures)) == ("ready", 3)
    assert {upload.public_key(size.name) for size in upload.sizes} <= store.names()


@pytest.mark.django_db
def test_an_upload_that_is_removed_before_its_pictures_are_stored_leaves_nothing(
    store, settings, monkeypatch
):
    data = encoded()
    upload = UploadFactory(status="processing", size=len(data), pictures=[])
    store.write(upload.incoming_key, data)
    backend = import_string(settings.STORAGES["default"]["BACKEND"])
    read = backend.content

    def read_and_remove(*args, **kwargs):
        found = read(*args, **kwargs)
        services.remove_upload(upload=upload)
        return found

    monkeypatch.setattr(backend, "content", read_and_remove)

    services.make_pictures(upload_id=upload.pk)

    assert not Upload.objects.exists()
    assert store.names() == set()


@racing
@pytest.mark.parametrize("is_locked", [True, False])
def test_an_upload_is_removed_once_its_pictures_are_stored(folder, monkeypatch, is_locked):
    data = encoded()
    upload = UploadFactory(status="processing", size=len(data), pictures=[])
    folder.write(upload.incoming_key, data)
    put, storing = Folder.put, threading.Event()

    def put_slowly(*args):
        storing.set()
        time.sleep(0.5)
        put(*args)

    monkeypatch.setattr(Folder, "put", put_slowly)
    if not is_locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **kwargs: rows)

    def act(number):
        if number == 0:
            with suppress(DatabaseError):  # there is no row left to save
                services.make_pictures(upload_id=upload.pk)
        else:
            storing.wait(timeout=10)
            services.remove_upload(upload=upload)

    at_once(2, act)

    assert not Upload.objects.exists()
    assert bool(folder.names()) == (not is_locked)
