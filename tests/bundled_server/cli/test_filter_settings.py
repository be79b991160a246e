"""The [filters] table: what it switches on, and what is said about a wrong one."""

import tomllib
from pathlib import Path

import pytest

from bundled_server.cli.errors import UsageError
from bundled_server.cli.filter_settings import filter_settings


def read(text: str):
    return filter_settings(Path("/etc/termail/host.toml"), tomllib.loads(text)["filters"])


def test_only_what_is_named_is_in_the_chain() -> None:
    settings = read('[filters.spf]\nrejects = true\n[filters.content]\nfiles = ["rules.toml"]\n')
    assert settings.spf.rejects and settings.spf.enabled
    assert settings.content.files == (Path("/etc/termail/rules.toml"),)
    assert settings.dkim is None and settings.scanner is None


def test_the_standard_set_and_what_is_said_beside_it() -> None:
    settings = read(
        "[filters]\nstandard = true\nthresholds.junk = 5\n[filters.spf]\nfail = 9\n"
        '[[filters.dnsbl.zones]]\nzone = "bl.test"\ncodes = ["127.0.0.2"]\n'
    )
    assert settings.spf.fail == 9.0 and settings.dmarc.obeys and settings.scanner.word == "reject"
    assert settings.dnsbl.zones[0].zone == "bl.test"
    assert settings.greylist is None and settings.clamd is None
    assert (settings.thresholds.tag, settings.thresholds.junk) == (4.0, 5.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("filters = 3", "filters is a table"),
        ("[filters]\nstandard = 1", "standard has to be true or false"),
        ("[filters]\nspff = {}", "unknown field `spff`; allowed are bayes, clamd, content, deadline_seconds"),
        ("[filters.spf]\nfial = 1", "unknown field `fial` - at `$.spf`; allowed are enabled, fail, permerror"),
        ("[[filters.dnsbl.zones]]\nzone = 'x'\nwait = 1", "at `$.dnsbl.zones[0]`; allowed are codes, mask"),
        ("[filters.greylist]\ndelay_seconds = -5", "filters.greylist.delay_seconds has to be 0 or more"),
        ("[filters.greylist]\nretry_seconds = nan", "filters.greylist.retry_seconds has to be 0 or more"),
        ("[filters]\ndeadline_seconds = -1", "filters.deadline_seconds has to be 0 or more"),
        ("[filters.rate]\nconnections = -1", "filters.rate.connections has to be 0 or more"),
        ("[filters.spf]\nfail = 'x'", "Expected `float`, got `str`"),
        ("[filters.dnsbl]\nzones = [{weight = 1}]", "missing required field `zone`"),
        ("[filters.content]\nfiles = [3]", "expected Path"),
    ],
)
def test_a_wrong_table_is_named(text: str, words: str) -> None:
    with pytest.raises(UsageError) as complaint:
        read(text)
    assert words in str(complaint.value)
