"""The wire: pane under or beside the mail, and the view that explains, filters, slows and saves."""

from pathlib import Path
from typing import Any

from termail.agent.messages import SearchThere, WatchWire, WireLine
from termail.classroom.event import Event
from termail.classroom.wire_line import spoken_there
from termail.screens.services import Services
from termail.store.local_store import LocalStore


def said(text: str, direction: str = "C", **values: Any) -> WireLine:
    known = {"account": "work", "protocol": "imap", "time": 1.0, "connection": "imap-1", "server": "mail:143"}
    return WireLine(direction=direction, text=text, **(known | values))


async def test_d_shows_its_store_with_the_key_that_caused_it(
    opened: Any, services: Services, store: LocalStore
) -> None:
    async with opened(120, 30) as client:
        await client.press("W", "d")
        operation = store.operations()[-1].operation_id
        line = said(r"a7 UID STORE 7 +FLAGS.SILENT (\Deleted)", operation_id=operation, cause="delete")
        await client.hear(line)
        shown = next(line for line in client.lines if "UID STORE" in line)
        assert "⌨ d delete-message · change flags · RFC 3501 §6.4.6" in shown
        assert WatchWire() in services.agent.sent  # type: ignore[attr-defined]


async def test_a_limit_is_searched_at_the_server_too_while_somebody_watches(
    opened: Any, services: Services
) -> None:
    async with opened() as client:
        await client.press("l")
        await client.type("~s invoice")
        await client.press("enter")
        assert not [one for one in services.agent.sent if isinstance(one, SearchThere)]  # type: ignore[attr-defined]
        await client.press("W", "l")
        await client.type("~f shop")
        await client.press("enter")
        wishes = [one for one in services.agent.sent if isinstance(one, SearchThere)]  # type: ignore[attr-defined]
        assert [wish.criteria for wish in wishes] == ['FROM "shop"']


async def test_the_view_explains_the_line_and_follows_what_comes(opened: Any) -> None:
    async with opened(80, 24) as client:
        await client.press("f5")
        assert client.screen_name == "WireScreen"
        await client.hear(said("a1 UID FETCH 1:5 (FLAGS BODY.PEEK[HEADER])"))
        await client.hear(said("* 1 EXISTS", "S", is_encrypted=True))
        assert "so many messages are there  RFC 3501 §7.3.1" in client.text
        assert "inside TLS" in client.text
        await client.press("k")
        assert "without marking it read" in client.text
        assert "in the clear: everyone on the way can read it" in client.text
        await client.hear(said("a2 NOOP"))
        assert "FETCH" in client.selected
        await client.press("enter")
        assert "without marking it read" not in client.text


async def test_filters_narrow_to_what_the_line_has(opened: Any) -> None:
    async with opened() as client:
        await client.press("f5")
        await client.hear(said("a1 NOOP"))
        await client.hear(said("EHLO me", protocol="smtp", connection="smtp-2"))
        for key, words in (("c", "smtp-2"), ("o", "smtp"), ("a", "LMTA")):
            await client.press(key)
            assert "NOOP" not in client.text
            assert words in client.lines[0]
            await client.press(key)
            assert "NOOP" in client.text


async def test_a_host_of_the_world_and_the_message_it_carries_can_be_looked_at(opened: Any) -> None:
    async with opened() as client:
        await client.press("f5")
        for text, message_id in (("MAIL FROM:<a@x>", "<m@x>"), ("NOOP", "")):
            event = Event(
                time=1.0, host="brasilia", agent="MTA", kind="wire", text=text, direction="C",
                session="smtp-000001", message_id=message_id,
            )  # fmt: skip
            client.app._hear(spoken_there(event))
        assert "0 lines" in client.lines[0]
        await client.press("w")
        assert "brasilia" in client.lines[0]
        assert "NOOP" in client.text
        await client.press("k", "m")
        assert "NOOP" not in client.text
        await client.press("x")
        assert "everybody" in client.lines[0]


async def test_the_dialogue_is_saved_for_wireshark_without_secrets(opened: Any, tmp_path: Path) -> None:
    async with opened() as client:
        await client.press("f5")
        await client.hear(said("a3 LOGIN alice hunter2"))
        for name in ("x.pcap", "x.txt", "x.doc"):
            await client.press("e")
            for _ in range(12):
                await client.press("backspace")
            await client.type(str(tmp_path / name))
            await client.press("enter")
        assert "end the name with one of .txt" in client.lines[-1]
    assert (tmp_path / "x.pcap").read_bytes()[:4] == b"\xd4\xc3\xb2\xa1"
    assert "hunter2" not in (tmp_path / "x.txt").read_text()
    assert "LOGIN alice" in (tmp_path / "x.txt").read_text()


async def test_what_travels_under_tls_is_shown_beside_what_it_carries(opened: Any) -> None:
    async with opened() as client:
        await client.press("f5")
        await client.hear(said("17 03 03 00 45 …  application data, 69 octets", protocol="tls"))
        await client.hear(said("a1 NOOP", is_encrypted=True))
        assert "17 03 03" not in client.text
        await client.press("t")
        assert "17 03 03" in client.text
        assert "a1 NOOP" in client.text
        await client.press("t")
        assert "a1 NOOP" not in client.text


async def test_the_pane_stands_beside_the_mail_on_a_wide_screen(opened: Any) -> None:
    async with opened(160, 30) as client:
        await client.press("f6")
        await client.hear(said("a1 NOOP"))
        line = next(line for line in client.lines if "a1 NOOP" in line)
        assert line.index("a1 NOOP") > 80
        assert "Invoice 8" in client.text
