"""The wire view and the journey, held against what a byte-level proxy saw on the way."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from byte_proxy import ByteProxy, Carried

from termail.agent.messages import ToUI, WireLine
from termail.agent.office import Office
from termail.agent.once import sync_once
from termail.agent.outbox_runner import OutboxRunner
from termail.classroom.journey.build import build_journey
from termail.classroom.journey.model import Station
from termail.classroom.journey.source import read_journey
from termail.classroom.wire_line import spoken_here
from termail.classroom.world_client import WorldClient
from termail.config import load
from termail.lmta.local_mta import LocalMta
from termail.net.tls_records import record_words
from termail.secrets.passwords import Passwords
from termail.store.local_store import LocalStore

LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n")
RAW = b"From: alice@cities.org\r\nTo: bob@other.test\r\nMessage-ID: <%s@cities.org>\r\n\r\n.dots\r\nHello.\r\n"


def write_config(world, folder: Path, imap: int, submission: int, scheme: str) -> Path:
    folder.mkdir(mode=0o700)
    (folder / "config.toml").write_text(
        f"""[accounts.alice]
        from = "Alice <alice@cities.org>"
        retrieve = "imap{scheme}://alice@127.0.0.1:{imap}"
        send = "smtp{scheme}://alice@127.0.0.1:{submission}"
        password_command = "echo 123456"
        ca = "{world.folder / "ca.pem"}"
        [practice]
        world = "{world.folder}"
        """
    )
    return folder


def lines_on_the_wire(data: bytes) -> list[str]:
    """IMAP and SMTP lines, each literal as the tap shows it."""
    lines: list[str] = []
    at, line = 0, b""
    while at < len(data):
        end = data.index(b"\r\n", at) + 2
        piece = data[at:end]
        literal = LITERAL.search(piece)
        if literal is not None and literal.end() == len(piece):
            line += piece[: literal.start()] + b"{%d octets}" % int(literal[1])
            at = end + int(literal[1])
            continue
        lines.append((line + piece[:-2]).decode("utf-8", "backslashreplace"))
        line, at = b"", end
    return lines


def heard_lines(heard: Sequence[WireLine], connection: str, direction: str) -> list[str]:
    mine = [line for line in heard if line.connection == connection and line.direction == direction]
    return [line.text for line in mine if line.protocol != "tls"]


def agrees(told: str, seen: str) -> bool:
    """The tap masks secrets and cuts long lines; everything else is letter by letter."""
    if "****" in told:
        return seen.startswith(told.partition("****")[0])
    return seen.startswith(told.partition(" … (")[0]) if " … (" in told else told == seen


def tls_records(data: bytes) -> list[str]:
    """From the first TLS handshake on, every record's five octets as the tap puts them."""
    at = data.find(b"\x16\x03")
    words: list[str] = []
    while 0 <= at < len(data):
        words.append(record_words(data[at : at + 5]))
        at += 5 + int.from_bytes(data[at + 3 : at + 5], "big")
    return words


async def send(config: Path, data: Path, heard: list[WireLine]) -> None:
    settings, store = load(config), LocalStore(data / "mail.sqlite3")

    def tell(message: ToUI) -> None:
        if isinstance(message, WireLine):
            heard.append(message)

    office = Office(tell, is_watched=lambda: True)
    passwords = Passwords(config, office.ask)
    mta = LocalMta(settings, store, passwords, time.time, lambda item: office.tap(item.account, "smtp", "h:1"))
    store.queue_message("alice", "alice@cities.org", ["bob@other.test"], RAW % data.parent.name.encode())
    await OutboxRunner(mta, store, office, lambda: None).drain()
    store.close()


async def run_both(
    world, tmp_path: Path, scheme: str
) -> tuple[list[WireLine], list[Carried], list[WireLine], Carried]:
    """Fetch and send through proxies → what was heard and what was carried, IMAP then SMTP."""
    fetched: list[WireLine] = []
    sent: list[WireLine] = []
    async with (
        ByteProxy(world.port("cities.org", "imap")) as imap,
        ByteProxy(world.port("cities.org", "submission")) as smtp,
    ):
        config = write_config(world, tmp_path / "config", imap.port, smtp.port, scheme)
        await sync_once(config, tmp_path / "data", heard=fetched.append)
        await send(config, tmp_path / "data", sent)
        return fetched, imap.connections, sent, smtp.connections[0]


async def test_every_line_the_wire_view_shows_was_on_the_wire_and_none_is_missing(world, tmp_path: Path) -> None:
    fetched, carried, sent, submitted = await run_both(world, tmp_path, "+insecure")
    (connection,) = dict.fromkeys(line.connection for line in fetched)
    for direction, octets in (("C", carried[0].up), ("S", carried[0].down)):
        told, seen = heard_lines(fetched, connection, direction), lines_on_the_wire(bytes(octets))
        assert len(told) == len(seen)
        assert [pair for pair in zip(told, seen, strict=True) if not agrees(*pair)] == []
    assert len(heard_lines(fetched, connection, "S")) > 30
    (connection,) = dict.fromkeys(line.connection for line in sent)
    assert heard_lines(sent, connection, "S") == lines_on_the_wire(bytes(submitted.down))
    said = heard_lines(sent, connection, "C")
    at = next(number for number, line in enumerate(said) if line.startswith("("))
    up = bytes(submitted.up)
    start = up.index(b"DATA\r\n") + len(b"DATA\r\n")
    message, _, rest = up[start:].partition(b"\r\n.\r\n")
    assert message + b"\r\n" == (RAW % tmp_path.name.encode()).replace(b"\r\n.dots", b"\r\n..dots")
    assert said[at] == f"({len(message) + 2} octets, then a dot)"
    before = lines_on_the_wire(up[:start])
    assert all(agrees(*pair) for pair in zip(said[:at], before, strict=True))
    assert said[at + 1 :] == lines_on_the_wire(rest)


async def test_under_tls_the_records_that_travel_are_those_the_proxy_carried(world, tmp_path: Path) -> None:
    fetched, carried, sent, submitted = await run_both(world, tmp_path, "")
    for heard, octets in ((fetched, carried[0]), (sent, submitted)):
        for direction, data in (("C", octets.up), ("S", octets.down)):
            told = [line.text for line in heard if line.protocol == "tls" and line.direction == direction]
            records = [text for text in told if not text.startswith(" ")]
            seen = tls_records(bytes(data))
            assert records == seen[: len(records)]
            assert len(seen) - len(records) <= 1  # the closing alert may come when nobody listens any more
            assert len(records) > 3
        spoken = [line for line in heard if line.protocol != "tls"]
        assert {line.is_encrypted for line in spoken} == {False, True}
        assert all(line.is_encrypted for line in spoken if "****" in line.text)
        assert b"123456" not in octets.up


async def test_the_journey_tells_the_dialogue_the_proxy_carried(world, tmp_path: Path) -> None:
    _, _, sent, submitted = await run_both(world, tmp_path, "+insecure")
    store = LocalStore(tmp_path / "data" / "mail.sqlite3")
    spoken = [spoken_here(line) for line in sent]
    try:
        async with asyncio.timeout(30):
            while True:
                journey = await read_journey(
                    f"<{tmp_path.name}@cities.org>", world=str(world.folder), store=store, spoken=spoken
                )
                if journey.state_of(Station.MAILBOX) is not None:
                    break
                await asyncio.sleep(0.05)
    finally:
        store.close()
    hosts = next(one for one in journey.moments if one.agent == "MSA")
    told = [line.text for line in hosts.lines if line.direction == "S"]
    assert told == lines_on_the_wire(bytes(submitted.down))[: len(told)]
    assert "MAIL FROM:<alice@cities.org> SIZE=" in hosts.of("envelope")[0].replace("size", "SIZE")
    assert {"mua", "lmta", "mq", "msa", "queue", "dns", "mta", "mda", "mailbox"} <= {
        one.station.value for one in journey.moments
    }
    assert journey.outcome == "delivered"


@pytest.mark.parametrize("service", ["imap", "pop3"])
async def test_the_reader_of_a_journey_says_what_the_proxy_carried(world, service: str) -> None:
    says = {
        "imap": [b"a1 LOGIN juan 123456", b"a2 SELECT INBOX", b"a3 FETCH 1 (BODY[])", b"a4 LOGOUT"],
        "pop3": [b"USER juan", b"PASS 123456", b"RETR 1", b"QUIT"],
    }[service]
    async with ByteProxy(world.port("cities.org", service)) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        await reader.readline()
        for line in says:
            writer.write(line + b"\r\n")
            await reader.readline()
        async with asyncio.timeout(30):
            await reader.read()
        writer.close()
        carried = proxy.connections[0]
    found = re.search(rb"(?im)^Message-ID: *(<[^>]+>)", bytes(carried.down))
    assert found is not None
    async with WorldClient(world.folder) as client:
        events = await client.journey(found[1].decode())
    (read,) = (one for one in build_journey(found[1].decode(), events).moments if one.station is Station.READER)
    at = max(number for number, line in enumerate(read.lines) if line.text == says[2].decode())
    told = [line.text for line in read.lines[at:] if line.direction == "S"]
    shown = [line for line in told if line != "..." and not line.startswith("a3 OK")]
    seen = bytes(carried.down).decode().split("\r\n")
    start = seen.index(shown[0])
    assert len(shown) > 5
    assert [line.replace("\t", " ") for line in seen[start : start + len(shown)]] == shown
    assert says[2] + b"\r\n" in carried.up


@pytest.mark.parametrize("form", ["--json", "--svg", None])
def test_termail_journey_prints_what_it_knows(world, tmp_path: Path, form: str | None) -> None:
    config = write_config(world, tmp_path / "config", world.port("cities.org", "imap"), 1, "")
    command = [sys.executable, "-m", "termail"]
    places = ["--config", str(config), "--data", str(tmp_path / "data")]
    subprocess.run([*command, "sync", *places], check=True, capture_output=True)
    told = subprocess.run(
        [*command, "journey", *([form] if form else []), "lunch-1@other.test", *places],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert {"--json": '"station": "mta"', "--svg": "<svg", None: "━"}[form] in told
    unknown = subprocess.run(
        [*command, "journey", "nobody@x", *places], capture_output=True, text=True, check=False
    )
    assert unknown.returncode == 1
    assert "nothing is known of nobody@x" in unknown.stderr
