"""Where links lead, and who vouches for a message."""

import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from termail.screens.services import Services
from termail.screens.trust_line import delay_text, pretended_address, trust_runs

TRAVELLED = b"""Received: from server.other.test (server.other.test [127.0.0.1]) by brasilia.cities.org
 with ESMTPS id abc123 for <alice@cities.org>; Sat, 22 Nov 2025 09:16:09 +0000
Received: from laptop by server.other.test with ESMTPSA id xyz; Sat, 22 Nov 2025 09:14:07 +0000
Authentication-Results: brasilia.cities.org; dkim=pass header.d=other.test; spf=fail smtp.mailfrom=other.test
Authentication-Results: evil.test; dmarc=pass header.from=bank.test
From: "alice@cities.org" <bob@other.test>
Reply-To: <somebody@else.test>
Subject: s

"""
OWN = frozenset({"cities.org"})


def text_of(runs: list[tuple[str, str]]) -> str:
    return "".join(text for text, _ in runs)


def test_the_line_of_trust_believes_servers_of_ones_own_alone() -> None:
    line = text_of(trust_runs(TRAVELLED, OWN))
    assert "\u2713 DKIM other.test" in line
    assert "\u2717 SPF fail" in line
    assert "DMARC" not in line
    assert "! the name says alice@cities.org" in line
    assert "! a reply goes to somebody@else.test" in line
    assert "came in 2 min over 2 hops" in line
    assert "DKIM" not in text_of(trust_runs(TRAVELLED, frozenset({"elsewhere.test"})))


def test_a_message_that_says_nothing_has_no_line_of_trust() -> None:
    assert trust_runs(b"From: a@x.test\r\n\r\n", OWN) == []
    assert (
        trust_runs(b"Received: from a by b; Sat, 22 Nov 2025 09:14:07 +0000\r\nFrom: a@x.test\r\n\r\n", OWN) == []
    )


def test_a_name_with_the_same_address_pretends_nothing() -> None:
    assert pretended_address(b'From: "bob@other.test" <bob@other.test>\n\n') == ""


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (89, "89 s"), (120, "2 min"), (7200, "2 h"), (400_000, "5 days")]
)
def test_delays_are_said_in_the_unit_people_use(seconds: float, words: str) -> None:
    assert delay_text(seconds) == words


async def test_a_link_is_opened_by_its_number_after_its_true_host_was_shown(
    opened: Any, services: Services, tmp_path: Path
) -> None:
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/seen\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    ui = msgspec.structs.replace(services.settings.ui, url_command=str(program))
    services.settings = msgspec.structs.replace(services.settings, ui=ui)
    async with opened() as client:
        await client.press("8", "enter", "enter", "o")
        assert "1-2" in client.lines[-1]
        await client.press("2", "enter")
        assert "xn--pypal-4ve.test" in client.lines[-1]
        await client.press("y")
        assert "Opened xn--pypal-4ve.test" in client.lines[-1]
        while not (tmp_path / "seen").exists():
            await client.settle()
    assert (tmp_path / "seen").read_text().strip() == "http://xn--pypal-4ve.test/8"


async def test_enter_lists_the_links_and_n_opens_none(opened: Any) -> None:
    async with opened() as client:
        await client.press("8", "enter", "enter", "o", "enter")
        assert client.screen_name == "LinksScreen"
        assert "shop.test" in client.text
        await client.press("enter", "n")
        assert client.screen_name == "PagerScreen"
