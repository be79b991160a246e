"""Every ending of a submission: sent, deferred, refused, possibly sent; against a server that plays a script."""

import asyncio
import random
from base64 import b64encode
from pathlib import Path

import pytest

from termail.config import Account, Settings
from termail.lmta.local_mta import LocalMta
from termail.lmta.outcome import Deferred, Outcome, PossiblySent, Refused, Rejection, Sent
from termail.lmta.parts import parts_of
from termail.lmta.schedule import next_try
from termail.lmta.smtp_client import _prepared
from termail.lmta.submission import Letter, Submission
from termail.lmta.transcript import Transcript
from termail.model.outbox import OutboxState
from termail.net.endpoint import Endpoint, Security
from termail.net.trust import client_context
from termail.store.local_store import LocalStore

HELLO = """
S: 220 mail ready
C: EHLO
S: 250-mail
S: 250-SIZE 100000
S: 250-8BITMIME
S: 250 AUTH PLAIN
"""
LOGIN = """
C: AUTH PLAIN
S: 235 in
"""
ENVELOPE = """
C: MAIL FROM:<alice@cities.org>
S: 250 ok
C: RCPT TO:<bob@other.test>
S: 250 ok
"""
DATA = """
C: DATA
S: 354 go
C
C
C
C: .
"""
LETTER = Letter("alice@cities.org", ["bob@other.test"], b"Subject: hi\r\n\r\nbody\r\n")


async def secret() -> str:
    return "123456"


@pytest.fixture
def send(scripted, certificate):
    async def submit(
        script: str,
        letter: Letter = LETTER,
        security: Security = Security.NONE,
        user: str = "alice",
        lines=None,
        out=None,
    ) -> Outcome:
        server = await scripted(script, tls=security is Security.TLS)
        endpoint = Endpoint("smtp", security, user, "127.0.0.1", server.port)
        transcript = Transcript()

        async def going_out() -> None:
            if out is not None:
                out.append(list(server.heard))

        outcome = await Submission(
            endpoint, lambda: client_context(str(certificate.path)), secret, transcript
        ).send(letter, going_out)
        if lines is not None:
            lines.extend(transcript.lines)
        return outcome

    return submit


async def test_a_message_is_sent_and_the_dialogue_kept_without_the_secret(send) -> None:
    lines: list[str] = []
    out: list[list[str]] = []
    outcome = await send(
        HELLO + LOGIN + ENVELOPE + DATA + "S: 250 queued as 7\nC: QUIT\nS: 221 bye", lines=lines, out=out
    )
    assert outcome == Sent("250 queued as 7")
    assert out[0][-1] == "DATA"
    assert "C: AUTH PLAIN ****" in lines
    assert "S: 354 go" in lines
    assert "123456" not in "".join(lines)
    assert "AGFsaWNl" not in "".join(lines)


@pytest.mark.parametrize(
    ("rest", "outcome"),
    [
        ("C: MAIL\nS: 451 later\nC: QUIT\nS: 221 bye", Deferred("451 later")),
        ("C: MAIL\nS: 550 not you\nC: QUIT\nS: 221 bye", Refused("550 not you")),
        (
            "C: MAIL\nS: 250 ok\nC: RCPT\nS: 550 unknown\nC: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye",
            Refused("bob@other.test: 550 unknown"),
        ),
        (
            "C: MAIL\nS: 250 ok\nC: RCPT\nS: 450 greylisted\nC: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye",
            Deferred("bob@other.test: 450 greylisted"),
        ),
        (ENVELOPE + "C: DATA\nS: 554 spam\nC: QUIT\nS: 221 bye", Refused("554 spam")),
        (ENVELOPE + DATA + "S: 554 spam\nC: QUIT\nS: 221 bye", Refused("554 spam")),
        (ENVELOPE + DATA + "S: 452 disk full\nC: QUIT\nS: 221 bye", Deferred("452 disk full")),
    ],
)
async def test_refusals_are_told_apart_by_their_codes(send, rest: str, outcome: Outcome) -> None:
    assert await send(HELLO + LOGIN + rest) == outcome


TWO = Letter("alice@cities.org", ["nobody@other.test", "bob@other.test"], LETTER.raw)
NOBODY = "C: MAIL\nS: 250 ok\nC: RCPT TO:<nobody\nS: {code}\nC: RCPT TO:<bob\nS: 250 ok\n"


@pytest.mark.parametrize(
    ("code", "end", "outcome"),
    [
        ("550 unknown", "S: 250 ok", Sent("250 ok", (Rejection("nobody@other.test", 550, "unknown"),))),
        ("450 busy", "S: 250 ok", Sent("250 ok", (Rejection("nobody@other.test", 450, "busy"),))),
        ("550 unknown", "S: 452 full", Deferred("452 full", (Rejection("nobody@other.test", 550, "unknown"),))),
        ("450 busy", "S: 452 full", Deferred("452 full")),
        ("450 busy", "S: 554 spam", Refused("554 spam")),
    ],
)
async def test_a_refused_recipient_does_not_stop_the_others(send, code: str, end: str, outcome: Outcome) -> None:
    rest = NOBODY.format(code=code) + DATA + end + "\nC: QUIT\nS: 221 bye"
    assert await send(HELLO + LOGIN + rest, TWO) == outcome


async def test_recipients_refused_for_now_and_for_ever_are_told_apart(send) -> None:
    rest = (
        "C: MAIL\nS: 250 ok\nC: RCPT\nS: 550 unknown\nC: RCPT\nS: 450 busy\nC: RSET\nS: 250 ok\nC: QUIT\nS: 221 x"
    )
    outcome = await send(HELLO + LOGIN + rest, TWO)
    assert outcome == Deferred("bob@other.test: 450 busy", (Rejection("nobody@other.test", 550, "unknown"),))


async def test_an_unconfirmed_message_still_names_whom_it_did_not_go_to(send) -> None:
    outcome = await send(HELLO + LOGIN + NOBODY.format(code="550 unknown") + DATA + "CLOSE", TWO)
    assert isinstance(outcome, PossiblySent)
    assert [entry.recipient for entry in outcome.rejected] == ["nobody@other.test"]


FINAL, LATER = Rejection("a@x", 550, "unknown"), Rejection("b@x", 450, "busy")


@pytest.mark.parametrize(
    ("outcome", "parts"),
    [
        (Sent("250 ok"), [("sent", "a@x b@x c@x", "250 ok")]),
        (
            Sent("250 ok", (FINAL, LATER)),
            [
                ("failed", "a@x", "a@x: 550 unknown (sent to the other recipient)"),
                ("deferred", "b@x", "b@x: 450 busy (sent to the other recipient)"),
                ("sent", "c@x", "250 ok"),
            ],
        ),
        (
            PossiblySent("gone", (FINAL,)),
            [
                ("failed", "a@x", "a@x: 550 unknown (possibly sent to the 2 other recipients)"),
                ("possibly sent", "b@x c@x", "gone"),
            ],
        ),
        (
            Deferred("452 full", (FINAL,)),
            [
                ("failed", "a@x", "a@x: 550 unknown (will be tried again for the 2 other recipients)"),
                ("deferred", "b@x c@x", "452 full"),
            ],
        ),
        (Refused("554 spam"), [("failed", "a@x b@x c@x", "554 spam")]),
    ],
)
def test_each_recipient_ends_in_one_part(outcome: Outcome, parts: list[tuple[str, str, str]]) -> None:
    found = parts_of(["a@x", "b@x", "c@x", "a@x"], outcome, 9.0)
    assert [(part.state.value, " ".join(part.recipients), part.reason) for part in found] == parts
    assert all((part.next_try == 9.0) == (part.state is OutboxState.DEFERRED) for part in found)


def test_nothing_is_tried_for_ever() -> None:
    parts = parts_of(["b@x", "c@x"], Sent("250 ok", (LATER,)), 9.0, is_given_up=True)
    assert [part.state for part in parts] == [OutboxState.FAILED, OutboxState.SENT]
    assert parts[0].reason.startswith("given up after four days: b@x: 450 busy")


async def test_the_refused_remainder_stays_and_the_rest_is_sent_and_filed_once(scripted, tmp_path: Path) -> None:
    server = await scripted(HELLO + NOBODY.format(code="550 unknown") + DATA + "S: 250 ok\nC: QUIT\nS: 221 bye")
    store = LocalStore(tmp_path / "mail.sqlite3", clock=lambda: 1000.0)
    account = Account(
        from_="alice@cities.org",
        retrieve="imap://alice@127.0.0.1",
        send=f"smtp+insecure://127.0.0.1:{server.port}",
    )
    mta = LocalMta(Settings(accounts={"work": account}), store, NoPasswords(), lambda: 1000.0)
    outbox_id = store.queue_message("work", "alice@cities.org", TWO.recipients, LETTER.raw)
    await mta.send_next()
    failed, sent = store.outbox()
    assert (failed.outbox_id, failed.state) == (outbox_id, OutboxState.FAILED)
    assert failed.reason == "nobody@other.test: 550 unknown (sent to the other recipient)"
    assert (sent.state, sent.recipients) == (OutboxState.SENT, ("bob@other.test",))
    assert [operation.summary for operation in store.operations()].count("keep a copy of what was sent") == 1
    store.close()


async def test_a_connection_that_ends_after_the_message_went_out_is_possibly_sent(send) -> None:
    assert isinstance(await send(HELLO + LOGIN + ENVELOPE + DATA + "CLOSE"), PossiblySent)


@pytest.mark.parametrize("rest", ["CLOSE", ENVELOPE + "CLOSE", ENVELOPE + "C: DATA\nCLOSE"])
async def test_a_connection_that_ends_before_is_only_deferred(send, rest: str) -> None:
    assert isinstance(await send(HELLO + LOGIN + rest), Deferred)


async def test_a_wrong_password_is_the_users_matter_and_a_busy_server_is_not(send) -> None:
    refused = await send(HELLO + "C: AUTH\nS: 535 wrong\nSTAY")
    assert isinstance(refused, Refused)
    assert refused.is_login
    assert isinstance(await send(HELLO + "C: AUTH\nS: 454 later\nSTAY"), Deferred)


async def test_a_stripped_starttls_stops_before_any_password(send) -> None:
    outcome = await send(HELLO + "STAY", security=Security.STARTTLS)
    assert isinstance(outcome, Deferred)
    assert "no STARTTLS" in outcome.reason


async def test_starttls_and_tls_from_the_start_verify_and_work(send) -> None:
    rest = LOGIN + ENVELOPE + DATA + "S: 250 ok\nC: QUIT\nS: 221 bye"
    assert await send(HELLO + rest, security=Security.TLS) == Sent("250 ok")
    upgrade = (
        HELLO.replace("AUTH PLAIN", "STARTTLS")
        + "C: STARTTLS\nS: 220 go\nTLS\n"
        + HELLO.replace("S: 220 mail ready", "")
    )
    assert await send(upgrade + rest, security=Security.STARTTLS) == Sent("250 ok")


async def test_a_message_that_is_too_large_is_not_even_begun(send) -> None:
    outcome = await send(HELLO + LOGIN + "C: QUIT\nS: 221 bye", Letter("a@b.c", ["d@e.f"], b"x" * 200_000))
    assert isinstance(outcome, Refused)


@pytest.mark.parametrize("address", ["a b@c.d", "a@b.c>\r\nDATA", "a@b\x00.c", "<a@b.c>"])
async def test_an_address_that_would_change_the_dialogue_never_reaches_the_wire(send, address: str) -> None:
    assert isinstance(await send("STAY", Letter("a@b.c", [address], b"x")), Refused)


async def test_nobody_at_the_port_is_weather() -> None:
    endpoint = Endpoint("smtp", Security.NONE, "", "127.0.0.1", 1)
    outcome = await Submission(endpoint, client_context, secret, Transcript()).send(LETTER)
    assert outcome == Deferred("127.0.0.1:1: nobody answers there")


@pytest.mark.parametrize(
    ("raw", "wire"),
    [
        (b".\r\n..x\r\n", b"..\r\n...x\r\n.\r\n"),
        (b"a\nb\rc", b"a\r\nb\r\nc\r\n.\r\n"),
        (b"a\r\r\n.\r\n", b"a\r\n\r\n..\r\n.\r\n"),
        (b"", b"\r\n.\r\n"),
        (b"A: 1\r\nBcc: x@y,\r\n z@y\r\nB: 2\r\n\r\nBcc: body\r\n", b"A: 1\r\nB: 2\r\n\r\nBcc: body\r\n.\r\n"),
        (b"bCC : x@y\rA: 1\r\rhi", b"A: 1\r\n\r\nhi\r\n.\r\n"),
        (b"A: 1\nResent-Bcc: x@y\nBcc: x@y", b"A: 1\r\n.\r\n"),
        (b"\r\nBcc: body\r\n\r\n", b"\r\nBcc: body\r\n\r\n.\r\n"),
    ],
)
def test_only_crlf_dot_crlf_ends_a_message_and_only_at_its_end(raw: bytes, wire: bytes) -> None:
    assert _prepared(raw) == wire
    assert wire.count(b"\r\n.\r\n") == 1


def test_retries_come_later_and_later_with_jitter() -> None:
    times = [next_try(attempt, 1000.0, random.Random(1)) - 1000.0 for attempt in range(1, 12)]
    assert times[0] < 40
    assert times[-1] <= 3600 * 1.2
    assert sorted(times[:7]) == times[:7]


async def test_the_outbox_keeps_reason_and_dialogue(scripted, tmp_path: Path) -> None:
    server = await scripted(HELLO + ENVELOPE + "C: DATA\nS: 451 try later\nC: QUIT\nS: 221 bye")
    store = LocalStore(tmp_path / "mail.sqlite3", clock=lambda: 1000.0)
    account = Account(
        from_="alice@cities.org",
        retrieve="imap://alice@127.0.0.1",
        send=f"smtp+insecure://127.0.0.1:{server.port}",
    )
    mta = LocalMta(Settings(accounts={"work": account}), store, NoPasswords(), lambda: 1000.0)
    store.queue_message("work", "alice@cities.org", ["bob@other.test"], LETTER.raw)
    await mta.send_next()
    (item,) = store.outbox()
    assert (item.state, item.reason, item.attempts) == (OutboxState.DEFERRED, "451 try later", 1)
    assert item.next_try > 1000.0
    assert "S: 451 try later" in item.transcript
    store.close()


async def test_a_held_message_can_be_taken_back_and_goes_when_its_time_comes(scripted, tmp_path: Path) -> None:
    server = await scripted(HELLO + ENVELOPE + DATA + "S: 250 ok\nC: QUIT\nS: 221 bye")
    time = [1000.0]
    store = LocalStore(tmp_path / "mail.sqlite3", clock=lambda: time[0])
    account = Account(
        from_="alice@cities.org",
        retrieve="imap://alice@127.0.0.1",
        send=f"smtp+insecure://127.0.0.1:{server.port}",
    )
    mta = LocalMta(Settings(accounts={"work": account}), store, NoPasswords(), lambda: time[0])
    regretted = store.queue_message("work", "alice@cities.org", ["bob@other.test"], LETTER.raw, not_before=1005.0)
    later = store.queue_message("work", "alice@cities.org", ["bob@other.test"], LETTER.raw, not_before=9000.0)
    time[0] = 1004.9
    assert await mta.send_next() is None
    assert store.cancel_outbox(regretted) is not None
    time[0] = 8999.9
    assert await mta.send_next() is None
    assert server.heard == []
    time[0] = 9000.0
    await mta.send_next()
    (item,) = store.outbox()
    assert (item.outbox_id, item.state) == (later, OutboxState.SENT)
    store.close()


async def test_a_stop_after_the_message_went_out_is_possibly_sent(scripted, tmp_path: Path) -> None:
    server = await scripted(HELLO + ENVELOPE + DATA + "STAY")
    store = LocalStore(tmp_path / "mail.sqlite3")
    account = Account(
        from_="alice@cities.org",
        retrieve="imap://alice@127.0.0.1",
        send=f"smtp+insecure://127.0.0.1:{server.port}",
    )
    mta = LocalMta(Settings(accounts={"work": account}), store, NoPasswords(), lambda: 1000.0)
    store.queue_message("work", "alice@cities.org", ["bob@other.test"], LETTER.raw)
    sending = asyncio.create_task(mta.send_next())
    async with asyncio.timeout(60):
        while "." not in server.heard:
            await asyncio.sleep(0.01)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert [item.state for item in store.outbox()] == [OutboxState.POSSIBLY_SENT]
    store.close()


class NoPasswords:
    async def password(self, name: str, account: Account) -> str:
        raise AssertionError("nobody should ask")

    def forget(self, name: str) -> None:
        pass


async def test_a_token_goes_by_xoauth2_and_is_in_no_transcript(scripted) -> None:
    token = "user=alice\1auth=Bearer 123456\1\1"
    script = f"""
    S: 220 mail ready
    C: EHLO
    S: 250-mail
    S: 250 AUTH PLAIN XOAUTH2
    C: AUTH XOAUTH2 {b64encode(token.encode()).decode()}
    S: 235 in
    """
    server = await scripted(script + ENVELOPE + DATA + "S: 250 taken\nC: QUIT\nS: 221 bye")
    transcript = Transcript()
    endpoint = Endpoint("smtp", Security.NONE, "alice", "127.0.0.1", server.port)
    outcome = await Submission(endpoint, client_context, secret, transcript, has_token=True).send(LETTER)
    assert isinstance(outcome, Sent)
    assert not any("dXNlcj1" in line for line in transcript.lines)


async def test_a_token_that_is_refused_fails_the_login_in_words(scripted) -> None:
    script = """
    S: 220 mail ready
    C: EHLO
    S: 250-mail
    S: 250 AUTH XOAUTH2
    C: AUTH XOAUTH2
    S: 334 eyJzdGF0dXMiOiI0MDAifQ==
    C:
    S: 535 5.7.8 token expired
    """
    server = await scripted(script)
    endpoint = Endpoint("smtp", Security.NONE, "alice", "127.0.0.1", server.port)
    outcome = await Submission(endpoint, client_context, secret, Transcript(), has_token=True).send(LETTER)
    assert isinstance(outcome, Refused)
    assert outcome.is_login
    assert "token expired" in str(outcome)
