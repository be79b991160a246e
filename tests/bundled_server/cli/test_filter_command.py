"""`termail-server filter` on a host that runs, on one that does not, and on settings alone."""

import json
from pathlib import Path

import pytest

from bundled_server.cli import main

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


def test_switches_lists_and_trials_on_a_running_and_on_a_stopped_host(run_host, capsys, settings, prize):
    host = run_host("--config", str(settings))

    def filters(action, *arguments, code=0):
        answered = main(["filter", action, "--data", str(host.data), *map(str, arguments)])
        output = capsys.readouterr()
        assert answered == code, output.err
        return output.out or output.err

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
    host.process.wait(60)
    assert filters("allow", "lottery.test", "--user", "alice") == "lottery.test was trusted already\n"
    assert filters("deny", "192.0.2.7/24") == "192.0.2.7/24 is refused from now on\n"
    assert filters("list").splitlines()[-2:] == ["allow:     nobody", "deny:      192.0.2.0/24"]
    assert filters("forget", "192.0.2.0/24") == "192.0.2.0/24 is on no list any more\n"
    assert "no host runs here" in filters("test", prize, code=2)
    assert "is no address, domain or network" in filters("deny", "a b", code=2)


def test_a_trial_of_settings_alone(capsys, settings, prize):
    assert main(["filter", "test", str(prize), "--config", str(settings), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
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
    assert main(["filter", "test", str(prize), "--config", str(settings)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "+6.5 points: it would go into Junk"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[filters.content]\nfiles = ['no.toml']", "no.toml"),
        ("[filters.scanner]\nword = 'explode'", "a scanner's word is reject or quarantine"),
        ("[filters.clamd]\naddress = 'nowhere'", "is neither HOST:PORT nor the path of its socket"),
        ("[[filters.dnsbl.zones]]\nzone = 'a b'", "'a b' is no zone"),
        ("[[filters.dnsbl.zones]]\nzone = 'a.test'\ncodes = ['x']", "'x' is no network"),
        ("[filters]\nnameservers = ['1.2.3.4:x']", "is not ADDRESS or ADDRESS:PORT"),
        ("[filters]\nnameservers = ['localhost']", "is not ADDRESS or ADDRESS:PORT"),
        ("[filters.thresholds]\ntag = 9", "tag (9.0) <= junk (6.0)"),
        ("[filters.lists]\ndeny = ['a b']", "'a b' is no address, domain or network"),
        ("[[filters.content.rules]]\nname = 'x'\nwhere = 'body'\nregex = '(a+)+'", "could take too long"),
    ],
)
def test_filters_that_cannot_be_are_named_before_mail_comes(tmp_path, prize, capsys, text, words):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    host = ("--data", str(tmp_path / "host"), "--domain", "a.test", "--smtp", "0")
    for command in (("filter", "test", str(prize)), ("run", *host)):
        assert main([*command, "--config", str(path)]) == 1
        assert words in capsys.readouterr().err
