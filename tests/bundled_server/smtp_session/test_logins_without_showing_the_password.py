"""SCRAM-SHA-256, XOAUTH2 and OAUTHBEARER on the submission port."""

import hashlib
import hmac
import shutil
from base64 import b64decode, b64encode
from pathlib import Path

import pytest


async def tokens(user: str, token: str) -> str | None:
    return {"alices-token": "alice", "nobodys-token": "nobody"}.get(token)


ALICE = b64encode(b"\0alice\x00123456").decode()


def coded(text: str | bytes) -> str:
    return b64encode(text.encode() if isinstance(text, str) else text).decode()


async def scram(peer, user: str, password: str) -> str:
    """A client's side of RFC 5802; the reply that ends it."""
    bare = f"n={user},r=abc"
    reply = await peer.ask(f"AUTH SCRAM-SHA-256 {coded('n,,' + bare)}")
    if not reply.startswith("334 "):
        return reply
    first = b64decode(reply[4:]).decode()
    fields = dict(field.split("=", 1) for field in first.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), b64decode(fields["s"]), int(fields["i"]))
    key = hmac.digest(salted, b"Client Key", "sha256")
    final = f"c=biws,r={fields['r']}"
    message = f"{bare},{first},{final}".encode()
    signature = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
    proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
    reply = await peer.ask(coded(f"{final},p={coded(proof)}"))
    if not reply.startswith("334 "):
        return reply
    expected = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
    assert b64decode(reply[4:]) == b"v=" + b64encode(expected)
    return await peer.ask("")


async def test_scram_proves_the_password_both_ways(serve) -> None:
    server = await serve(submission=True, scram=True, journal_wire=True)
    peer = await server.connect()
    assert "AUTH SCRAM-SHA-256 PLAIN LOGIN" in await peer.ask("EHLO laptop")
    wrong = await scram(peer, "alice", "wrong")
    assert wrong == await scram(peer, "nobody", "wrong") == "535 5.7.8 Authentication credentials invalid"
    assert server.clock.slept == [0.1]
    assert await scram(peer, "alice@cities.org", "123456") == "235 2.7.0 Authentication succeeded"
    assert (await peer.ask("MAIL FROM:<alice@cities.org>")).startswith("250 ")


async def test_an_exchange_can_be_left_and_begun_again(serve) -> None:
    peer = await (await serve(submission=True, scram=True)).connect()
    await peer.ask("EHLO laptop")
    assert (await peer.ask("AUTH SCRAM-SHA-256")) == "334 "
    assert (await peer.ask("*")).startswith("501 5.7.0 ")
    assert (await peer.ask("AUTH SCRAM-SHA-256 bj0=")).startswith("501 5.5.2 ")
    assert (await scram(peer, "alice", "123456")).startswith("235 ")


async def test_tokens_are_taken_by_both_mechanisms(serve) -> None:
    for mechanism, claim in (
        ("XOAUTH2", "user=alice@cities.org\x01auth=Bearer alices-token\x01\x01"),
        ("OAUTHBEARER", "n,a=alice,\x01host=h\x01auth=Bearer alices-token\x01\x01"),
    ):
        peer = await (await serve(submission=True, tokens=tokens)).connect()
        assert "AUTH PLAIN LOGIN OAUTHBEARER XOAUTH2" in await peer.ask("EHLO laptop")
        assert (await peer.ask(f"AUTH {mechanism} {coded(claim)}")).startswith("235 ")


@pytest.mark.parametrize("token", ["bad", "nobodys-token", "x" * 8000])
@pytest.mark.parametrize("answer", ["", "AQ==", "*"])
async def test_a_bad_token_is_told_in_json_and_ends_that_login_only(serve, token: str, answer: str) -> None:
    peer = await (await serve(submission=True, tokens=tokens)).connect()
    await peer.ask("EHLO laptop")
    reply = await peer.ask("AUTH XOAUTH2 " + coded(f"user=alice\x01auth=Bearer {token}\x01\x01"))
    assert b64decode(reply.removeprefix("334 ")).startswith(b'{"status":"401"')
    assert await peer.ask(answer) == "535 5.7.8 Authentication credentials invalid"
    assert (await peer.ask(f"AUTH PLAIN {ALICE}")).startswith("235 ")


async def test_somebody_elses_token_opens_nothing(serve) -> None:
    peer = await (await serve(submission=True, tokens=tokens)).connect()
    await peer.ask("EHLO laptop")
    await peer.ask("AUTH XOAUTH2 " + coded("user=juan\x01auth=Bearer alices-token\x01\x01"))
    assert (await peer.ask("")).startswith("535 ")


async def test_what_is_not_configured_is_not_there(serve) -> None:
    peer = await (await serve(submission=True)).connect()
    assert "AUTH PLAIN LOGIN\n" in await peer.ask("EHLO laptop")
    for mechanism in ("SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER"):
        assert (await peer.ask(f"AUTH {mechanism}")).startswith("504 5.5.4 ")


@pytest.mark.peer
@pytest.mark.skipif(shutil.which("msmtp") is None, reason="msmtp is not installed")
async def test_msmtp_by_scram(serve, run, tmp_path: Path) -> None:
    server = await serve(submission=True, scram=True)
    mail = tmp_path / "mail"
    mail.write_text("From: alice@cities.org\nTo: bob@other.test\n\nx\n")
    script = (
        f"msmtp --host=127.0.0.1 --port={server.listener.port} --tls=off --auth=scram-sha-256 --user=alice"
        f" --passwordeval='echo 123456' --from=alice@cities.org bob@other.test < {mail}"
    )
    await run("sh", "-c", script)
    assert server.accepted[0][1].endswith(b"\r\n\r\nx\r\n")


@pytest.mark.peer
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
async def test_curl_by_token(serve, run, tmp_path: Path, mechanism: str) -> None:
    server = await serve(submission=True, tokens=tokens)
    (tmp_path / "mail").write_bytes(b"From: alice@cities.org\r\n\r\nx\r\n")
    await run(
        *("curl", "-sS", f"smtp://127.0.0.1:{server.listener.port}/laptop", "--user", "alice"),
        *("--oauth2-bearer", "alices-token", "--login-options", f"AUTH={mechanism}"),
        *("--mail-from", "alice@cities.org", "--mail-rcpt", "bob@other.test"),
        *("--upload-file", str(tmp_path / "mail")),
    )
    assert len(server.accepted) == 1
