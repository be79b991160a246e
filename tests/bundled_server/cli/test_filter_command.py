"""`termail-server filter` on a host that runs, on one that does not, and on settings alone."""

import json
from pathlib import Path

import pytest

SETTINGS = """
[filters]
nameservers = ["127.0.0.1:1"]
deadline_seconds = 0.5
[filters.lists]
[filters.greylist]
enabled = false
[filters.scanner]
[[filters.content.rules]]
name = "prizes"
where = "subject"
words = ["prize"]
score = 6.5
reason = "nobody gives prizes away"
"""
PRIZE = "From: Win <win@lottery.test>\nSubject: Your PRIZE\n\nHola\n"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "host.toml"
    path.write_text(SETTINGS)
    return path


@pytest.fixture
def prize(tmp_path: Path) -> Path:
    path = tmp_path / "prize.eml"
    path.write_text(PRIZE)
    return path


def test_switches_lists_and_trials_on_a_running_and_on_a_stopped_host(run_host, termail_server, settings, prize):
    host = run_host("--config", str(settings))

    def filters(action, *arguments, code=0):
        done = termail_server("filter", action, "--data", host.data, *arguments)
        assert done.returncode == code, done.stderr
        return done.stdout or done.stderr

    assert filters("list").splitlines()[1].startswith("greylist   off  asks unknown senders to come again")
    assert filters("on", "greylist") == "greylist is on\n"
    assert filters("on", "greylist") == "greylist was on already\n"
    trial = filters("test", prize, "--to", "alice@cities.org")
    assert "rcpt     greylist   defer" in trial
    assert trial.endswith("it would be put off by greylist\n")
    assert filters("off", "greylist").startswith("greylist is off")
    assert filters("test", prize).endswith("+6.5 points: it would go into Junk\n")
    assert filters("allow", "lottery.test", "--user", "alice") == "lottery.test is trusted from now on\n"
    assert filters("test", prize, "--to", "alice@cities.org").endswith("+0.0 points: it would come in\n")
    assert "there is no filter 'spf'; there are: lists, greylist" in filters("off", "spf", code=2)
    assert "there is no user bob" in filters("deny", "x.test", "--user", "bob", code=1)

    host.process.terminate()
    host.process.wait(20)
    assert filters("allow", "lottery.test", "--user", "alice") == "lottery.test was trusted already\n"
    assert filters("deny", "192.0.2.7/24") == "192.0.2.7/24 is refused from now on\n"
    assert filters("list").splitlines()[-2:] == ["allow:     nobody", "deny:      192.0.2.0/24"]
    assert filters("forget", "192.0.2.0/24") == "192.0.2.0/24 is on no list any more\n"
    assert "no host runs here" in filters("test", prize, code=2)
    assert "is no address, domain or network" in filters("deny", "a b", code=2)


def test_a_trial_of_settings_alone(termail_server, settings, prize):
    done = termail_server("filter", "test", prize, "--config", settings, "--json")
    answer = json.loads(done.stdout)
    assert (answer["action"], answer["score"]) == ("junk", 6.5)
    assert answer["verdicts"][0] == {
        "stage": "data",
        "filter": "content",
        "word": "score",
        "score": 6.5,
        "reason": "nobody gives prizes away",
        "explanation": ["prizes +6.5: subject has 'prize'"],
    }
    assert "X-Spam-Flag: YES\r\n" in answer["header"]
    text = termail_server("filter", "test", prize, "--config", settings).stdout
    assert text.splitlines()[-1] == "+6.5 points: it would go into Junk"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[filters.content]\nfiles = ['no.toml']", "no.toml"),
        ("[filters.scanner]\nword = 'explode'", "a scanner's word is reject or quarantine"),
        ("[filters.lists]\ndeny = ['a b']", "'a b' is no address, domain or network"),
        ("[[filters.content.rules]]\nname = 'x'\nwhere = 'body'\nregex = '(a+)+'", "could take too long"),
    ],
)
def test_filters_that_cannot_be_are_named_before_mail_comes(termail_server, tmp_path, prize, text, words):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    done = termail_server("filter", "test", prize, "--config", path)
    assert done.returncode == 1
    assert words in done.stderr
    started = termail_server(
        "run", "--config", path, "--data", tmp_path / "host", "--domain", "a.test", "--smtp", 0
    )
    assert (started.returncode, words in started.stderr) == (1, True)
