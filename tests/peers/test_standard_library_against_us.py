"""Python's own smtplib, imaplib and poplib against our server."""

import imaplib
import poplib
import smtplib
import ssl
from email.message import EmailMessage

import pytest


def _message(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "library@cities.org", "library@cities.org", subject
    message.set_content("¡Hola!\n.\n..two dots\n")
    return message


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_smtplib_submits_after_starttls_and_auth(server) -> None:
    with smtplib.SMTP("127.0.0.1", server.ports["submission"]) as client:
        client.starttls(context=_trusting())
        client.login("library", "123456")
        refused = client.send_message(_message("by smtplib"))
    assert refused == {}
    server.wait_for("library", "by smtplib")


def test_smtplib_submits_over_implicit_tls(server) -> None:
    with smtplib.SMTP_SSL("127.0.0.1", server.ports["submissions"], context=_trusting()) as client:
        client.login("library", "123456")
        client.send_message(_message("by smtplib over tls"))
    server.wait_for("library", "by smtplib over tls")


def test_smtplib_is_told_that_we_are_no_relay(server) -> None:
    with (
        smtplib.SMTP("127.0.0.1", server.ports["smtp"]) as client,
        pytest.raises(smtplib.SMTPRecipientsRefused) as error,
    ):
        client.sendmail("bob@other.test", ["carol@elsewhere.example"], b"Subject: x\r\n\r\nx\r\n")
    code, text = error.value.recipients["carol@elsewhere.example"]
    assert code == 550
    assert text.startswith(b"5.7.1")


def test_imaplib_reads_flags_copies_searches_and_expunges(server) -> None:
    server.deliver("library@cities.org", "for imaplib")
    with imaplib.IMAP4_SSL("127.0.0.1", server.ports["imaps"], ssl_context=_trusting()) as client:
        client.login("library", "123456")
        assert client.create("Papers/2026")[0] == "OK"
        assert client.select("INBOX")[0] == "OK"
        found = client.search(None, "SUBJECT", '"for imaplib"')[1][0].split()
        assert len(found) == 1
        number = found[0].decode()
        assert client.store(number, "+FLAGS", r"(\Flagged $Label1)")[0] == "OK"
        assert client.copy(number, "Papers/2026")[0] == "OK"
        client.store(number, "+FLAGS", r"(\Deleted)")
        assert client.expunge()[1] == [found[0]]
        client.select("Papers/2026")
        _, data = client.fetch("1", "(FLAGS BODY.PEEK[TEXT])")
        assert b"\\Flagged" in data[0][0] or b"\\Flagged" in data[1]
        assert data[0][1] == b"Esto es una prueba\r\n"


def test_imaplib_appends_what_it_reads_back(server) -> None:
    raw = b"From: a@b.example\r\nSubject: appended\r\n\r\n\xc3\xb1and\xc3\xba\r\n"
    with imaplib.IMAP4("127.0.0.1", server.ports["imap"]) as client:
        client.starttls(_trusting())
        client.login("library", "123456")
        status, answer = client.append("Drafts", r"(\Draft)", None, raw)
        assert status == "OK"
        assert b"APPENDUID" in answer[0]
        client.select("Drafts")
        assert client.fetch("*", "(RFC822)")[1][0][1] == raw


def test_poplib_reads_and_deletes(server) -> None:
    server.deliver("library@cities.org", "for poplib", body="one\n.\n..\nlast\n")
    client = poplib.POP3("127.0.0.1", server.ports["pop3"])
    client.stls(_trusting())
    client.user("library")
    client.pass_("123456")
    count, _ = client.stat()
    lines = client.retr(count)[1]
    assert b"Subject: for poplib" in lines
    assert lines[lines.index(b"") + 1 :] == [b"one", b".", b"..", b"last"]
    uidl = client.uidl(count)
    client.dele(count)
    client.quit()
    again = poplib.POP3_SSL("127.0.0.1", server.ports["pop3s"], context=_trusting())
    again.user("library")
    again.pass_("123456")
    assert again.stat()[0] == count - 1
    assert uidl.split()[-1] not in b" ".join(again.uidl()[1])
    again.quit()
