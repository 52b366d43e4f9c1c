"""What staff see of notifications, and the one thing that they may do about them."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from app.notifications.models import Notification
from tests.factories import NotificationFactory, StaffFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/notifications/notification/"


def browser_of(user):
    client = Client()
    client.force_login(user, backend="app.accounts.backends.EmailOrUsernameBackend")
    return client


def staff_who_may(*what):
    user = StaffFactory()
    user.user_permissions.set(Permission.objects.filter(codename__in=what))
    return user


@pytest.fixture
def clerk():
    return browser_of(staff_who_may("view_notification", "change_notification"))


@pytest.fixture
def reader():
    return browser_of(staff_who_may("view_notification"))


@pytest.fixture
def dead():
    return NotificationFactory(state="dead", attempts=10, error="The mail server: 550 no such")


def send_again(browser, *rows):
    data = {"action": "send_again", "_selected_action": [row.pk for row in rows]}
    return browser.post(LIST, data, follow=True)


def change_page(row):
    return reverse("admin:notifications_notification_change", args=[row.pk])


def test_the_dead_are_listed_with_their_reason(reader, dead):
    NotificationFactory(state="sent")

    answer = reader.get(LIST, {"state__exact": "dead"})

    assert list(answer.context["cl"].result_list) == [dead]
    assert "550 no such" in answer.content.decode()


@pytest.mark.parametrize("term", ["subject", "key", "username", "email"])
def test_one_is_found_by(reader, term, dead):
    NotificationFactory(subject="Another")
    Notification.objects.filter(pk=dead.pk).update(subject="Cup", dedupe_key="event:77:off")
    term = {
        "subject": "cup",
        "key": "event:77",
        "username": dead.member.username,
        "email": dead.member.email,
    }[term]

    assert list(reader.get(LIST, {"q": term}).context["cl"].result_list) == [dead]


def test_the_dead_are_sent_again(clerk, dead, mailoutbox, django_capture_on_commit_callbacks):
    sent = NotificationFactory(state="sent")

    with django_capture_on_commit_callbacks(execute=True):
        answer = send_again(clerk, dead, sent)

    assert "1 will be sent again." in answer.content.decode()
    assert [message.to for message in mailoutbox] == [[dead.member.email]]
    dead.refresh_from_db()
    assert dead.state == "sent"


@pytest.mark.parametrize("who", ["nobody", "outsider", "reader", "other staff"])
def test_nobody_else_sends_them_again(who, dead, outsider, reader, mailoutbox):
    browser = {
        "nobody": Client(),
        "outsider": browser_of(outsider),
        "reader": reader,
        "other staff": browser_of(StaffFactory()),
    }[who]

    send_again(browser, dead)

    dead.refresh_from_db()
    assert dead.state == "dead"
    assert mailoutbox == []


def test_what_was_written_is_not_rewritten(clerk, dead):
    before = Notification.objects.values().get()

    page = clerk.get(change_page(dead))
    clerk.post(change_page(dead), {"body": "Send money.", "state": "pending"})

    assert page.status_code == 200
    assert b'name="body"' not in page.content
    assert clerk.get(f"{LIST}add/").status_code == 403
    assert Notification.objects.values().get() == before
