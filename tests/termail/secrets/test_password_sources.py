"""Where passwords come from, in which order, and what an error text never shows."""

import stat
from pathlib import Path

import pytest

from termail.config import Account
from termail.secrets.command import from_command
from termail.secrets.errors import Declined, NoPassword
from termail.secrets.keyring_source import from_keyring
from termail.secrets.passwords import PASSPHRASE_PROMPT, Passwords
from termail.secrets.vault import Vault, WrongPassphrase

PLAIN = Account(from_="a@b.c", retrieve="imap://alice@h")


@pytest.mark.parametrize(
    ("command", "secret"),
    [
        ("echo hunter2", "hunter2"),
        ("printf 'one\\ntwo\\n'", "one"),
        ("echo hunter2 | tr h H", "Hunter2"),
        ("printf 'a b \\r\\n'", "a b "),
    ],
)
async def test_the_first_line_of_the_command_is_the_password(command: str, secret: str) -> None:
    assert await from_command(command) == secret


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/does/not/exist", "no such file"),
        ("sh -c 'echo geheim; exit 3'", "status 3"),
        ("true", "printed nothing that can be used"),
        ("'", "cannot be run"),
        ("yes geheim", "far more"),
        ("printf '\\377\\n'", "UTF-8"),
    ],
)
async def test_a_command_that_fails_is_named_and_its_output_is_not(command: str, words: str) -> None:
    with pytest.raises(NoPassword, match=words) as error:
        await from_command(command)
    assert "geheim" not in str(error.value)


async def test_a_command_that_never_ends_is_ended(tmp_path: Path) -> None:
    with pytest.raises(NoPassword, match="no answer"):
        await from_command(f"sleep 60 && touch {tmp_path}/x", deadline_seconds=0.1)


async def test_without_a_desktop_the_keyring_answers_none() -> None:
    assert await from_keyring("work", "alice", deadline_seconds=10) is None


def test_the_vault_opens_with_its_passphrase_alone(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "folder")
    vault.seal("correct horse", {"work": "hunter2", "ñ": "ü"})
    assert vault.open("correct horse") == {"work": "hunter2", "ñ": "ü"}
    assert stat.S_IMODE(vault.path.stat().st_mode) == 0o600
    assert b"hunter2" not in vault.path.read_bytes()
    with pytest.raises(WrongPassphrase):
        vault.open("wrong")
    vault.path.write_text(vault.path.read_text().replace("a", "b"))
    with pytest.raises(WrongPassphrase):
        vault.open("correct horse")
    vault.path.write_bytes(b"\xff not json")
    with pytest.raises(WrongPassphrase):
        vault.open("correct horse")


async def test_the_vault_is_asked_before_the_user_and_once(tmp_path: Path) -> None:
    asked: list[str] = []

    async def ask(account: str, prompt: str) -> str:
        asked.append(prompt)
        return "correct horse" if prompt == PASSPHRASE_PROMPT else "typed"

    Vault(tmp_path).seal("correct horse", {"work": "hunter2"})
    passwords = Passwords(tmp_path, ask)
    assert await passwords.password("work", PLAIN) == "hunter2"
    assert await passwords.password("work", PLAIN) == "hunter2"
    assert await passwords.password("home", PLAIN) == "typed"
    assert asked == [PASSPHRASE_PROMPT, "Password of alice (home)"]
    passwords.forget("home")
    await passwords.password("home", PLAIN)
    assert asked[-1] == "Password of alice (home)"
    assert len(asked) == 3


async def test_nobody_to_ask_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Declined, match="password_command"):
        await Passwords(tmp_path).password("work", PLAIN)


async def test_a_token_is_asked_for_each_time(tmp_path: Path) -> None:
    count = tmp_path / "count"
    command = f"echo x >> {count}; echo token-$(wc -l < {count})"
    account = Account(from_="a@b.c", retrieve="imap://alice@h", token_command=command)
    passwords = Passwords(tmp_path)
    assert [await passwords.password("work", account) for _ in range(2)] == ["token-1", "token-2"]


async def test_a_token_command_that_fails_is_named(tmp_path: Path) -> None:
    account = Account(from_="a@b.c", retrieve="imap://alice@h", token_command="false")
    with pytest.raises(NoPassword, match="token_command ended with status 1"):
        await Passwords(tmp_path).password("work", account)
