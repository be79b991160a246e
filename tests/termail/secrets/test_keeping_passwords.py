"""`termail account password`: asked twice, kept in the keyring or the encrypted file, found again headless."""

from pathlib import Path

import pytest

from termail.config import Account
from termail.secrets.errors import Declined
from termail.secrets.keeping import IN_KEYRING, keep_password
from termail.secrets.passwords import PASSPHRASE_VARIABLE, Passwords
from termail.secrets.vault import Vault, WrongPassphrase

PLAIN = Account(from_="a@b.c", retrieve="imap://alice@h")


def typing(*answers: str):
    """Answers in turn, prompts noted."""
    waiting = list(answers)
    asked: list[str] = []

    async def ask(account: str, prompt: str) -> str:
        asked.append(prompt)
        return waiting.pop(0)

    ask.asked = asked  # type: ignore[attr-defined]
    return ask


async def no_keyring(account: str, user: str, secret: str) -> bool:
    return False


async def test_a_keyring_takes_it(tmp_path: Path) -> None:
    kept: list[tuple[str, str, str]] = []

    async def keyring(account: str, user: str, secret: str) -> bool:
        kept.append((account, user, secret))
        return True

    assert await keep_password("work", PLAIN, tmp_path, typing("s", "s"), keyring) == IN_KEYRING
    assert kept == [("work", "alice", "s")]
    assert not Vault(tmp_path).exists()


async def test_without_a_keyring_the_file_takes_it_beside_what_it_holds(tmp_path: Path) -> None:
    first = typing("one", "one", "open sesame", "open sesame")
    where = await keep_password("work", PLAIN, tmp_path, first, no_keyring)
    assert where == str(tmp_path / "passwords.vault")
    assert first.asked[2].startswith("New passphrase")
    await keep_password("home", PLAIN, tmp_path, typing("two", "two", "open sesame"), no_keyring)
    assert Vault(tmp_path).open("open sesame") == {"work": "one", "home": "two"}
    with pytest.raises(WrongPassphrase):
        await keep_password("work", PLAIN, tmp_path, typing("x", "x", "wrong"), no_keyring)
    assert Vault(tmp_path).open("open sesame")["work"] == "one"


@pytest.mark.parametrize("answers", [("",), ("one", "other"), ("one", "one", ""), ("one", "one", "p", "q")])
async def test_nothing_is_kept_when_the_user_stops_or_mistypes(tmp_path: Path, answers: tuple[str, ...]) -> None:
    with pytest.raises(Declined):
        await keep_password("work", PLAIN, tmp_path, typing(*answers), no_keyring)
    assert not Vault(tmp_path).exists()


async def test_where_nobody_sits_a_command_opens_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Vault(tmp_path).seal("open sesame", {"work": "one"})
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "echo open sesame")
    assert await Passwords(tmp_path).password("work", PLAIN) == "one"
