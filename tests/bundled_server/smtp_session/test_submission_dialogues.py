"""Dialogues of the submission port: who may send, as whom, and what becomes of the header."""

from base64 import b64encode

import pytest

from bundled_server.config import Limits

ALICE = b64encode(b"\0alice\x00123456").decode()


async def login(peer) -> None:
    await peer.ask("EHLO laptop")
    assert (await peer.ask(f"AUTH PLAIN {ALICE}")).startswith("235 2.7.0 ")


async def submit(peer, text: bytes, sender: str = "alice@cities.org") -> str:
    for line in (f"MAIL FROM:<{sender}>", "RCPT TO:<bob@other.test>", "DATA"):
        await peer.ask(line)
    await peer.send(text + b".\r\n")
    return await peer.reply()


async def test_sending_needs_a_login(serve) -> None:
    peer = await (await serve(submission=True)).connect()
    assert "AUTH PLAIN LOGIN" in await peer.ask("EHLO laptop")
    assert await peer.ask("MAIL FROM:<alice@cities.org>") == "530 5.7.0 Authentication required"


async def test_auth_login_as_a_person_types_it(serve) -> None:
    peer = await (await serve(submission=True)).connect()
    await peer.ask("EHLO laptop")
    await peer.play(
        f"""
        C: auth login
        S: 334 VXNlcm5hbWU6
        C: {b64encode(b"alice@cities.org").decode()}
        S: 334 UGFzc3dvcmQ6
        C: {b64encode(b"123456").decode()}
        S: 235 2.7.0 Authentication succeeded
        C: AUTH PLAIN
        S: 503 5.5.1 Already authenticated
        """
    )


async def test_malformed_and_wrong_logins_fail_alone(serve) -> None:
    server = await serve(submission=True, journal_wire=True)
    peer = await server.connect()
    await peer.ask("EHLO laptop")
    wrong = b64encode(b"\0alice\0wrong").decode()
    unknown = b64encode(b"\0nobody\0wrong").decode()
    other = b64encode(b"juan\0alice\x00123456").decode()
    assert (await peer.ask("AUTH PLAIN !!!")).startswith("501 5.5.2 ")
    assert (await peer.ask("AUTH PLAIN")) == "334 "
    assert (await peer.ask("*")).startswith("501 5.7.0 ")
    assert (await peer.ask("AUTH NTLM")).startswith("504 5.5.4 ")
    assert await peer.ask(f"AUTH PLAIN {wrong}") == await peer.ask(f"AUTH PLAIN {unknown}")
    assert (await peer.ask(f"AUTH PLAIN {other}")).startswith("535 5.7.8 ")
    assert server.clock.slept == [0.1, 0.2]
    assert (await peer.ask(f"AUTH PLAIN {ALICE}")).startswith("235 ")
    told = " ".join(event.text for event in server.journal.recent())
    assert ALICE not in told and wrong not in told


async def test_guessing_is_stopped(serve) -> None:
    server = await serve(submission=True, limits=Limits(login_failures_per_minute=3))
    peer = await server.connect()
    await peer.ask("EHLO laptop")
    wrong = b64encode(b"\0alice\0wrong").decode()
    codes = [(await peer.ask(f"AUTH PLAIN {wrong}"))[:3] for _ in range(4)]
    assert codes == ["535", "535", "535", "454"]


@pytest.mark.parametrize("sender", ["alice@cities.org", "alice+work@cities.org", "ALICE@cities.org", "alice", ""])
async def test_these_senders_are_alices_own(serve, sender: str) -> None:
    peer = await (await serve(submission=True)).connect()
    await login(peer)
    assert (await peer.ask(f"MAIL FROM:<{sender}>")).startswith("250 2.1.0 ")


@pytest.mark.parametrize("sender", ["juan@cities.org", "alice@other.test", "bob"])
async def test_these_senders_are_not(serve, sender: str) -> None:
    peer = await (await serve(submission=True)).connect()
    await login(peer)
    assert (await peer.ask(f"MAIL FROM:<{sender}>")).startswith("553 5.7.1 ")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (b"From: Alice <alice@cities.org>\r\n", "250"),
        (b"From: alice\r\n", "250"),
        (b'From: "bob@other.test" <alice@cities.org>\r\n', "250"),
        (b"From: juan@cities.org\r\n", "553"),
        (b"From: alice@cities.org, juan@cities.org\r\n", "553"),
        (b'From: "alice@cities.org" <juan@cities.org>\r\n', "553"),
        (b"From: <juan@cities.org> (alice@cities.org)\r\n", "553"),
        (b"From: alice@cities.org\r\nFrom: juan@cities.org\r\n", "554"),
        (b"From: alice@cities.org\r\nSender: juan@cities.org\r\n", "553"),
        (b"From: <alice@cities.org> <juan@cities.org>\r\n", "554"),
        (b"From: x: alice@cities.org;\r\n", "554"),
        (b"From:\r\n", "554"),
    ],
)
async def test_from_has_to_be_ones_own(serve, header: bytes, code: str) -> None:
    peer = await (await serve(submission=True)).connect()
    await login(peer)
    assert (await submit(peer, header + b"\r\nx\r\n"))[:3] == code


async def test_the_header_is_completed_and_bcc_is_taken_out(serve) -> None:
    server = await serve(submission=True)
    peer = await server.connect()
    await login(peer)
    reply = await submit(
        peer,
        b"Subject: hi\r\nBcc: juan@cities.org,\r\n root@cities.org\r\n"
        b"Reply-To: alice (me), bob@x.test\r\n\r\nx\r\n",
    )
    assert reply.startswith("250 2.0.0 ")
    content = server.accepted[0][1]
    assert content == (
        b"Received: from laptop ([127.0.0.1])\r\n"
        b"\tby brasilia.cities.org with ESMTPA id Q00001\r\n"
        b"\tfor <bob@other.test>;\r\n"
        b"\tThu, 11 Aug 2005 23:00:56 +0000\r\n"
        b"Subject: hi\r\n"
        b"Reply-To: alice@cities.org (me), bob@x.test\r\n"
        b"Date: Thu, 11 Aug 2005 23:00:56 +0000\r\n"
        b"From: alice@cities.org\r\n"
        b"To: undisclosed-recipients:;\r\n"
        b"Message-ID: <made-here@brasilia.cities.org>\r\n"
        b"\r\n"
        b"x\r\n"
    )


async def test_what_is_right_stays_octet_for_octet(serve) -> None:
    server = await serve(submission=True)
    peer = await server.connect()
    await login(peer)
    text = (
        b"From: =?utf-8?Q?Alice?=  <alice@cities.org>\r\n"
        b'To: "Smith, Bob" <bob@other.test>,\r\n\tfriends: x@y.test, z;\r\n'
        b"date: Mon, 1 Jan 2024 00:00:00 +0000\r\n"
        b"Message-Id: <1@laptop>\r\n"
        b"X-Odd:   \xff\xfe kept\r\n"
        b"\r\n"
        b"body\r\n"
    )
    await submit(peer, text)
    assert server.accepted[0][1].partition(b"+0000\r\n")[2] == text


async def test_a_typed_body_without_header_gets_one(serve) -> None:
    server = await serve(submission=True)
    peer = await server.connect()
    await login(peer)
    await submit(peer, b"Esto es una prueba\r\n")
    assert server.accepted[0][1].endswith(b"@brasilia.cities.org>\r\n\r\nEsto es una prueba\r\n")


async def test_unknown_local_recipients_are_refused_at_once(serve) -> None:
    peer = await (await serve(submission=True)).connect()
    await login(peer)
    await peer.ask("MAIL FROM:<alice@cities.org>")
    assert (await peer.ask("RCPT TO:<nobody@cities.org>")).startswith("550 5.1.1 ")
    assert (await peer.ask("RCPT TO:<juan>")).startswith("250 2.1.5 ")
    assert (await peer.ask("VRFY juan")) == "250 2.1.5 <juan@cities.org>"
    assert (await peer.ask("VRFY nobody")).startswith("550 5.1.1 ")


async def test_implicit_tls(serve, client_tls) -> None:
    import asyncio
    import smtplib

    server = await serve(submission=True, implicit_tls=True)

    def send() -> None:
        with smtplib.SMTP_SSL("127.0.0.1", server.listener.port, context=client_tls, timeout=60) as client:
            client.login("alice", "123456")
            client.sendmail("alice@cities.org", ["bob@other.test"], b"From: alice@cities.org\r\n\r\nx\r\n")

    await asyncio.to_thread(send)
    assert b"with ESMTPSA" in server.accepted[0][1]
