"""Scripts and messages of cases.toml through our interpreter; Pigeonhole reads the same table (tests/peers)."""

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bundled_server.sieve.actions import Action, Discard, FileInto, Keep, Redirect, Reject, Vacation
from bundled_server.sieve.checker import check
from bundled_server.sieve.errors import SieveError
from bundled_server.sieve.interpreter import Named, run
from bundled_server.sieve.message import Message
from bundled_server.sieve.parser import parse
from bundled_server.sieve.surroundings import Surroundings

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """One script, one message, and what is to come of it."""

    name: str
    script: str
    message: bytes
    sender: str
    recipient: str
    actions: list[str]


def cases() -> list[Case]:
    table = tomllib.loads((Path(__file__).parent / "cases.toml").read_text("utf-8"))
    messages = {name: text.encode().replace(b"\n", b"\r\n") for name, text in table["messages"].items()}
    return [
        Case(
            case["name"],
            case["script"],
            messages[case.get("message", "plain")],
            case.get("sender", "kate@example.org"),
            case.get("recipient", "alice+Lists@cities.org"),
            case["actions"],
        )
        for case in table["cases"]
    ]


def ours(case: Case) -> list[str]:
    """What our interpreter does, in the words of the table."""
    try:
        script = check(parse(case.script))
    except SieveError:
        return ["refused"]
    message = Message(case.message, sender=case.sender, recipient=case.recipient)
    percent = next(iter(message.values("X-Spam-Percent")), "")
    around = Surroundings(
        now=NOW, spam_percent=float(percent) if percent else None, environment={"name": "termail"}
    )
    result = run([Named("main", script)], message, around)
    return ["error"] if result.error else sorted(described(action) for action in result.actions)


def described(action: Action) -> str:
    match action:
        case Keep(flags=flags):
            words = ["keep", *sorted(flag.lower() for flag in flags or ())]
        case FileInto(mailbox=mailbox, flags=flags):
            words = ["fileinto", mailbox, *sorted(flag.lower() for flag in flags or ())]
        case Redirect(address=address):
            words = ["redirect", address]
        case Reject(reason=reason):
            words = ["reject", *reason.split()]
        case Vacation(seconds=seconds):
            words = ["vacation", str(seconds)]
        case Discard():
            words = ["discard"]
        case other:
            words = [str(other)]
    return " ".join(words)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_script_does_what_the_table_says(case: Case) -> None:
    assert ours(case) == case.actions
