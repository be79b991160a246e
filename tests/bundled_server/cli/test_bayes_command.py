"""`termail-server bayes` on a host that runs and on one that does not."""

import json
from pathlib import Path

import pytest

SPAM = "From: shop@spam.test\nSubject: cheap offer {0}\n\nBuy cheap pills now, winner {0}\n"
HAM = "From: bob@other.test\nSubject: lunch {0}\n\nShall we meet for lunch about chapter {0}?\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Twelve messages of each kind, one to a file."""
    for kind, text in (("spam", SPAM), ("ham", HAM)):
        folder = tmp_path / "corpus" / kind
        folder.mkdir(parents=True)
        for number in range(12):
            dated = f"Date: Mon, {number + 1:02} Nov 2026 10:00:00 +0000\n" + text.format(number)
            (folder / f"{number:02}").write_text(dated)
    return tmp_path / "corpus"


def test_training_and_questions_on_a_running_and_on_a_stopped_host(running, termail_server, corpus):
    def bayes(action, *arguments):
        command = ("bayes", action, "--data", running.data, "--user", "alice", *arguments)
        done = termail_server(*command)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    assert bayes("train", "spam", corpus / "spam") == "12 messages learned as spam\n"
    assert bayes("train", "ham", corpus / "ham") == "12 messages learned as ham\n"
    assert bayes("train", "ham", corpus / "ham" / "00") == "0 messages learned as ham; 1 were known\n"
    moved = "1 messages learned as spam, 1 of them were the other kind before\n"
    assert bayes("train", "spam", corpus / "ham" / "00") == moved
    running.process.terminate()
    running.process.wait(60)
    assert bayes("train", "ham", corpus / "ham" / "00").startswith("1 messages learned as ham, 1 of them")
    assert bayes("stats").startswith("12 spam and 12 ham learned; ")
    explained = bayes("explain", corpus / "spam" / "03")
    assert explained.startswith("spam: ")
    assert "this very message was trained as spam" in explained
    assert " subject:cheap\n" in explained
    assert "trained once as ham  it would be " in explained
    table = json.loads(bayes("explain", corpus / "ham" / "03", "--json"))
    assert table["verdict"] == "ham"
    assert table["this_message_was_trained_as"] == "ham"
    assert table["after_one_more_training"]["as_spam"]["score"] > table["score"]
    assert bayes("expire", "--days", "0", "--rare", "1").endswith(" words forgotten\n")
    assert json.loads(bayes("stats", "--json"))["seen_once"] == 0


def test_every_users_mail_is_weighed_by_what_was_trained_for_everybody(running, termail_server, corpus):
    def bayes(action, *arguments):
        return termail_server("bayes", action, "--data", running.data, "--json", *arguments)

    bayes("train", "spam", corpus / "spam")
    bayes("train", "ham", corpus / "ham")
    table = json.loads(bayes("explain", "--user", "alice", corpus / "spam" / "00").stdout)
    assert (table["verdict"], table["this_message_was_trained_as"]) == ("spam", "")
    assert json.loads(bayes("stats", "--user", "alice").stdout)["spam"] == 0


def test_what_cannot_be_is_said_in_words(running, termail_server, corpus):
    def bayes(*arguments):
        return termail_server("bayes", *arguments)

    data = ("--data", running.data)
    nobody = bayes("train", *data, "--user", "nobody", "spam", corpus / "spam")
    assert (nobody.returncode, nobody.stderr) == (1, "termail-server: there is no user nobody\n")
    nothing = bayes("explain", *data, corpus / "absent")
    assert (nothing.returncode, nothing.stderr) == (
        1,
        f"termail-server: there is nothing at {corpus / 'absent'}\n",
    )
    kind = bayes("train", *data, "eggs", corpus)
    assert kind.returncode == 2
    assert "invalid choice: 'eggs'" in kind.stderr
    empty = bayes("evaluate", corpus / "spam")
    assert empty.returncode == 2
    assert "needs a folder 'spam' and a folder 'ham'" in empty.stderr


def test_an_evaluation_needs_no_host(termail_server, corpus):
    told = termail_server("bayes", "evaluate", corpus)
    assert told.returncode == 0
    assert "trained on the older half: 6 spam, 6 ham" in told.stdout
    table = json.loads(termail_server("bayes", "evaluate", corpus, "--json").stdout)
    assert (table["caught"], table["false_alarms"]) == (6, [])


def test_a_corpus_may_have_folders_of_other_names_and_below(termail_server, corpus):
    (corpus / "ham").rename(corpus / "easy_ham")
    (corpus / "spam" / "2003").mkdir()
    for number in range(6):
        (corpus / "spam" / f"{number:02}").rename(corpus / "spam" / "2003" / f"{number:02}")
    (corpus / "README").write_text("no mail")
    (corpus / "easy_ham" / "cmds").write_text("no mail")
    told = termail_server("bayes", "evaluate", corpus)
    assert "trained on the older half: 6 spam, 6 ham" in told.stdout


def test_a_hostile_word_cannot_reach_the_terminal(running, termail_server, corpus, tmp_path):
    for number in range(12):
        (corpus / "spam" / f"{number:02}").write_text(
            f"Subject: x\nX-Mailer: a\x1b]0;owned\x07\u202e{number}\n\nhi\n"
        )
    termail_server("bayes", "train", "--data", running.data, "spam", corpus / "spam")
    termail_server("bayes", "train", "--data", running.data, "ham", corpus / "ham")
    told = termail_server("bayes", "explain", "--data", running.data, corpus / "spam" / "00").stdout
    assert "owned" in told
    assert "\x1b" not in told
    assert "\u202e" not in told
