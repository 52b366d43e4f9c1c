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


@pytest.mark.parametrize("code", [451, 550])
def test_who_is_refused_gets_nothing_and_others_on_the_same_connection_do(server, code):
    server.refuse("ada@guild.example", code)

    with smtplib.SMTP(server.host, server.port) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.send_message(mail("ada@guild.example"))
        client.send_message(mail("grace@guild.example"))

    [(said, _)] = refused.value.recipients.values()
    assert said == code
    assert server.to("ada@guild.example") == []
    assert len(server.to("grace@guild.example")) == server.connections == 1


def test_a_mail_may_be_refused_when_all_of_it_is_there(server):
    server.refuse("ada@guild.example", 554, verb="DATA")

    with smtplib.SMTP(server.host, server.port) as client:
        with pytest.raises(smtplib.SMTPDataError, match="554"):
            client.send_message(mail("ada@guild.example"))
        server.relent()
        client.send_message(mail("ada@guild.example"))

    assert len(server.to("ada@guild.example")) == 1
