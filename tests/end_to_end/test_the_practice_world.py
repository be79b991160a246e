"""What the practice world promises: its sample mail, its DNS, and that nothing leaves the machine."""

import smtplib
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from imaplib import IMAP4

import pytest
from worlds import start_world, stop_world


def messages(world, domain: str, user: str) -> list[EmailMessage]:
    with IMAP4("127.0.0.1", world.port(domain, "imap")) as client:
        client.login(user, "123456")
        client.select("INBOX", readonly=True)
        answers = client.fetch("1:*", "(BODY.PEEK[])")[1]
    return [message_from_bytes(item[1], policy=policy.default) for item in answers if isinstance(item, tuple)]


def first(found: list[EmailMessage], matches: Callable[[EmailMessage], bool]) -> EmailMessage:
    return next(message for message in found if matches(message))


def test_the_sample_mail_came_through_the_chain_and_is_of_every_kind(world) -> None:
    inbox = messages(world, "cities.org", "alice")
    subjects = {str(message["Subject"]) for message in inbox}
    assert {"Esto es una prueba", "Test Mail MIME", "Test Mail MIME Multipart"} <= subjects
    assert all(message["Return-Path"] for message in inbox)
    assert sum(not message.get_all("Received") for message in inbox) == 1  # the bounce was made here
    relayed = first(inbox, lambda message: message["Subject"] == "Lunch? 🍜")
    hops = "".join(relayed.get_all("Received"))
    assert "by server.other.test" in hops
    assert "by brasilia.cities.org" in hops
    picture = first(inbox, lambda message: message["Subject"] == "Test Mail MIME")
    assert picture.get_content_type() == "image/jpeg"
    assert picture.get_content().startswith(b"\xff\xd8\xff")
    parts = first(inbox, lambda message: message["Subject"] == "Test Mail MIME Multipart")
    assert parts.get_boundary() == "DDDIIIVVVIIISSSOOORRR"
    assert [part.get_content_type() for part in parts.iter_parts()] == ["text/plain", "application/octet-stream"]
    assert any(message["List-Id"] for message in inbox)
    assert any(message["In-Reply-To"] and "Práctica" in message["Subject"] for message in inbox)
    assert any(part.get_content_type() == "text/html" for message in inbox for part in message.walk())
    bounce = first(inbox, lambda message: message.get_content_type() == "multipart/report")
    assert bounce["Return-Path"] == "<>"
    assert "nobody@other.test" in bounce.as_string()


def test_nothing_leaves_the_world_and_the_sender_is_told_why(world) -> None:
    with smtplib.SMTP("127.0.0.1", world.port("cities.org", "submission")) as client:
        client.login("juan", "123456")
        client.sendmail(
            "juan@cities.org", ["friend@outside.example"], b"From: juan@cities.org\r\nSubject: Out\r\n\r\nx\r\n"
        )
    deadline = time.monotonic() + 60
    while not (
        reports := [one for one in messages(world, "cities.org", "juan") if "Undeliverable" in one["Subject"]]
    ):
        assert time.monotonic() < deadline, "no report came"
        time.sleep(0.05)
    assert "this practice world does not send mail outside itself" in reports[0].as_string()


def test_the_list_of_the_world_reaches_its_members_on_both_hosts(world) -> None:
    with smtplib.SMTP("127.0.0.1", world.port("other.test", "submission")) as client:
        client.login("bob", "123456")
        letter = b"From: bob@other.test\r\nTo: redes@cities.org\r\nSubject: a question\r\n\r\nx\r\n"
        client.sendmail("bob@other.test", ["redes@cities.org"], letter)
    deadline = time.monotonic() + 60
    for domain, user in (("cities.org", "alice"), ("cities.org", "juan"), ("other.test", "bob")):
        while not (
            found := [one for one in messages(world, domain, user) if one["Subject"] == "[redes] a question"]
        ):
            assert time.monotonic() < deadline, f"no copy came to {user}"
            time.sleep(0.05)
        assert found[0]["List-Post"] == "<mailto:redes@cities.org>"


def test_a_stranger_cannot_relay_through_either_host(world) -> None:
    for domain in ("cities.org", "other.test"):
        with smtplib.SMTP("127.0.0.1", world.port(domain, "smtp")) as client:
            client.helo("stranger.example")
            client.mail("stranger@stranger.example")
            code, text = client.rcpt("friend@outside.example")
        assert code == 550
        assert text.startswith(b"5.7.1")


@pytest.mark.parametrize("service", ["imap", "pop3", "submission", "smtp", "admin"])
def test_both_hosts_have_every_port(world, service: str) -> None:
    assert world.port("cities.org", service) != world.port("other.test", service)


def test_a_kept_world_is_continued_without_new_sample_mail(tmp_path) -> None:
    running = start_world(tmp_path / "kept")
    before = len(messages(running, "cities.org", "alice"))
    with IMAP4("127.0.0.1", running.port("cities.org", "imap")) as client:
        client.login("alice", "123456")
        client.select("INBOX")
        client.store("1", "+FLAGS", r"(\Deleted)")
        client.expunge()
    assert stop_world(running) == 0
    again = start_world(tmp_path / "kept")
    assert len(messages(again, "cities.org", "alice")) == before - 1
    assert stop_world(again) == 0
