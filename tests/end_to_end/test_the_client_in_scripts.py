"""termail send, sync, search, account and doctor as a script uses them, against the practice world."""

import json
import subprocess
import sys
import time
from imaplib import IMAP4
from pathlib import Path

import pytest

CONFIG = """
[accounts.alice]
from = "Alice <alice@cities.org>"
retrieve = "imap://alice@127.0.0.1:{imap}"
send = "smtp://alice@127.0.0.1:{submission}"
sieve = "sieve://127.0.0.1:{managesieve}"
password_command = "echo {password}"
ca = "{ca}"
"""


@pytest.fixture
def home(world, tmp_path: Path) -> Path:
    write_settings(world, tmp_path, "123456")
    return tmp_path


def write_settings(world, home: Path, password: str) -> None:
    (home / "config").mkdir(mode=0o700, exist_ok=True)
    ports = {service: world.port("cities.org", service) for service in ("imap", "submission", "managesieve")}
    text = CONFIG.format(ca=world.folder / "ca.pem", password=password, **ports)
    (home / "config/config.toml").write_text(text)


def termail(home: Path, *words: str, text: str = "") -> "subprocess.CompletedProcess[str]":
    command = [
        sys.executable,
        "-m",
        "termail",
        *words,
        "--config",
        str(home / "config"),
        "--data",
        str(home / "data"),
    ]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)


def test_what_is_sent_arrives_and_is_found(home: Path) -> None:
    (home / "notes añejas.txt").write_text("an attachment")
    attached = ["-a", str(home / "notes añejas.txt")]
    sent = termail(
        home,
        "send",
        "-s",
        "From a script: ñ",
        *attached,
        "-c",
        "juan@cities.org",
        "alice@cities.org",
        text="¡Hola!\n",
    )
    assert (sent.returncode, sent.stdout, sent.stderr) == (0, "", "")
    synced = termail(home, "sync", "--json")
    assert synced.returncode == 0, synced.stderr
    (account,) = json.loads(synced.stdout)["accounts"]
    assert account["error"] == ""
    found = termail(home, "search", "subject:script", "--json")
    assert found.returncode == 0, found.stderr
    hits = json.loads(found.stdout)
    assert {hit["folder"] for hit in hits} >= {"alice/INBOX"}
    assert hits[0]["subject"] == "From a script: ñ"
    assert hits[0]["attachment"] is True
    assert termail(home, "search", "~f nobody-at-all").returncode == 1
    bad = termail(home, "search", "~f (")
    assert bad.returncode == 2
    assert bad.stderr.startswith("termail: ")


def test_an_account_is_tried_step_by_step(home: Path, world) -> None:
    good = termail(home, "account", "test", "alice", "--json")
    assert good.returncode == 0, good.stdout
    assert all(step["ok"] for step in json.loads(good.stdout)["alice"])
    write_settings(world, home, "wrong")
    bad = termail(home, "account", "test", "alice")
    assert bad.returncode == 1
    assert "FAIL" in bad.stdout
    assert "wrong" not in bad.stdout + bad.stderr


def test_the_server_s_refusal_is_told_in_its_words(home: Path) -> None:
    refused = termail(home, "send", "-s", "x", "no-such-user@cities.org", text="x\n")
    assert refused.returncode == 1
    assert "550" in refused.stderr or "5.1.1" in refused.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["send", "-s", "x", "not an address"], "address"),
        (["send", "-s", "x", "-a", "/no/such/file", "a@b.example"], "cannot attach"),
        (["send", "--account", "home", "a@b.example"], "no account 'home'"),
        (["account", "test", "home"], "no account 'home'"),
        (["account", "add", "alice"], "already"),
        (["account", "add", "new one", "--from", "a@b.example", "--retrieve", "imaps://a@b.example"], "letters"),
    ],
)
def test_what_is_asked_wrongly_is_told_in_a_line(home: Path, words: list[str], says: str) -> None:
    done = termail(home, *words, text="x\n")
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_settings_with_a_mistake_name_the_line(home: Path) -> None:
    with (home / "config/config.toml").open("a") as file:
        file.write("colour = 'red'\n")
    done = termail(home, "sync")
    assert done.returncode == 2
    assert "config.toml" in done.stderr
    assert "colour" in done.stderr
    assert "line 9" in done.stderr


def test_the_doctor_looks_at_everything(home: Path) -> None:
    done = termail(home, "doctor")
    assert done.returncode == 0, done.stdout
    assert "settings folder" in done.stdout
    assert "alice" in done.stdout


def test_a_newcomer_without_an_account_is_told_where_to_begin(tmp_path: Path) -> None:
    listed = termail(tmp_path, "account", "list", "--json")
    assert (listed.returncode, listed.stdout.strip()) == (0, "[]")
    told = termail(tmp_path, "doctor", "--json")
    assert told.returncode == 1
    (missing,) = [step for step in json.loads(told.stdout)["this machine"] if not step["ok"]]
    assert "termail account add" in missing["advice"]


def messages_in(world, mailbox: str) -> int:
    with IMAP4("127.0.0.1", world.port("cities.org", "imap")) as client:
        client.login("alice", "123456")
        status, answer = client.select(mailbox, readonly=True)
        return int(answer[0]) if status == "OK" else 0


def test_scripts_are_looked_after_and_sort_the_mail(home: Path, world) -> None:
    script = home / "lunch.sieve"
    script.write_text(
        'require ["fileinto", "mailbox"];\nif header :is "subject" "é lunch" { fileinto :create "Lunch"; }\n'
    )
    assert termail(home, "sieve", "list").stdout.startswith("no scripts yet")
    assert termail(home, "sieve", "check", str(script)).stdout == f"{script} is correct\n"
    done = termail(home, "sieve", "put", "lunch", str(script), "--activate")
    assert (done.stdout, done.stderr) == ("lunch stored and active\n", "")
    assert termail(home, "sieve", "get", "lunch").stdout == script.read_text()
    assert json.loads(termail(home, "sieve", "list", "--json").stdout) == {"scripts": ["lunch"], "active": "lunch"}
    assert termail(home, "send", "-s", "é lunch", "alice@cities.org", text="Now?\n").returncode == 0
    deadline = time.monotonic() + 60
    while messages_in(world, "Lunch") != 1:
        assert time.monotonic() < deadline, "the script did not sort the mail"
        time.sleep(0.05)
    script.write_text("keep;\nfrobnicate;\n")
    done = termail(home, "sieve", "put", "lunch", str(script))
    assert (done.returncode, done.stdout) == (1, "")
    assert 'line 2: "frobnicate" is no command' in done.stderr
    done = termail(home, "sieve", "delete", "lunch")
    assert (done.returncode, "is active" in done.stderr) == (1, True)
    assert termail(home, "sieve", "activate").stdout == "no script is active\n"
    assert termail(home, "sieve", "rename", "lunch", "old").returncode == 0
    assert termail(home, "sieve", "delete", "old").stdout == "old deleted\n"
