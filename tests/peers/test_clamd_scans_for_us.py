"""A real clamd scans our mail, with a signature database of one line, so that nothing is downloaded."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bundled_server.config import HostSettings, Ports
from bundled_server.filter_config import Clamd, FilterSettings
from bundled_server.filters.antivirus.clamd import ClamdUnavailable, TooBigForClamd, scan
from bundled_server.filters.antivirus.file_rules import EICAR
from bundled_server.host.host import Host

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(shutil.which("clamd") is None, reason="needs clamav-daemon"),
]
STREAM_OCTETS = 1_000_000


@dataclass(frozen=True)
class Daemon:
    process: subprocess.Popen[bytes]
    path: str
    place: str


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("clamd")
    database = folder / "db"
    database.mkdir()
    (database / "tests.ndb").write_text(f"Termail.Test:0:*:{EICAR.hex()}\n")
    port = free_port()
    configuration = folder / "clamd.conf"
    lines = (
        f"DatabaseDirectory {database}",
        f"LocalSocket {folder}/clamd.ctl",
        f"TCPSocket {port}",
        "TCPAddr 127.0.0.1",
        "Foreground yes",
        f"StreamMaxLength {STREAM_OCTETS}",
        f"PidFile {folder}/clamd.pid",
        f"LogFile {folder}/clamd.log",
    )
    configuration.write_text("\n".join(lines) + "\n")
    process = subprocess.Popen(["clamd", "--config-file", str(configuration)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not Path(f"{folder}/clamd.ctl").exists():
        assert process.poll() is None and time.monotonic() < deadline, (folder / "clamd.log").read_text()
        time.sleep(0.02)
    yield Daemon(process, f"{folder}/clamd.ctl", f"127.0.0.1:{port}")
    process.terminate()
    process.wait(30)


async def test_it_answers_by_both_kinds_of_socket(clamd: Daemon) -> None:
    for place in (clamd.path, clamd.place):
        assert await scan(place, b"Subject: x\r\n\r\nHola\r\n") == ""
        assert await scan(place, b"x" * 500_000 + EICAR) == "Termail.Test.UNOFFICIAL"


async def test_what_is_too_long_for_it_is_no_clean_message(clamd: Daemon) -> None:
    with pytest.raises((TooBigForClamd, ClamdUnavailable)):
        await scan(clamd.place, b"x" * (STREAM_OCTETS * 3))


async def test_mail_at_port_25_and_what_happens_when_it_dies(clamd: Daemon, tmp_path: Path) -> None:
    settings = HostSettings(
        hostname="mail.cities.org",
        domain="cities.org",
        data=tmp_path / "host",
        ports=Ports(smtp=0),
        users=(("alice", "123456"),),
        filters=FilterSettings(clamd=Clamd(address=clamd.path)),
    )

    def send(port: int, text: str) -> tuple[int, bytes]:
        import smtplib

        with smtplib.SMTP("127.0.0.1", port) as client:
            client.ehlo()
            client.mail("x@far.test")
            client.rcpt("alice@cities.org")
            return client.data(f"Subject: x\r\n\r\n{text}\r\n")

    async with Host(settings) as host:
        port = host.bound_ports["smtp"]
        assert (await asyncio.to_thread(send, port, "Hola"))[0] == 250
        code, words = await asyncio.to_thread(send, port, EICAR.decode())
        assert (code, words) == (550, b"5.7.1 Refused: Termail.Test.UNOFFICIAL")
        clamd.process.kill()
        clamd.process.wait(30)
        code, words = await asyncio.to_thread(send, port, "Hola")
        assert (code, words) == (451, b"4.7.1 clamd cannot answer, try again later")
