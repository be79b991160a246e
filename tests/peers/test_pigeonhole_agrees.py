"""Pigeonhole's sieve-test does with the scripts and messages of our table what we do."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

TABLE = Path(__file__).parents[1] / "bundled_server" / "sieve" / "cases.toml"
REFUSED = 89

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(shutil.which("sieve-test") is None, reason="needs dovecot-sieve"),
]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Dovecot gives up root's rights, and pytest's own folders are closed to others."""
    with tempfile.TemporaryDirectory(prefix="termail-pigeonhole-") as name:
        Path(name).chmod(0o777)
        person = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        (Path(name) / "home").mkdir(mode=0o777)
        (Path(name) / "conf").write_text(f"""
mail_uid = {person.pw_uid}
mail_gid = {person.pw_gid}
mail_location = maildir:{name}/Maildir
mail_home = {name}/home
recipient_delimiter = +
plugin {{
  sieve_extensions = +spamtest +spamtestplus +virustest +special-use
  sieve_spamtest_status_type = score
  sieve_spamtest_status_header = X-Spam-Percent: ([0-9]+)
  sieve_spamtest_max_value = 100
}}
""")
        yield Path(name)


def test_pigeonhole_does_what_we_do(folder: Path) -> None:
    table = tomllib.loads(TABLE.read_text("utf-8"))
    differences = []
    for case in table["cases"]:
        expected = case.get("pigeonhole", case["actions"])
        found = pigeonhole(folder, case, table["messages"][case.get("message", "plain")])
        if found != expected:
            differences.append((case["name"], expected, found))
    assert not differences
    assert sum("pigeonhole" not in case for case in table["cases"]) > 150


def pigeonhole(folder: Path, case: dict[str, str], message: str) -> list[str]:
    """One case through sieve-test, in the words of the table."""
    (folder / "script.sieve").write_text(case["script"])
    (folder / "message.eml").write_text(message)
    sender, recipient = case.get("sender", "kate@example.org"), case.get("recipient", "alice+Lists@cities.org")
    command = [
        "sieve-test",
        "-C",
        "-c",
        "conf",
        "-f",
        sender or "<>",
        "-a",
        recipient,
        "script.sieve",
        "message.eml",
    ]
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=30)
    if done.returncode == REFUSED:
        return ["refused"]
    if "final result: success" not in done.stderr:
        return ["error"]
    return sorted(" ".join(words) for words in actions(done.stdout))


def actions(report: str) -> list[list[str]]:
    """The report of sieve-test as words."""
    found: list[list[str]] = []
    for line in report.splitlines():
        if match := re.match(r" \* store message in folder: (.*)", line):
            found.append(["keep"] if match[1] == "INBOX" else ["fileinto", match[1]])
        elif match := re.match(r"\s+\+ add IMAP flags: (.*)", line):
            found[-1] += sorted(match[1].lower().split())
        elif match := re.match(r" \* redirect message to: <(.*)>", line):
            found.append(["redirect", match[1]])
        elif match := re.match(r" \* reject message with reason: (.*)", line):
            found.append(["reject", match[1]])
        elif match := re.match(r" {4}=> seconds : (\d+)", line):
            found.append(["vacation", match[1]])
        elif line.startswith(" * discard"):
            found.append(["discard"])
    return found
