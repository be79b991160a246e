"""`termail-server list` on a host that runs and on one that does not."""

import json
import smtplib


def test_a_list_lives_through_commands(running, termail_server):
    def lists(*arguments):
        return termail_server("list", *arguments, "--data", running.data)

    assert lists("list").stdout == "no lists yet\n"
    made = lists(
        "create", "redes", "--owner", "alice@cities.org", "--posting", "moderated", "--subject-tag", "redes"
    )
    assert made.stdout == "redes@cities.org made; put people on it with `list join redes`\n"
    joined = lists("join", "redes", "alice@cities.org", "bob@else.test")
    assert joined.stdout == "joined: alice@cities.org, bob@else.test\n"
    with smtplib.SMTP("127.0.0.1", running.ports["smtp"]) as client:
        client.sendmail(
            "eve@else.test", ["redes@cities.org"], "From: eve@else.test\r\nSubject: \x1b[2Jhi\r\n\r\nx\r\n"
        )
    waiting = wait_for_held(lists)
    assert waiting["from"] == "eve@else.test"
    assert "\x1b" not in waiting["subject"]
    assert lists("moderate", "redes", "reject", waiting["mark"]).stdout == "1 refused\n"
    running.process.terminate()
    running.process.wait(60)
    assert lists("members", "redes").stdout == "alice@cities.org\nbob@else.test\n"
    assert lists("leave", "redes", "bob@else.test").stdout == "left: bob@else.test\n"
    shown = json.loads(lists("show", "redes", "--json").stdout)
    assert (shown["address"], shown["members"], shown["posting"]) == ("redes@cities.org", 1, "moderated")
    assert "secret" not in shown
    assert lists("set", "redes", "--no-archive").returncode == 0
    assert lists("delete", "redes").stdout == "redes removed with members and archive\n"


def wait_for_held(lists):
    """The letter may still be on its way from the queue; each look is a process of its own."""
    for _ in range(20):
        found = json.loads(lists("moderate", "redes", "--json").stdout)
        if found:
            return found[0]
    raise TimeoutError("no letter is held")


def test_what_cannot_be_is_said_in_words(running, termail_server):
    def lists(*arguments):
        done = termail_server("list", *arguments, "--data", running.data)
        return done.returncode, done.stderr

    assert lists("show", "redes") == (1, "termail-server: there is no list 'redes'; there are: none yet\n")
    assert lists("create", "redes") == (2, "termail-server: a list needs an owner: write --owner ADDRESS\n")
    code, words = lists("create", "alice", "--owner", "x@y.test")
    assert (code, "somebody's address already" in words) == (2, True)
    code, words = lists("create", "x", "--owner", "x@y.test", "--description", "a\nBcc: eve@else.test")
    assert (code, "without control characters" in words) == (2, True)
    assert lists("moderate", "redes", "approve")[0] == 2
