"""The courier into programs: an alias member "|command" gets the message on its standard input.

Switched off unless the settings say `alias_pipes`. The command runs as the server's own user, without a shell,
with an environment of its own, for a limited time; what it says is cut and goes into the outcome.
"""

import asyncio
import os
import shlex
import signal
from collections.abc import Callable
from contextlib import suppress

from bundled_server.courier import Courier, Outcome, Verdict
from bundled_server.envelope import Envelope, Recipient
from bundled_server.journal import Agent, Journal, Step, printable
from bundled_server.mda.alias_file import COMMAND_MARK

SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"
SAID_OCTETS = 400

REFUSALS = {64: "5.5.4", 65: "5.6.0", 67: "5.1.1", 68: "5.1.2", 69: "5.3.0", 77: "5.7.1", 78: "5.3.5"}
"""sysexits(3) that mean: not this message. Everything else but 0 may be different next time."""


class PipeCourier:
    """Implements `courier.Courier`: runs the recipients that are commands, and leaves the others to `beyond`. Only
    commands that `is_known` are run, whatever the queue holds: one that left the aliases is an unknown address."""

    def __init__(
        self,
        is_known: Callable[[str], bool],
        beyond: Courier,
        journal: Journal,
        seconds: float,
        output_octets: int,
    ) -> None:
        self._is_known = is_known
        self._beyond = beyond
        self._journal = journal
        self._seconds = seconds
        self._output_octets = output_octets

    async def deliver(self, queue_id: str, envelope: Envelope, content: bytes) -> list[Outcome]:
        """The recipients of one call share their destination: all of them are commands, or none."""
        if not all(self._is_known(recipient.address) for recipient in envelope.recipients):
            return await self._beyond.deliver(queue_id, envelope, content)
        return [await self._run(queue_id, envelope, recipient, content) for recipient in envelope.recipients]

    async def _run(self, queue_id: str, envelope: Envelope, recipient: Recipient, content: bytes) -> Outcome:
        outcome = await self._piped(envelope, recipient, content)
        text = f"{recipient.address}: {outcome.text}"
        self._journal.record(Agent.MDA, outcome.verdict.value, text, step=Step.HAND_TO_LDA, queue_id=queue_id)
        return outcome

    async def _piped(self, envelope: Envelope, recipient: Recipient, content: bytes) -> Outcome:
        program = recipient.address.removeprefix(COMMAND_MARK).strip()
        try:
            process = await asyncio.create_subprocess_exec(
                *shlex.split(program),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=_environment(envelope, recipient),
                cwd="/",
                start_new_session=True,
            )
        except (OSError, ValueError) as fault:
            return Outcome(recipient, Verdict.DEFERRED, "4.3.5", f"the program cannot be started: {fault}")
        has_ended = False
        try:
            async with asyncio.timeout(self._seconds):
                said = await self._talk(process, content)
                status = await process.wait()
            has_ended = True
        except TimeoutError:
            text = f"the program did not end within {self._seconds:g} seconds"
            return Outcome(recipient, Verdict.DEFERRED, "4.3.0", text)
        finally:
            if not has_ended:
                _end(process)
                await process.wait()
        return _outcome(recipient, status, said)

    async def _talk(self, process: asyncio.subprocess.Process, content: bytes) -> bytes:
        """Give the message and read at once: a program may speak before it has read everything."""
        assert process.stdin is not None and process.stdout is not None
        async with asyncio.TaskGroup() as both:
            both.create_task(_give(process.stdin, content))
            said = both.create_task(_read(process.stdout, self._output_octets))
        return said.result()


async def _give(stdin: asyncio.StreamWriter, content: bytes) -> None:
    """The message with the line ends of this system. A program need not read it."""
    with suppress(BrokenPipeError, ConnectionResetError):
        stdin.write(content.replace(b"\r\n", b"\n"))
        await stdin.drain()
    stdin.close()
    with suppress(BrokenPipeError, ConnectionResetError):
        await stdin.wait_closed()


async def _read(stdout: asyncio.StreamReader, most_octets: int) -> bytes:
    """What it says, cut; the rest is read and thrown away."""
    said = b""
    while piece := await stdout.read(65_536):
        said = (said + piece)[:most_octets]
    return said


def _end(process: asyncio.subprocess.Process) -> None:
    """With everything that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _environment(envelope: Envelope, recipient: Recipient) -> dict[str, str]:
    """As Postfix and sendmail give it; nothing of ours, where secrets may be."""
    original = recipient.original.partition(";")[2]
    return {"PATH": SEARCH_PATH, "SENDER": envelope.sender, "ORIGINAL_RECIPIENT": original, "LANG": "C.UTF-8"}


def _outcome(recipient: Recipient, status: int, said: bytes) -> Outcome:
    """An exit code of sysexits(3) as a verdict."""
    words = printable(" ".join(said.decode("utf-8", "replace").split()))[:SAID_OCTETS]
    if status == 0:
        return Outcome(recipient, Verdict.DELIVERED, "2.0.0", "given to the program")
    if status < 0:
        return Outcome(
            recipient, Verdict.DEFERRED, "4.3.0", f"the program was killed by signal {-status}: {words}"
        )
    verdict = Verdict.REFUSED if status in REFUSALS else Verdict.DEFERRED
    text = f"the program ended with {status}: {words or 'it said nothing'}"
    return Outcome(recipient, verdict, REFUSALS.get(status, "4.3.0"), text)
