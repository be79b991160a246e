"""`termail-server sieve`: check and trace without a host; the scripts of users on a host, running or not."""

import json
from pathlib import Path

import pytest

SCRIPT = """require ["fileinto", "variables"];
if header :matches "subject" "[*]*" {
    fileinto "Lists/${1}";
} elsif not address :domain "from" "other.test" {
    keep;
}
"""
LETTER = "From: bob@other.test\nTo: alice@cities.org\nSubject: [mutt\x1b] hola\n\nHello\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "main.sieve"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.eml"
    path.write_text(LETTER)
    return path


def test_check_names_the_line_and_what_is_allowed(termail_server, script: Path) -> None:
    assert termail_server("sieve", "check", script).stdout == f"{script} is correct\n"
    script.write_text('require "fileinto";\n\nif heeder "a" "b" { keep; }\n')
    done = termail_server("sieve", "check", script)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f'termail-server: {script}, line 3: "heeder" is no test: did you mean "header"?\n'
    done = termail_server("sieve", "check", "--json", script)
    assert (done.returncode, json.loads(done.stdout)["line"]) == (1, 3)


def test_trace_explains_line_by_line(termail_server, script: Path, letter: Path) -> None:
    letter.write_text(LETTER.replace("[", "(").replace("]", ")"))
    done = termail_server("sieve", "trace", script, letter)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        '   2 | if header :matches "subject" "[*]*" {',
        '     |     header :matches "subject" "[*]*" → false',
        '     |         looked at "(mutt\\x1b) hola"',
        "     |     if → not taken",
        '   4 | } elsif not address :domain "from" "other.test" {',
        '     |     address :domain "from" "other.test" → true',
        '     |         looked at "other.test"',
        "     |     not → false",
        "     |     elsif → not taken",
        "     |     end of the script → implicit keep",
        "",
        "What is done:",
        "  implicit keep",
    ]


def test_trace_tells_where_a_script_fails(termail_server, script: Path, letter: Path) -> None:
    done = termail_server("sieve", "trace", script, letter)
    assert done.returncode == 0
    assert "The script fails in line 3: " in done.stdout  # a mailbox's name holds no escape
    assert "\x1b" not in done.stdout


def test_trace_in_json_and_with_an_envelope(termail_server, script: Path, letter: Path) -> None:
    letter.write_text(LETTER.replace("[mutt\x1b] hola", "plain"))
    done = termail_server("sieve", "trace", "--json", "--from", "", "--to", "alice@cities.org", script, letter)
    table = json.loads(done.stdout)
    assert table["actions"] == [{"text": "implicit keep", "script": "", "line": 0}]
    assert [(step["line"], step["outcome"]) for step in table["trace"] if step["text"].endswith("if")] == [
        (2, "not taken"),
        (4, "not taken"),
    ]


def test_what_cannot_be_read_is_told(termail_server, script: Path, tmp_path: Path) -> None:
    done = termail_server("sieve", "trace", script, tmp_path / "missing")
    assert done.returncode == 1
    assert "missing cannot be read: No such file" in done.stderr


def test_the_scripts_of_a_user_on_a_running_and_on_a_stopped_host(termail_server, running, script: Path) -> None:
    def sieve(action: str, *arguments: object) -> str:
        done = termail_server("sieve", action, "--data", running.data, *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return str(done.stdout)

    assert sieve("list", "alice") == "no scripts yet\n"
    assert sieve("put", "alice", "main", script, "--activate") == "main stored and active\n"
    assert sieve("get", "alice", "main") == SCRIPT
    running.process.terminate()
    running.process.wait(60)
    assert sieve("list", "alice") == "* main\n"
    done = termail_server("sieve", "delete", "--data", running.data, "alice", "main")
    assert (done.returncode, "is active" in done.stderr) == (2, True)
    assert sieve("activate", "alice") == "no script is active\n"
    assert sieve("delete", "alice", "main") == "main deleted\n"
    done = termail_server("sieve", "list", "--data", running.data, "nobody")
    assert (done.returncode, "there is no user nobody" in done.stderr) == (1, True)


def test_a_wrong_script_is_not_stored(termail_server, running, script: Path) -> None:
    script.write_text("keep;\nfrobnicate;\n")
    done = termail_server("sieve", "put", "--data", running.data, "alice", "main", script)
    assert done.returncode == 2
    assert "line 2:" in done.stderr
    assert termail_server("sieve", "list", "--data", running.data, "alice").stdout == "no scripts yet\n"
