import smtplib
from email.message import EmailMessage

import pytest

from tests.fakes.mail import FakeMailServer


@pytest.fixture
def server():
    with FakeMailServer() as server:
        yield server


def mail(to, body="Hello."):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "hall@guild.example", to, "Grüße"
    message.set_content(body)
    return message


def test_a_mail_is_kept_for_its_recipient_and_no_other(server):
    with smtplib.SMTP(server.host, server.port) as client:
        client.send_message(mail("ada@guild.example"))

    [message] = server.to("ada@guild.example")
    assert message["Subject"] == "Grüße"
    assert message.get_content() == "Hello.\n"
    assert server.to("grace@guild.example") == []


def test_several_mails_of_one_connection_come_in_their_order(server):
    with smtplib.SMTP(server.host, server.port) as client:
        for body in ("One.", "Two."):
            client.send_message(mail("ada@guild.example", body))

    assert [each.get_content() for each in server.to("ada@guild.example")] == ["One.\n", "Two.\n"]


def test_a_line_of_one_dot_does_not_end_a_mail(server):
    with smtplib.SMTP(server.host, server.port) as client:
        client.send_message(mail("ada@guild.example", "Before\n.\n..\nafter"))

    assert server.to("ada@guild.example")[0].get_content() == "Before\n.\n..\nafter\n"


def test_what_it_does_not_know_it_says_so(server):
    with smtplib.SMTP(server.host, server.port) as client:
        assert client.docmd("VRFY", "ada")[0] == 502
        assert client.noop()[0] == 250
