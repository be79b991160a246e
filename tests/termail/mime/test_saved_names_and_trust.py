"""Saved attachments stay in their folder; trust is read, not believed."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from termail.mime.attachment_names import safe_name, save_attachment, unique_path
from termail.mime.trust import Verdict, hops, reply_goes_elsewhere, verdicts


@pytest.mark.parametrize(
    ("written", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
        ("..", "attachment"),
        ("", "attachment"),
        (".bashrc", "bashrc"),
        ("-rf", "rf"),
        ("CON.txt", "_CON.txt"),
        ("a\x1b[2J\n.pdf", "a_[2J .pdf"),
        ("xcod\u202eexe.pdf", "xcodexe.pdf"),
        ("mañana.pdf", "mañana.pdf"),
    ],
)
def test_a_name_becomes_one_harmless_component(written: str, safe: str) -> None:
    assert safe_name(written) == safe


def test_a_long_name_keeps_its_ending() -> None:
    name = safe_name("ñ" * 1_000 + ".pdf")
    assert len(name.encode()) <= 200 and name.endswith("ñ.pdf")


@given(st.text(max_size=50))
def test_any_name_stays_inside_the_folder(written: str) -> None:
    name = safe_name(written)
    assert name and name not in (".", "..") and "/" not in name and "\x00" not in name
    assert (Path("/folder") / name).parent == Path("/folder")
    os.fsencode(name)


def test_nothing_is_overwritten_and_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").symlink_to(tmp_path / "elsewhere")
    assert save_attachment(tmp_path, "../a.pdf", b"1") == tmp_path / "a (2).pdf"
    assert save_attachment(tmp_path, "a.pdf", b"2") == tmp_path / "a (3).pdf"
    assert not (tmp_path / "elsewhere").exists()
    assert (tmp_path / "a (2).pdf").read_bytes() == b"1"
    assert (tmp_path / "a (2).pdf").stat().st_mode & 0o777 == 0o600
    assert unique_path(tmp_path, "new").name == "new"


RECEIVED = (
    b"Received: from relay.x (relay.x [192.0.2.1])\r\n\tby mx.y (termail) with ESMTPS id 4711\r\n\tfor <b@y>; "
    b"Sat, 22 Nov 2026 09:14:03 -0300\r\nReceived: by origin.x; Sat, 22 Nov 2026 09:14:00 -0300\r\n"
    b"Authentication-Results: mx.y; dkim=pass header.d=x.test; spf=fail smtp.mailfrom=evil.test\r\n"
    b"From: a@x.test\r\nReply-To: a@evil.test\r\n\r\nhi\r\n"
)


def test_the_way_of_a_message_is_read_oldest_hop_first() -> None:
    first, last = hops(RECEIVED)
    assert (first.by, first.date) == ("origin.x", 1795349640.0)
    assert (last.from_, last.by, last.protocol, last.queue_id, last.for_) == (
        "relay.x",
        "mx.y",
        "ESMTPS",
        "4711",
        "b@y",
    )


def test_verdicts_and_a_reply_that_goes_elsewhere_are_told() -> None:
    assert verdicts(RECEIVED) == [
        Verdict("mx.y", "dkim", "pass", "x.test"),
        Verdict("mx.y", "spf", "fail", "evil.test"),
    ]
    assert reply_goes_elsewhere(RECEIVED) == "a@evil.test"
    assert reply_goes_elsewhere(RECEIVED.replace(b"From", b"List-Id: <l.x>\r\nFrom")) == ""
