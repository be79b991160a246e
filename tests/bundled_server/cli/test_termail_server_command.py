"""The command termail-server: ready line, signals, exit codes, administration of a running and a stopped host."""

import json
import os
import signal
import smtplib
import socket
from pathlib import Path

import pytest


def test_the_ready_line_is_the_only_output_and_every_port_accepts(running) -> None:
    (host,) = running.ready["hosts"]
    assert running.ready["ready"] is True
    assert (host["name"], host["domain"]) == ("mail.cities.org", "cities.org")
    assert set(host["ports"]) == {"smtp", "submission", "imap", "pop3", "admin"}
    for port in host["ports"].values():
        socket.create_connection(("127.0.0.1", port), timeout=60).close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_it_cleanly(running, number: signal.Signals) -> None:
    running.process.send_signal(number)
    assert running.process.wait(60) == 0
    assert running.process.stdout.read() == b""
    assert not (running.data / "admin.json").exists()


def test_the_data_folder_is_private(running) -> None:
    modes = {path.name: path.stat().st_mode & 0o077 for path in running.data.iterdir()}
    assert running.data.stat().st_mode & 0o077 == 0
    assert modes["admin.json"] == modes["host.sqlite"] == modes["lock"] == modes["journal.jsonl"] == 0


def test_two_servers_never_open_one_data_folder(running, termail_server) -> None:
    second = termail_server("run", "--data", running.data, "--domain", "cities.org", "--smtp", "0")
    assert second.returncode == 1
    assert f"in use by another server (process {running.process.pid})" in second.stderr
    assert second.stdout == ""


def test_a_port_in_use_is_named(running, termail_server, tmp_path: Path) -> None:
    port = running.ports["smtp"]
    second = termail_server("run", "--data", tmp_path / "b", "--domain", "b.test", "--smtp", port)
    assert second.returncode == 1
    assert f"smtp cannot listen on 127.0.0.1 port {port}: " in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], "--data DIR"),
        (["run", "--data", "x"], "--domain example.test"),
        (["run", "--data", "x", "--domain", "no spaces"], "is not a host name"),
        (["run", "--data", "x", "--domain", "a.test", "--smtp", "70000"], "is not a port"),
        (["run", "--data", "x", "--domain", "a.test", "--user", "alice"], "NAME:PASSWORD"),
        (["run", "--data", "x", "--domain", "a.test", "--tls-cert", "f"], "belong together"),
        (["run", "--data", "x", "--domain", "a.test", "--egress", "smarthost"], "belong together"),
        (["run", "--data", "x", "--domain", "a.test", "--listen", "here"], "is not an IP address"),
        (["frobnicate"], "--help"),
        (["queue", "show", "--data", "x"], "--help"),
    ],
)
def test_a_wrong_command_is_one_clear_line_and_exit_code_2(termail_server, arguments, words: str) -> None:
    done = termail_server(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('domain = "a.test"\nfoo = 1\n', "line 2: unknown key 'foo'; allowed are alias_files"),
        ('domain = "a.test"\n[ports]\nsmpt = 25\n', "line 3: unknown key 'smpt'; allowed are admin"),
        ('domain = "a.test"\n[limits.sieve]\nstepps = 1\n', "`$.sieve`; allowed are actions, command"),
        ('domain = "a.test"\n[limits]\nrelays = -3\n', "line 3: limits.relays has to be 0 or more"),
        ('domain = "a.test"\nquota_octets = -1\n', "line 2: quota_octets has to be 0 or more"),
        ('domain = "a.test"\ngive_up_seconds = nan\n', "line 2: give_up_seconds has to be 0 or more"),
        ('domain = "a.test"\n[limits]\nidle_seconds = "long"\n', "idle_seconds"),
        ("domain = 5\n", "line 1: domain has to be text in quotes"),
        ("domain = [\n", "not TOML"),
        ('domain = "a.test"\nretry_seconds = []\n', "retry_seconds needs numbers"),
    ],
)
def test_a_wrong_settings_file_names_the_place(termail_server, tmp_path: Path, toml: str, words: str) -> None:
    (tmp_path / "host.toml").write_text(toml)
    done = termail_server("run", "--config", tmp_path / "host.toml", "--data", tmp_path / "d")
    assert done.returncode == 2
    assert words in done.stderr


def test_a_folder_that_cannot_be_made_is_exit_code_1(termail_server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = termail_server("run", "--data", tmp_path / "file" / "d", "--domain", "a.test")
    assert done.returncode == 1
    assert "cannot be used" in done.stderr


def test_users_of_a_running_host_can_log_in_at_once(running, termail_server) -> None:
    assert termail_server("user", "add", "bob", "--password", "s3cret", "--data", running.data).returncode == 0
    with smtplib.SMTP("127.0.0.1", running.ports["submission"]) as client:
        client.login("bob", "s3cret")
    listed = termail_server("user", "list", "--json", "--data", running.data)
    assert json.loads(listed.stdout) == ["alice", "bob"]
    assert termail_server("user", "remove", "bob", "--data", running.data).returncode == 0
    with (
        smtplib.SMTP("127.0.0.1", running.ports["submission"]) as client,
        pytest.raises(smtplib.SMTPAuthenticationError),
    ):
        client.login("bob", "s3cret")


def test_users_of_a_stopped_host(termail_server, tmp_path: Path) -> None:
    data = ("--data", tmp_path / "new")
    assert termail_server("user", "list", *data).returncode == 1
    assert termail_server("user", "add", "Bob", "--password-stdin", *data, text="pw\n").returncode == 0
    assert json.loads(termail_server("user", "list", "--json", *data).stdout) == ["bob"]
    assert termail_server("user", "add", "bob", "--password", "x", *data).returncode == 1
    assert termail_server("user", "password", "bob", "--password", "x", *data).returncode == 0
    assert termail_server("user", "password", "eve", "--password", "x", *data).returncode == 1
    refused = termail_server("user", "add", "../eve", "--password", "x", *data)
    assert refused.returncode == 2
    assert "is not a user name" in refused.stderr
    assert termail_server("user", "remove", "bob", *data).returncode == 0


def test_the_journal_tells_the_way_of_a_message(running, termail_server) -> None:
    text = "Message-ID: <way@cities.org>\r\n\r\nHola\r\n"
    with smtplib.SMTP("127.0.0.1", running.ports["smtp"]) as client:
        client.sendmail("bob@other.test", ["alice@cities.org"], text)
    told = termail_server("journal", "--json", "--message-id", "way@cities.org", "--data", running.data)
    events = [json.loads(line) for line in told.stdout.splitlines()]
    assert [(event["agent"], event["kind"]) for event in events if event["agent"] == "MDA"][-1] == (
        "MDA",
        "delivered",
    )
    assert {"MTA", "MQ", "MDA"} <= {event["agent"] for event in events}
    assert [event["step"] for event in events if event["agent"] == "MDA"] == [9, 10]


def test_the_queue_of_a_running_host(running, termail_server) -> None:
    data = ("--data", running.data)
    assert json.loads(termail_server("queue", "list", "--json", *data).stdout) == []
    assert termail_server("queue", "flush", *data).stdout.startswith("0 messages")
    missing = termail_server("queue", "hold", "k5HF1B0d005647", *data)
    assert missing.returncode == 1
    assert "no message k5HF1B0d005647" in missing.stderr


def test_mail_comes_in_and_goes_out_as_mbox(termail_server, tmp_path: Path) -> None:
    data = ("--data", tmp_path / "host")
    termail_server("user", "add", "alice", "--password", "pw", *data)
    (tmp_path / "in.mbox").write_bytes(b"From a@b.test Thu Jan  1 00:00:00 2026\nSubject: one\n\nHola\n\n")
    came = termail_server("import", tmp_path / "in.mbox", "--user", "alice", *data)
    assert came.stdout == "1 messages imported\n", came.stderr
    went = termail_server("export", tmp_path / "out.mbox", "--user", "alice", "--mailbox", "INBOX", *data)
    assert went.stdout == "1 messages exported\n", went.stderr
    assert b"Subject: one" in (tmp_path / "out.mbox").read_bytes()
    assert termail_server("export", tmp_path / "out.mbox", "--user", "eve", *data).returncode == 1


def test_after_a_kill_the_stale_address_does_not_mislead(running, termail_server) -> None:
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait(60)
    assert (running.data / "admin.json").exists()
    assert termail_server("user", "list", "--data", running.data).stdout == "alice\n"
