"""Journal, its file and the log of a host that writes down every line: no secret, and nothing a peer forged."""

import base64
import json
import logging

import pytest

SECRETS = ("123456", "AGFsaWNlADEyMzQ1Ng==", "MTIzNDU2")
NASTY = "\x1b]52;c;ZXZpbA==\x07"


async def test_no_login_shows_its_password_anywhere(door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    at = await door("submission", journal_wire=True)
    by_plain = await at.connect()
    by_login = await at.connect()
    by_mistake = await at.connect()
    for peer in (by_plain, by_login, by_mistake):
        await peer.ask("EHLO a.test")
    assert (await by_plain.ask("AUTH PLAIN AGFsaWNlADEyMzQ1Ng==")).startswith("235 ")
    await by_login.ask("AUTH LOGIN")
    await by_login.ask(base64.b64encode(b"alice").decode())
    assert (await by_login.ask("MTIzNDU2")).startswith("235 ")
    await by_mistake.ask("AUTH UNKNOWN AGFsaWNlADEyMzQ1Ng==")
    await by_mistake.ask("AUTH PLAIN AGFsaWNlADEyMzQ1Ng== more")
    await by_mistake.ask("AUTH LOGIN")
    await by_mistake.ask(base64.b64encode(b"eve").decode())
    assert (await by_mistake.ask("MTIzNDU2")).startswith("535 ")
    at.host.journal.flush()
    traces = (at.host.folder.journal.read_text(), caplog.text, repr(at.host.journal.recent()))
    for trace in traces:
        assert not any(secret in trace for secret in SECRETS)
    assert "AUTH PLAIN ***" in traces[0]


@pytest.mark.parametrize("service", ["smtp", "submission", "lmtp"])
async def test_nobody_writes_lines_of_the_journal_or_the_log(
    door, service: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    at = await door(service, journal_wire=True)
    peer = await at.enter()
    for line in (f"EHLO {NASTY}", f"{NASTY}", f"VRFY {NASTY}", f"MAIL FROM:<{NASTY}@x.test>", f"HELP {NASTY}"):
        await peer.ask(line)
    await peer.send(at.envelope)
    for _ in range(3):
        await peer.reply()
    forged = '{"time":1,"agent":"MTA","kind":"accepted"}'
    await peer.send(f"Subject: {NASTY}\r\n{forged}\r\n\r\nMessage-ID: <{NASTY}>\r\n.\r\n".encode())
    assert (await peer.reply()).startswith("250 ")
    assert len(await at.stored()) == 1
    at.host.journal.flush()
    lines = at.host.folder.journal.read_text().split("\n")
    events = [json.loads(line) for line in lines if line]
    assert {event["host"] for event in events} == {"brasilia.cities.org"}, "every line is one of ours"
    assert any("\\x1b" in event["text"] for event in events), "it was written, escaped"
    everything = "".join(lines) + "".join(record.getMessage() for record in caplog.records)
    assert everything.isprintable()
