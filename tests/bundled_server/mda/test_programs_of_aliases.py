"""The courier into programs: what they are given, what their exit codes mean, and that none can hold us up."""

import sys
from pathlib import Path

import pytest

from bundled_server.courier import Outcome, Verdict
from bundled_server.envelope import Envelope, Recipient
from bundled_server.journal import Journal
from bundled_server.mda.alias_book import AliasBook
from bundled_server.mda.alias_file import AliasFileError
from bundled_server.mda.pipe import PipeCourier

MESSAGE = b"Subject: s\r\n\r\nHola\r\n"


class Relay:
    """The courier to other hosts."""

    async def deliver(self, queue_id: str, envelope: Envelope, content: bytes) -> list[Outcome]:
        return [Outcome(recipient, Verdict.DELIVERED, "2.0.0", "relayed") for recipient in envelope.recipients]


def program(folder: Path, source: str) -> str:
    """An alias member that runs these lines of Python."""
    path = folder / "program.py"
    path.write_text(f"import os, sys, time\n{source}\n")
    return f'|"{sys.executable}" "{path}" one "two words"'


async def run(member: str, *, seconds: float = 60.0, content: bytes = MESSAGE) -> Outcome:
    book = AliasBook({"robot": (member,)}, commands=True)
    courier = PipeCourier(book.is_command, Relay(), Journal("h", lambda: 1.0), seconds, 200)
    recipient = Recipient(member, original="rfc822;robot@cities.org")
    (outcome,) = await courier.deliver("id1", Envelope("bob@far.test", (recipient,)), content)
    return outcome


async def test_a_program_gets_the_message_its_arguments_and_a_clean_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERMAIL_SMARTHOST_PASSWORD", "secret")
    out = tmp_path / "out"
    source = (
        f"open({str(out)!r}, 'w').write(repr((sys.argv[1:], sys.stdin.read(), os.environ.get('SENDER'),"
        " os.environ.get('ORIGINAL_RECIPIENT'), 'TERMAIL_SMARTHOST_PASSWORD' in os.environ, os.getcwd())))"
    )
    outcome = await run(program(tmp_path, source))
    assert (outcome.verdict, outcome.status) == (Verdict.DELIVERED, "2.0.0")
    given = (["one", "two words"], "Subject: s\n\nHola\n", "bob@far.test", "robot@cities.org", False, "/")
    assert out.read_text() == repr(given)


@pytest.mark.parametrize(
    ("code", "verdict", "status"),
    [
        (67, Verdict.REFUSED, "5.1.1"),
        (77, Verdict.REFUSED, "5.7.1"),
        (69, Verdict.REFUSED, "5.3.0"),
        (75, Verdict.DEFERRED, "4.3.0"),
        (1, Verdict.DEFERRED, "4.3.0"),
    ],
)
async def test_exit_codes_are_verdicts(tmp_path: Path, code: int, verdict: Verdict, status: str) -> None:
    outcome = await run(program(tmp_path, f"print('no\\x1b[2J room'); sys.exit({code})"))
    assert (outcome.verdict, outcome.status) == (verdict, status)
    assert outcome.text == f"the program ended with {code}: no\\x1b[2J room"


async def test_a_program_that_does_not_end_is_killed_with_its_children(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    source = f"child = os.fork()\nif child: open({str(mark)!r}, 'w').write(str(child))\ntime.sleep(600)"
    outcome = await run(program(tmp_path, source), seconds=1.0)
    assert outcome.verdict is Verdict.DEFERRED and "did not end within 1 seconds" in outcome.text
    status = Path(f"/proc/{mark.read_text()}/stat")
    assert not status.exists() or ") Z " in status.read_text()


async def test_a_program_that_talks_without_end_and_reads_nothing_is_cut(tmp_path: Path) -> None:
    source = "sys.stdout.write('x' * 3_000_000); sys.stdout.flush(); sys.exit(75)"
    outcome = await run(program(tmp_path, source), content=MESSAGE + b"y" * 2_000_000)
    assert outcome.verdict is Verdict.DEFERRED and len(outcome.text) < 300


async def test_a_program_that_is_not_there_defers(tmp_path: Path) -> None:
    outcome = await run(f"|{tmp_path}/nothing")
    assert (outcome.verdict, outcome.status) == (Verdict.DEFERRED, "4.3.5")


async def test_only_programs_of_the_aliases_are_run(tmp_path: Path) -> None:
    """An address may begin with a bar too (RFC 5321 §4.1.2: it is an atom): it is mail for somebody elsewhere."""
    courier = PipeCourier(AliasBook({}).is_command, Relay(), Journal("h", lambda: 1.0), 1.0, 200)
    envelope = Envelope("bob@far.test", (Recipient(f"|touch@{tmp_path.name}.test"),))
    (outcome,) = await courier.deliver("id1", envelope, MESSAGE)
    assert outcome.text == "relayed"


def test_programs_are_switched_off_by_default(tmp_path: Path) -> None:
    with pytest.raises(AliasFileError, match=r"alias robot of the settings: '\|/bin/cat' would run"):
        AliasBook({"robot": ("|/bin/cat",)})
    (tmp_path / "aliases").write_text('robot: "|/bin/cat", alice\nteam: :include:members\n')
    (tmp_path / "members").write_text("bob\n")
    book = AliasBook({}, (tmp_path / "aliases",), commands=True)
    assert book["robot"] == ("|/bin/cat", "alice") and book.is_command("|/bin/cat")
    (tmp_path / "members").write_text("|/bin/cat\n")
    with pytest.raises(AliasFileError, match="an included file may not say so"):
        AliasBook({}, (tmp_path / "aliases",), commands=True)
