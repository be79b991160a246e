"""What a developer writes who needs a real mail server in a test."""

import smtplib
from email.message import EmailMessage

import pytest

from bundled_server.pytest_plugin import MailServer, mail_server  # noqa: F401 - a plugin in their project


def _letter(subject: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "app@elsewhere.example", "alice@example.test", subject
    letter.set_content("Your code is 4711.\n")
    return letter


def test_a_program_under_test_sends_and_the_mail_is_there(mail_server: MailServer) -> None:  # noqa: F811
    with smtplib.SMTP(mail_server.host, mail_server.ports["smtp"]) as smtp:
        smtp.send_message(_letter("Welcome"))
    received = mail_server.wait_for("alice", lambda message: message["Subject"] == "Welcome")
    assert "4711" in received.get_content()
    assert mail_server.messages("bob") == []


def test_an_unknown_user_is_refused_as_a_real_server_would(mail_server: MailServer) -> None:  # noqa: F811
    letter = _letter("Nobody")
    del letter["To"]
    letter["To"] = "nobody@example.test"
    where = (mail_server.host, mail_server.ports["smtp"])
    with smtplib.SMTP(*where) as smtp, pytest.raises(smtplib.SMTPRecipientsRefused):
        smtp.send_message(letter)


def test_waiting_has_an_end(mail_server: MailServer) -> None:  # noqa: F811
    with pytest.raises(TimeoutError, match="no such message came to alice"):
        mail_server.wait_for("alice", seconds=0.0)


def test_a_server_that_cannot_start_says_why(tmp_path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    server = MailServer(tmp_path / "taken")
    with pytest.raises(RuntimeError, match="did not start"):
        server.start()
