"""Presenting: foreign addresses covered at the same width, and a recording that asciinema can play."""

import json
from pathlib import Path

import pytest

from termail.classroom.asciicast import Asciicast
from termail.classroom.discretion import covered, covered_name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bob <bob@other.test>", "Bob <bob@other.test>"),
        ("x@mail.cities.org", "x@mail.cities.org"),
        ("ann.lee@gmail.com wrote", "•••.•••@•••••.••• wrote"),
        ("MAIL FROM:<a+b@corp.de> SIZE=1", "MAIL FROM:<•••@••••.••> SIZE=1"),
        ("me@cities.org.evil.com", "••@••••••.•••.••••.•••"),
        ("no address here", "no address here"),
        ("@ alone", "@ alone"),
        ("Ann Lee <ann@corp.de>, Bob <bob@other.test>", "••• ••• <•••@••••.••>, Bob <bob@other.test>"),
        ("José Ñúñez <jn@corp.de>", "•••• ••••• <••@••••.••>"),
        ('"Lee, Ann" <ann@corp.de>', '"•••, •••" <•••@••••.••>'),
    ],
)
def test_addresses_outside_the_practice_world_are_covered_at_the_same_width(text: str, shown: str) -> None:
    assert covered(text) == shown
    assert len(covered(text)) == len(text)


@pytest.mark.parametrize(
    ("name", "address", "shown"),
    [("Ann Lee", "ann@corp.de", "••• •••"), ("Bob", "bob@other.test", "Bob"), ("ann@corp.de", "", "•••@••••.••")],
)
def test_a_name_is_covered_where_its_address_is(name: str, address: str, shown: str) -> None:
    assert covered_name(name, address) == shown


def test_a_recording_is_asciicast_version_two(tmp_path: Path) -> None:
    moments = iter([10.0, 10.5, 11.0, 12.25])
    cast = Asciicast(tmp_path / "x.cast", 80, 24, title="t", clock=lambda: next(moments))
    cast.write("\x1b[2Jhello")
    cast.mark("step 2")
    cast.resize(100, 30)
    cast.close()
    cast.write("too late")
    header, *events = [json.loads(line) for line in (tmp_path / "x.cast").read_text().splitlines()]
    assert (header["version"], header["width"], header["height"]) == (2, 80, 24)
    assert events == [[0.5, "o", "\x1b[2Jhello"], [1.0, "m", "step 2"], [2.25, "r", "100x30"]]
    assert (tmp_path / "x.cast").stat().st_mode & 0o777 == 0o600


def test_a_recording_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "x.cast").write_text("mine")
    with pytest.raises(FileExistsError):
        Asciicast(tmp_path / "x.cast", 80, 24)
