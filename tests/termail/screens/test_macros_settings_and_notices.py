"""Macros, settings read again while the client runs, drawing with ASCII alone, notification of new mail."""

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from termail.agent.messages import NewMail, StopAgent
from termail.app import TermailApp, build_services, read_settings
from termail.config import SettingsError, Ui
from termail.keymap import Keymap, steps_of
from termail.screens.notices import tell_of_mail
from termail.screens.services import Services
from termail.store.local_store import LocalStore


def test_steps_are_commands_and_a_semicolon_in_an_argument_stays() -> None:
    assert steps_of("tag-pattern ~s 'a;b'; tag-prefix; save-message Old") == [
        ("tag-pattern", "~s 'a;b'"),
        ("tag-prefix", ""),
        ("save-message", "Old"),
    ]


async def test_a_macro_runs_its_steps_in_order(opened: Any, services: Services, store: LocalStore) -> None:
    services.keymap = Keymap({"index": {"A": "tag-pattern ~s Invoice; tag-prefix; save-message Archive"}})
    async with opened() as client:
        await client.press("A")
        assert "Moved 2 messages to Archive" in client.lines[-1]
        await client.press("?")
        await client.press("*")
        assert any("save-message Archive" in line for line in client.lines)
    archive = store.folder_named("work", "Archive")
    assert archive is not None
    assert archive.total == 2


async def test_a_macro_stops_where_a_step_cannot_be_done(
    opened: Any, services: Services, store: LocalStore
) -> None:
    services.keymap = Keymap({"index": {"A": "save-message Nowhere; delete-message"}})
    async with opened() as client:
        await client.press("A")
        assert "No folder 'Nowhere'" in client.lines[-1]
    assert store.operations() == []


async def test_settings_are_read_again_while_the_client_runs(
    opened: Any, services: Services, store: LocalStore, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    services.reload = lambda: services.take_settings(*read_settings(tmp_path))
    account = '[accounts.work]\nfrom = "alice@cities.org"\nretrieve = "imaps://alice@mail.cities.org"\n'
    config.write_text(account + '[searches]\nMoney = "~s Invoice"\n[keys.index]\nZZ = "flag-message"\n')
    async with opened(width=130) as client:
        await client.press(":")
        await client.type("reload-settings")
        await client.press("enter")
        assert "Settings read again." in client.lines[-1]
        assert any("Money" in line for line in client.lines)
        assert any(isinstance(message, StopAgent) for message in services.agent.sent)
        await client.press("Z", "Z")
        assert store.folder_named("work", "INBOX").flagged == 1
        config.write_text(account + '[searches]\nMoney = "~q"\n')
        await client.press(":")
        await client.type("reload-settings")
        await client.press("enter")
        assert "[searches] '~q'" in client.lines[-1]
        await client.press("Z", "Z")
    assert store.folder_named("work", "INBOX").flagged == 2, "the settings from before still hold"


def test_a_wrong_score_or_search_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[scores]\n"~d never" = 3\n')
    with pytest.raises(SettingsError, match=r"\[scores\] '~d never'.*no date"):
        build_services(tmp_path, tmp_path / "data", agent=False)


@pytest.mark.parametrize(("width", "height"), [(200, 60), (46, 20)])
async def test_ascii_mode_draws_with_ascii(opened: Any, services: Services, width: int, height: int) -> None:
    services.settings = msgspec.structs.replace(services.settings, ui=Ui(ascii=True))
    async with opened(width=width, height=height) as client:
        await client.press("3")
        await client.press("enter")
        text = "\n".join(client.lines)
        assert "`->" in text
        assert width > 100 or "~" in text
        drawn = text.replace("␛", "").replace("␇", "")  # what a sender wrote is shown as it is
        assert drawn.isascii(), [line for line in client.lines if not line.isascii()]


@pytest.mark.parametrize("height", [8, 30])
async def test_a_subject_that_is_cut_says_so_beside_a_scroll_bar_too(opened: Any, height: int) -> None:
    async with opened(width=46, height=height) as client:
        await client.press("1", "enter")
        (welcome,) = (line for line in client.lines if " Wel" in line)
        assert "…" in welcome


def test_notifications_carry_nothing_of_the_sender_s(tmp_path: Path) -> None:
    written: list[str] = []
    rung: list[bool] = []
    evil = "\x1b]0;owned\x07 ; rm\n"
    for kind in ("osc9", "osc777", "osc99"):
        tell_of_mail(Ui(notify_terminal=kind), evil, evil, ring=lambda: rung.append(True), write=written.append)
    assert len(rung) == 3
    assert all(text.count("\x1b") == (2 if "]99" in text else 1) for text in written)
    assert all("\n" not in text and "0;owned" not in text for text in written)
    assert written[1].count(";") == 3


def test_a_program_gets_sender_and_subject_as_arguments(tmp_path: Path) -> None:
    out, pipe = tmp_path / "out", tmp_path / "pipe"
    os.mkfifo(pipe)
    script = tmp_path / "tell"
    script.write_text(f'#!/bin/sh\nprintf "%s|" "$@" > {out}\necho done > {pipe}\n')
    script.chmod(0o700)
    tell_of_mail(
        Ui(notify=False, notify_command=f"{script} --body"),
        "Ann $(id)", "--help `id`",
        ring=lambda: None, write=lambda text: None,
    )  # fmt: skip
    assert pipe.read_text() == "done\n"
    assert out.read_text() == "--body|Ann $(id)| --help `id`|"


async def test_new_mail_rings(opened: Any, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[bool] = []
    monkeypatch.setattr(TermailApp, "bell", lambda self: rung.append(True))
    async with opened() as client:
        folder = client.app.screen.view.folder.folder_id
        client.app.screen.heard(NewMail(folder_id=folder, sender="Ann", subject="Hi"))
        await client.settle()
        assert "New mail from Ann: Hi" in client.lines[-1]
    assert rung == [True]
