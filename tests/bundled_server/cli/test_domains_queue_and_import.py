"""The command termail-server: domains, the queue of one domain, import into a running host, a followed journal."""

import json
import smtplib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "bundled_server"]


def answered(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def waiting(tmp_path: Path, run_host) -> Any:
    """A host whose smarthost is not there, with one message for far.test, and its queue id."""
    host = run_host("--egress", "smarthost", "--smarthost", "127.0.0.1:1")
    with smtplib.SMTP("127.0.0.1", host.ports["submission"]) as client:
        client.login("alice", "123456")
        client.mail("alice@cities.org")
        client.rcpt("bob@far.test")
        code, text = client.data("Subject: s\r\n\r\nHola\r\n")
    assert code == 250
    return host, text.split()[1].decode()


def rcpt(port: int, address: str) -> int:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo()
        client.mail("bob@other.test")
        return client.rcpt(address)[0]


def check_domains(termail_server, data: Path) -> None:
    """The same on a running and a stopped host."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return termail_server("domain", *words, "--data", data)

    assert answered(run("add", "towns.org", "--json")) == {"done": True}
    assert run("add", "towns.org").stdout == "towns.org is a domain of this host already\n"
    assert run("alias", "villages.org", "towns.org").stdout == "villages.org stands for towns.org now\n"
    rows = answered(run("list", "--json"))
    assert [(row["domain"], row["kind"], row["target"]) for row in rows] == [
        ("cities.org", "own", ""),
        ("mail.cities.org", "own", ""),
        ("towns.org", "added", ""),
        ("villages.org", "alias", "towns.org"),
    ]
    refused = run("remove", "towns.org")
    assert (refused.returncode, "villages.org stands for towns.org" in refused.stderr) == (2, True)
    assert run("add", "no domain").returncode == 2
    assert run("remove", "villages.org").returncode == 0
    missing = run("remove", "villages.org")
    assert (missing.returncode, missing.stderr) == (
        1,
        "termail-server: villages.org is no domain of this host\n",
    )


def test_domains_of_a_running_and_of_a_stopped_host(running, termail_server) -> None:
    assert rcpt(running.ports["smtp"], "alice@towns.org") == 550
    check_domains(termail_server, running.data)
    assert rcpt(running.ports["smtp"], "alice@towns.org") == 250
    running.process.terminate()
    running.process.wait(60)
    assert termail_server("domain", "remove", "towns.org", "--data", running.data).returncode == 0
    check_domains(termail_server, running.data)


def test_the_queue_of_a_running_and_of_a_stopped_host(waiting, termail_server) -> None:
    host, queue_id = waiting

    def run(*words: str) -> Any:
        return answered(termail_server("queue", *words, "--json", "--data", host.data))

    for _ in range(2):
        (item,) = run("list")
        assert item["id"] == queue_id
        assert [one["state"] for one in run("show", queue_id)["recipients"]] == ["waiting"]
        assert run("hold", queue_id) == {"done": True}
        assert run("show", queue_id)["held"] is True
        assert run("flush", "far.test") == {"flushed": 0}
        assert run("release", queue_id) == {"done": True}
        assert run("flush", "nowhere.test") == {"flushed": 0}
        assert run("requeue", queue_id) == {"done": True}
        if host.process.poll() is None:
            host.process.terminate()
            host.process.wait(60)
    assert run("flush", "FAR.test") == {"flushed": 1}
    assert run("delete", queue_id) == {"done": True}
    assert run("list") == []


def test_mail_comes_in_while_the_host_runs(running, termail_server, tmp_path: Path) -> None:
    (tmp_path / "in.mbox").write_bytes(b"From a@b.test Thu Jan  1 00:00:00 2026\nSubject: one\n\nHola\n\n")
    data = ("--data", running.data)
    came = termail_server("import", tmp_path / "in.mbox", "--user", "Alice", "--mailbox", "Old", *data)
    assert came.stdout == "1 messages imported\n", came.stderr
    went = termail_server("export", tmp_path / "out.mbox", "--user", "alice", "--mailbox", "Old", *data)
    assert went.stdout == "1 messages exported\n", went.stderr
    nobody = termail_server("import", tmp_path / "in.mbox", "--user", "eve", *data)
    assert (nobody.returncode, "there is no user eve" in nobody.stderr) == (1, True)
    nothing = termail_server("import", tmp_path / "none.mbox", "--user", "alice", *data)
    assert nothing.returncode == 2
    assert "there is nothing at" in nothing.stderr


def test_a_followed_journal_begins_with_what_happened(running) -> None:
    with smtplib.SMTP("127.0.0.1", running.ports["smtp"]) as client:
        client.sendmail("bob@other.test", ["alice@cities.org"], "Message-ID: <way@cities.org>\r\n\r\nHola\r\n")
    command = [*COMMAND, "journal", "--follow", "--json", "--message-id", "way@cities.org"]
    follower = subprocess.Popen([*command, "--data", str(running.data)], stdout=subprocess.PIPE)
    assert follower.stdout is not None
    try:
        agents = [json.loads(follower.stdout.readline())["agent"] for _ in range(2)]
        assert agents[-1] == "MDA"
        with smtplib.SMTP("127.0.0.1", running.ports["smtp"]) as client:
            client.sendmail("bob@other.test", ["alice@cities.org"], "Message-ID: <no@cities.org>\r\n\r\nHola\r\n")
            client.sendmail(
                "bob@other.test", ["alice@cities.org"], "Message-ID: <way@cities.org>\r\n\r\nAgain\r\n"
            )
        told = [json.loads(follower.stdout.readline()) for _ in range(3)]
        assert {event["message_id"] for event in told} == {"<way@cities.org>"}
    finally:
        follower.kill()
        follower.wait(60)
        follower.stdout.close()
