"""What our own users send: virus scanners look at it where the settings say so, and nobody else does."""

import asyncio
import smtplib

import msgspec
import pytest

from bundled_server.config import HostSettings, Ports
from bundled_server.filter_config import Clamd, FilterSettings, Scanner
from bundled_server.filters.antivirus.file_rules import EICAR
from bundled_server.filters.verdict import Verdict, Word
from bundled_server.host.host import Host


@pytest.mark.parametrize(
    ("filters", "text", "code"),
    [
        (FilterSettings(scan_submissions=True, scanner=Scanner()), EICAR.decode(), 550),
        (FilterSettings(scan_submissions=True, scanner=Scanner()), "Hola", 250),
        (FilterSettings(scan_submissions=True, clamd=Clamd(address="127.0.0.1:1")), "Hola", 451),
        (FilterSettings(scan_submissions=True), EICAR.decode(), 250),
        (FilterSettings(scanner=Scanner()), EICAR.decode(), 250),
    ],
)
async def test_scanners_alone_are_asked(settings: HostSettings, says, filters, text: str, code: int) -> None:
    settings = msgspec.structs.replace(settings, ports=Ports(smtp=0, submission=0), filters=filters)
    never = says("never", Verdict(Word.REJECT, reason="no"))

    def talk(port: int) -> int:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.ehlo()
            client.login("alice", "123456")
            client.mail("alice@cities.org")
            client.rcpt("alice@cities.org")
            return client.data(f"From: alice@cities.org\r\nSubject: x\r\n\r\n{text}\r\n")[0]

    async with Host(settings, filters=[never]) as host:
        assert await asyncio.to_thread(talk, host.bound_ports["submission"]) == code
        judged = [event for event in host.journal.recent() if event.kind == "judged"]
    assert never.asked == []
    assert len(judged) == (code != 250 or (filters.scan_submissions and filters.scanner is not None))
