"""The embedded scanner: EICAR wherever it hides, programs by name and by octets, archives that explode."""

import base64
import gzip
import io
import tarfile
import time
import zipfile

import msgspec
import pytest

from bundled_server.config import HostSettings
from bundled_server.filter_config import FilterSettings, Scanner
from bundled_server.filters.antivirus.file_rules import EICAR
from bundled_server.filters.antivirus.scanner import ScannerFilter
from bundled_server.filters.question import Question, Visit
from bundled_server.filters.verdict import Stage, Verdict, Word
from bundled_server.host.host import Host


def zipped(*files: tuple[str, bytes], compress: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compress) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def nested(depth: int, data: bytes) -> bytes:
    for number in range(depth):
        data = zipped((f"level{number}.zip" if number else "in.txt", data))
    return data


def letter(name: str, data: bytes) -> bytes:
    encoded = base64.encodebytes(data).replace(b"\n", b"\r\n")
    return (
        b"Subject: see attached\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\n\r\nHola\r\n--b\r\nContent-Type: application/octet-stream\r\n"
        b'Content-Disposition: attachment; filename="' + name.encode() + b'"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded + b"--b--\r\n"
    )


async def look(content: bytes, **settings: object) -> Verdict:
    verdict = await ScannerFilter(Scanner(**settings)).stages[Stage.DATA](
        Question(Visit("s", "192.0.2.1"), content=content)
    )
    assert verdict is not None
    return verdict


def encrypted(data: bytes) -> bytes:
    """A zip whose only member says that it is encrypted."""
    plain = bytearray(zipped(("secret.txt", data)))
    plain[6] |= 1
    plain[plain.index(b"PK\x01\x02") + 8] |= 1
    return bytes(plain)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("eicar.com.txt", EICAR, "EICAR-Test-File in eicar.com.txt"),
        ("a.zip", zipped(("x.txt", EICAR)), "EICAR-Test-File in a.zip > x.txt"),
        ("a.gz", gzip.compress(EICAR), "EICAR-Test-File in a.gz > content"),
        ("a.tar", tarred("dir/x", EICAR), "EICAR-Test-File in a.tar"),
        ("a.tgz", gzip.compress(tarred("x", EICAR)), "EICAR-Test-File in a.tgz > content"),
        ("a.dat", nested(3, EICAR), "EICAR-Test-File in a.dat > level2.zip > level1.zip > in.txt"),
    ],
)
async def test_eicar_wherever_it_hides(name: str, data: bytes, reason: str) -> None:
    verdict = await look(letter(name, data))
    assert verdict.word is Word.REJECT
    assert verdict.reason == reason
    assert verdict.header == b"X-Virus-Status: Infected, embedded scanner\r\n"


async def test_eicar_as_the_whole_message_and_none_at_all() -> None:
    assert (await look(b"Subject: x\r\n\r\n" + EICAR + b"\r\n")).word is Word.REJECT
    clean = await look(letter("a.zip", zipped(("x.txt", b"hola"), ("y.pdf", b"%PDF-1.4"))))
    assert (clean.word, clean.reason) == (Word.PASS, "clean")


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("setup.exe", b"x", "a .exe file"),
        ("invoice.pdf.exe", b"x", "a .exe that pretends to be a .pdf"),
        ("invoice.pdf   .scr", b"x", "a .scr that pretends to be a .pdf"),
        ("trailing.exe. ", b"x", "a .exe file"),
        ("photo\u202egpj.exe", b"x", "a name that is written backwards"),
        ("harmless.txt", b"MZ" + b"\0" * 100, "a Windows program"),
        ("harmless", b"\x7fELF" + b"\0" * 100, "a Unix program"),
        ("a.zip", zipped(("deep/down/run.js", b"x")), "a .js file"),
        ("a.zip", encrypted(b"hola"), "an encrypted archive"),
        ("a.zip", zipped(("x.txt", b"hola" * 500))[:-40], "an archive that cannot be read"),
        ("a.gz", gzip.compress(b"hola" * 500)[:-12], "an archive that cannot be read"),
    ],
)
async def test_what_has_no_business_in_mail_goes_into_quarantine(name: str, data: bytes, what: str) -> None:
    verdict = await look(letter(name, data))
    assert verdict.reason.startswith(what)
    assert verdict.word is Word.QUARANTINE


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        (b"Content-Type: message/partial; id=x; number=1; total=2\r\n", "a piece of a message"),
        (
            b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n",
            "a message that is encoded as a whole",
        ),
    ],
)
async def test_messages_that_nobody_can_look_into(fields: bytes, what: str) -> None:
    verdict = await look(b"MIME-Version: 1.0\r\n" + fields + b"\r\n" + base64.encodebytes(letter("x", EICAR)))
    assert (verdict.word, verdict.reason) == (Word.QUARANTINE, what)


@pytest.mark.parametrize(
    ("data", "settings", "why"),
    [
        (zipped(("zeros", b"\0" * 30_000_000)), {}, "more than 200 times its size"),
        (gzip.compress(b"\0" * 30_000_000), {}, "more than 200 times its size"),
        (
            zipped(("x", b"ab" * 400_000), compress=zipfile.ZIP_STORED),
            {"total_octets": 500_000},
            "more than 500000 octets",
        ),
        (nested(6, b"hola"), {}, "more than 4 deep"),
        (zipped(*((f"{number}", b"") for number in range(300))), {"members": 200}, "too many members"),
        (
            b"".join(gzip.compress(b"") for _ in range(3)) + gzip.compress(b"\0" * 30_000_000),
            {},
            "more than 200 times",
        ),
    ],
)
async def test_archive_bombs_are_stopped_by_ratio_total_depth_and_members(data, settings, why: str) -> None:
    start = time.process_time()
    verdict = await look(letter("a.bin", data), **settings)
    assert verdict.word is Word.REJECT
    assert why in verdict.reason
    assert time.process_time() - start < 5


async def test_a_bomb_made_of_one_gzip_after_the_other_is_counted_together() -> None:
    many = zipped(*((f"{number}.gz", gzip.compress(b"\0" * 1_000_000)) for number in range(50)))
    assert len(many) < 100_000, "it is no bigger than a letter"
    assert "archive bomb" in (await look(letter("a.zip", many))).reason


async def test_many_strange_names_do_not_hide_the_virus_behind_them() -> None:
    strange = [(f"run{number}.js", b"x") for number in range(30)]
    verdict = await look(letter("a.zip", zipped(("last.txt", EICAR), *strange)))
    assert (verdict.word, verdict.reason) == (Word.REJECT, "EICAR-Test-File in a.zip > last.txt")
    part = b"--b\r\nContent-Disposition: attachment; filename=run.js\r\n\r\nx\r\n"
    many = letter("b.zip", zipped(("last.txt", EICAR))).replace(b"--b\r\n\r\nHola\r\n", part * 30)
    verdict = await look(many)
    assert (verdict.word, verdict.reason) == (Word.REJECT, "EICAR-Test-File in b.zip > last.txt")


@pytest.mark.parametrize(
    "data",
    [gzip.compress(b"") * 400_000, b"PK\x03\x04" + (b"PK\x01\x02" + bytes(42)) * 100_000],
    ids=["gzip", "zip"],
)
async def test_a_crowd_of_members_costs_no_more_than_the_first_thousands(data: bytes) -> None:
    before = time.process_time()
    verdict = await look(letter("a.bin", data))
    assert time.process_time() - before < 2.0
    assert verdict.reason.startswith("an archive bomb: it has too many members")


@pytest.mark.parametrize("word", ["reject", "quarantine"])
async def test_at_port_25(settings: HostSettings, send, came, word: str) -> None:
    filters = FilterSettings(scanner=Scanner(word=word))
    async with Host(msgspec.structs.replace(settings, filters=filters)) as host:
        end = await came(host, await send(host, letter("eicar.zip", zipped(("e", EICAR))).decode()))
    if word == "reject":
        assert (end.code, end.words) == (550, b"5.7.1 Refused: EICAR-Test-File in eicar.zip > e")
        assert end.inbox == end.junk == []
    else:
        assert end.code == 250
        (message,) = end.junk
        assert end.inbox == []
        assert b"X-Spam-Action: quarantine\r\n" in message
        assert b"X-Virus-Status: Infected, embedded scanner\r\n" in message
