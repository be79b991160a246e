"""The filters of the practice world, met by a student with a plain SMTP client."""

import asyncio
import smtplib

import pytest

from bundled_server.filters.antivirus.file_rules import EICAR
from bundled_server.world.faults.fault import Fault

PLAIN = "From: {0}\r\nTo: bob@other.test\r\nSubject: {1}\r\n\r\n{2}\r\n"


async def send(world, sender: str, subject: str = "hola", text: str = "Hola") -> tuple[int, str]:
    """A letter from outside to bob → the reply that ended it."""

    def talk(port: int) -> tuple[int, bytes]:
        with smtplib.SMTP("127.0.0.1", port, "brasilia.cities.org") as client:
            client.ehlo()
            for code, words in (client.mail(sender), client.rcpt("bob@other.test")):
                if code >= 400:
                    return code, words
            return client.data(PLAIN.format(sender, subject, text))

    code, words = await asyncio.to_thread(talk, world.hosts["other.test"].bound_ports["smtp"])
    return code, words.decode()


async def letters(world, name: str) -> list[str]:
    host = world.hosts["other.test"]
    async with asyncio.timeout(60):
        while await host.store.queue_items():
            await asyncio.sleep(0)
    mailbox = await host.store.mailbox("bob", name)
    index = await host.store.index(mailbox.mailbox_id)
    return [(await host.store.body(content_id)).decode() for content_id in index.content_ids]


async def test_honest_mail_comes_in_with_the_verdicts_in_its_header(world) -> None:
    assert (await send(world, "alice@cities.org"))[0] == 250
    (letter,) = await letters(world, "INBOX")
    head = letter.partition("\r\n\r\n")[0]
    for result in ("spf=pass smtp.mailfrom=alice@cities.org", "dmarc=pass header.from=cities.org", "iprev=pass"):
        assert result in head
    assert "X-Spam-Status: No, score=0.0" in head


@pytest.mark.parametrize(
    ("sender", "subject", "tests"),
    [
        ("teller@bank.practice.test", "hola", "spf=3.0,dmarc=4.0"),
        ("win@prize.example", "You have won: verify your password", "content=6.0"),
    ],
)
async def test_forged_and_dubious_mail_goes_into_junk(world, sender: str, subject: str, tests: str) -> None:
    assert (await send(world, sender, subject))[0] == 250
    assert await letters(world, "INBOX") == []
    (letter,) = await letters(world, "Junk")
    assert f"tests={tests}" in letter


async def test_a_virus_is_refused(world) -> None:
    assert await send(world, "alice@cities.org", text=EICAR.decode()) == (
        550,
        "5.7.1 Refused: EICAR-Test-File in the text",
    )


async def test_a_listed_client_is_believed_less_until_the_fault_is_cleared(world) -> None:
    fault = await world.faults.set(Fault("dnsbl-listed", "127.0.0.1"))
    await send(world, "alice@cities.org")
    (letter,) = await letters(world, "Junk")
    assert "dnsbl score +6.0 at connect: listed in dnsbl.practice.test (127.0.0.2)" in letter
    await world.faults.clear(fault.key)
    await send(world, "alice@cities.org")
    assert len(await letters(world, "INBOX")) == 1


async def test_greylisting_is_switched_on_while_the_world_runs(world) -> None:
    stranger = "x@nowhere.example"
    assert (await send(world, stranger))[0] == 250
    world.hosts["other.test"].filters.switch("greylist", on=True)
    assert await send(world, stranger) == (451, "4.7.1 Greylisted, try again in 60 seconds")
    assert (await send(world, "alice@cities.org"))[0] == 250, "SPF vouches for cities.org"
    world.clock.advance(60)
    assert (await send(world, stranger))[0] == 250
