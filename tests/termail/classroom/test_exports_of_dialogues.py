"""Dialogues for other programs; the capture is read by tshark where it is installed."""

import json
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from termail.classroom.export.formats import FORMATS, UnknownFormat, write_as
from termail.classroom.wire_line import Spoken


def spoken(text: str, direction: str, protocol: str = "smtp", **values: object) -> Spoken:
    known = {"time": 1_700_000_000.25, "place": "alice", "connection": f"{protocol}-1", "peer": "127.0.0.1:25"}
    return Spoken(protocol=protocol, direction=direction, text=text, **(known | values))  # type: ignore[arg-type]


DIALOGUE = [
    spoken("220 brasilia.cities.org ESMTP", "S"),
    spoken("EHLO me", "C"),
    spoken("250 HELP", "S"),
    spoken("MAIL FROM:<bob@other.test>", "C"),
    spoken("250 2.1.0 ok; #1", "S"),
    spoken("17 03 03 00 45", "C", "tls", connection="smtp-1"),
    spoken("* OK ready", "S", "imap", is_ours=True),
    spoken("a1 CAPABILITY", "C", "imap", is_ours=True),
    spoken("+OK ready", "S", "pop3"),
    spoken("STAT", "C", "pop3"),
    spoken("cities.org MX?", "C", "dns", place="server.other.test"),
    spoken("cities.org MX 10 brasilia.cities.org", "S", "dns", place="server.other.test"),
    spoken("delivered: into INBOX", "", ""),
]


def test_text_and_json_hold_every_line() -> None:
    text = write_as("x.txt", DIALOGUE).decode()
    assert text.count("\n") == len(DIALOGUE)
    assert "alice smtp-1 C: MAIL FROM:<bob@other.test>" in text
    assert "[tls] 17 03" in text
    told = json.loads(write_as("x.json", DIALOGUE))
    assert [entry["text"] for entry in told] == [entry.text for entry in DIALOGUE]


def test_no_escape_of_a_server_gets_into_an_export() -> None:
    hostile = [spoken("250 \x1b]0;owned\x07", "S")]
    for ending in ("txt", "json", "mmd"):
        assert b"\x1b" not in write_as(f"x.{ending}", hostile)


def test_the_diagram_names_parties_and_hides_what_mermaid_would_read_as_its_own() -> None:
    diagram = write_as("x.mmd", DIALOGUE).decode()
    assert diagram.startswith("sequenceDiagram\n")
    assert "participant p2 as alice" in diagram
    assert "->>p2: MAIL FROM:#lt;bob@other.test#gt;" in diagram
    assert "ok#59; #35;1" in diagram
    assert "17 03 03" not in diagram


def test_an_unknown_ending_says_which_there_are() -> None:
    for name in ("dialogue", "dialogue.doc"):
        with pytest.raises(UnknownFormat, match=r"\.pcap"):
            write_as(name, DIALOGUE)
    assert set(FORMATS) == {"txt", "json", "pcap", "mmd"}


def test_the_capture_is_made_of_whole_packets() -> None:
    data = write_as("x.pcap", DIALOGUE)
    magic, *_, linktype = struct.unpack("<IHHiIII", data[:24])
    assert (magic, linktype) == (0xA1B2C3D4, 101)
    at = 24
    while at < len(data):
        *_, captured, length = struct.unpack("<IIII", data[at : at + 16])
        assert captured == length == struct.unpack(">H", data[at + 18 : at + 20])[0]
        at += 16 + captured
    assert at == len(data)
    assert write_as("x.pcap", [])[:4] == struct.pack("<I", magic)


@pytest.mark.peer
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_reads_the_capture_as_the_protocols_it_shows(tmp_path: Path) -> None:
    capture = tmp_path / "dialogue.pcap"
    capture.write_bytes(write_as("x.pcap", DIALOGUE))
    fields = [
        "_ws.col.Protocol",
        "smtp.req.command",
        "imap.request.command",
        "pop.request.command",
        "dns.qry.name",
    ]
    wished = [word for field in fields for word in ("-e", field)]
    checks = ["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"]
    told = subprocess.run(
        ["tshark", "-r", str(capture), *checks, "-T", "fields", *wished, "-e", "_ws.expert.message"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for word in ("SMTP", "IMAP", "POP", "DNS", "EHLO", "MAIL", "CAPABILITY", "STAT", "cities.org"):
        assert word in told
    assert "checksum" not in told.lower()
    assert "Malformed" not in told
