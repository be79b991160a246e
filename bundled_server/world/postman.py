"""The postman: hands the sample letters to the world's own hosts, as any MUA or foreign MTA would."""

import ssl
from collections.abc import Callable, Mapping, Sequence

import aiosmtplib

from bundled_server.world.mail.letter import Letter
from bundled_server.world.places import PASSWORD

TIMEOUT_SECONDS = 20.0

PortsOf = Mapping[str, Mapping[str, int]]
"""Ports by service, by domain."""


class Postman:
    """Carries letters over real sockets: submission with STARTTLS and AUTH for people of the world, port 25 for
    mail from outside."""

    def __init__(self, ports: PortsOf, make_context: Callable[[], ssl.SSLContext]) -> None:
        self._ports = ports
        self._make_context = make_context

    async def carry(self, letters: Sequence[Letter]) -> None:
        """Every letter, in order; raises aiosmtplib.SMTPException when one is refused."""
        for letter in letters:
            if letter.submitter:
                await self._submit(letter)
            else:
                await self._deliver_from_outside(letter)

    async def _submit(self, letter: Letter) -> None:
        user, _, domain = letter.submitter.partition("@")
        client = aiosmtplib.SMTP(
            hostname="127.0.0.1",
            port=self._ports[domain]["submission"],
            local_hostname="practice.localhost",
            start_tls=True,
            tls_context=self._make_context(),
            username=user,
            password=PASSWORD,
            timeout=TIMEOUT_SECONDS,
        )
        async with client:
            await client.sendmail(letter.sender, list(letter.recipients), letter.raw)

    async def _deliver_from_outside(self, letter: Letter) -> None:
        domain = letter.recipients[0].partition("@")[2]
        client = aiosmtplib.SMTP(
            hostname="127.0.0.1",
            port=self._ports[domain]["smtp"],
            local_hostname="mail." + letter.sender.partition("@")[2],
            start_tls=False,
            timeout=TIMEOUT_SECONDS,
        )
        async with client:
            await client.sendmail(letter.sender, list(letter.recipients), letter.raw)
