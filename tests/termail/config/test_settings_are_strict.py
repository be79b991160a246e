"""config.toml: what is right is typed, what is wrong is named with file, line, key and what is allowed."""

from pathlib import Path

import pytest

from termail.config import SettingsError, config_folder, data_folder, load
from termail.net.endpoint import Endpoint, LocalPlace, Security, parse_retrieve, parse_send

GOOD = """
[accounts.work]
from = "Alice <alice@cities.org>"
retrieve = "imaps://alice@mail.cities.org"
send = "smtp://alice@mail.cities.org:587"
password-command = "pass show work"
alternates = ["root@cities.org"]

[ui]
sort = "date"

[keys.index]
d = "delete"
"""


def written(folder: Path, text: str | bytes) -> Path:
    (folder / "config.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def test_the_example_of_the_readme_is_read(tmp_path: Path) -> None:
    settings = load(written(tmp_path, GOOD))
    account = settings.accounts["work"]
    assert account.address == "alice@cities.org"
    assert account.retrieval == Endpoint("imap", Security.TLS, "alice", "mail.cities.org", 993)
    assert account.submission == Endpoint("smtp", Security.STARTTLS, "alice", "mail.cities.org", 587)
    assert account.password_command == "pass show work"
    assert account.alternates == ("root@cities.org",)
    assert settings.ui.sort == "date"
    assert settings.keys == {"index": {"d": "delete"}}


def test_no_file_means_no_accounts(tmp_path: Path) -> None:
    assert load(tmp_path / "none").accounts == {}


WORK = '[accounts.work]\nfrom = "a@b.c"\nretrieve = "imap://a@h"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (WORK + 'snd = "x"', ["line 4", "[accounts.work] snd", "allowed are from, retrieve, send"]),
        (WORK + 'password = "geheim"', ["line 4", "password", "never stand in this file", "keyring"]),
        ('[accounts.work]\nretrieve = "imap://a@h"', ["line 1", "from", "is missing"]),
        ('[accounts.work]\nfrom = "Alice"\nretrieve = "imap://a@h"', ["line 2", "from", "no address"]),
        ('[accounts.work]\nfrom = "a@b"\nretrieve = "http://a@h"', ["line 3", "retrieve", "imaps://", "maildir:"]),
        ('[accounts.work]\nfrom = "a@b"\nretrieve = "imap://h"', ["line 3", "no user"]),
        ('[accounts.work]\nfrom = "a@b"\nretrieve = "imap://a:geheim@h"', ["line 3", "password_command"]),
        (WORK + 'send = "smtp://a@h:99999"', ["line 4", "send", "port"]),
        (WORK + "check_minutes = 0", ["line 4", "check_minutes", "from 0.1 to 1440"]),
        (WORK + 'keep_days = "many"', ["line 4", "keep_days", "expected `int`"]),
        ('[ui]\nsort = "dat"', ["line 2", "[ui] sort", "allowed are threads, date"]),
        ("[keys.index]\nd = 3", ["line 2", "[keys.index] d", "command in quotes"]),
        ("[acounts.work]", ["line 1", "acounts", "allowed are accounts, identities, pgp, smime, ui, keys"]),
        ('[accounts."a/b"]\nfrom = "a@b"', ["accounts", "letters, digits"]),
        ("x = [", ["not TOML"]),
        (b'x = "\xff"', ["line 1", "UTF-8"]),
        ("x = 1\n" * 200_000, ["longer than"]),
    ],
)
def test_errors_name_file_line_key_and_what_is_allowed(
    tmp_path: Path, text: str | bytes, words: list[str]
) -> None:
    with pytest.raises(SettingsError) as error:
        load(written(tmp_path, text))
    assert str(tmp_path / "config.toml") in str(error.value)
    for word in words:
        assert word in str(error.value)
    assert "geheim" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("imap://a@h", Endpoint("imap", Security.STARTTLS, "a", "h", 143)),
        ("imap+insecure://a@h:1143", Endpoint("imap", Security.NONE, "a", "h", 1143)),
        ("imaps://ann@b.org@mail.b.org", Endpoint("imap", Security.TLS, "ann@b.org", "mail.b.org", 993)),
        ("imaps://ann%20b@h", Endpoint("imap", Security.TLS, "ann b", "h", 993)),
        ("pop3s://a@[::1]:995", Endpoint("pop3", Security.TLS, "a", "::1", 995)),
        ("pop3://a@h/", Endpoint("pop3", Security.STARTTLS, "a", "h", 110)),
        ("maildir:~/Mail", LocalPlace("maildir", "~/Mail")),
        ("mbox:/var/mail/a", LocalPlace("mbox", "/var/mail/a")),
    ],
)
def test_urls_are_typed(url: str, endpoint: object) -> None:
    assert parse_retrieve(url) == endpoint


def test_submission_may_go_without_a_user() -> None:
    assert parse_send("smtp+insecure://localhost:25") == Endpoint("smtp", Security.NONE, "", "localhost", 25)
    assert parse_send("smtps://a@h") == Endpoint("smtp", Security.TLS, "a", "h", 465)
    assert parse_send("") is None


@pytest.mark.parametrize(
    "url", ["", "imap", "imap://", "imap://a@", "imap://a@h:x", "imap://a@h/x", "imap://a@[::1", "mbox:"]
)
def test_urls_that_mean_nothing_are_refused(url: str) -> None:
    with pytest.raises(ValueError):
        parse_retrieve(url)


def test_folders_follow_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TERMAIL_CONFIG_DIR", str(tmp_path))
    assert config_folder() == tmp_path
    monkeypatch.delenv("TERMAIL_CONFIG_DIR")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/xdg")
    assert config_folder() == Path("/xdg/termail")
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/a")
    assert config_folder() == Path("/home/a/.config/termail")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.delenv("TERMAIL_DATA_DIR", raising=False)
    assert data_folder() == Path("/data/termail")
