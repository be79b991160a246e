"""Reading beyond one text: parts, whole threads, trust explained, lists left, invitations answered."""

import http.server
import ssl
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
import pytest

from termail.mime.message import parse_message
from termail.mime.skeleton import mark
from termail.model.order import Order
from termail.screens.list_leaving import post_one_click
from termail.screens.services import Services
from termail.store.local_store import Arrived, LocalStore
from tests.termail.mime.test_mailcap_and_browser import INVITATION


def add(store: LocalStore, raw: bytes, uid: int = 50, *, is_whole: bool = True) -> int:
    raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    header = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    inbox = store.folder_with_role("work", "inbox")
    assert inbox is not None
    (message_id,) = store.add_messages(
        inbox.folder_id,
        [Arrived(uid=uid, flags=frozenset(), internal_date=1795430400.0, size_octets=len(raw), header=header,
                 raw=raw if is_whole else None)],
    )  # fmt: skip
    return message_id


def with_files() -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "Bob <bob@other.test>", "files"
    message["Date"] = "Mon, 23 Nov 2026 12:00:00 +0000"
    message.set_content("Two files.\n")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="../../evil.pdf")
    message.add_attachment(b"PNG", maintype="image", subtype="png", filename="a.png")
    message.add_attachment("<p>hello <b>there</b></p>", subtype="html", filename="page.html")
    return message.as_bytes()


async def test_all_attachments_are_saved_by_one_key_under_harmless_names(
    opened: Any, store: LocalStore, tmp_path: Path
) -> None:
    add(store, with_files())
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.png").write_bytes(b"mine")
    async with opened() as client:
        await client.press("*", "alt+S")
        await client.type(f"{tmp_path}/out")
        await client.press("enter")
        assert "Saved 3 attachments" in client.lines[-1]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "a (2).png", "a.png", "evil.pdf", "page.html"]  # fmt: skip
    assert (tmp_path / "out/a.png").read_bytes() == b"mine"


async def test_parts_are_looked_at_as_text_raw_or_by_the_mailcap(
    opened: Any, store: LocalStore, services: Services, tmp_path: Path
) -> None:
    (tmp_path / "mailcap").write_text("application/pdf; tr A-Z a-z <%s; copiousoutput\n")
    services.settings = msgspec.structs.replace(
        services.settings, ui=msgspec.structs.replace(services.settings.ui, mailcap=str(tmp_path / "mailcap"))
    )
    add(store, with_files())
    async with opened() as client:
        await client.press("*", "v")
        assert "evil.pdf" in client.text
        await client.press("enter")
        assert "%pdf" in client.text
        await client.press("q", "j", "enter")
        assert "No mailcap entry shows image/png" in client.lines[-1]
        await client.press("j", "enter")
        assert "hello there" in client.text
        await client.press("q", "V")
        assert "<p>hello" in client.text
        await client.press("q", "f")
        await client.type("carol@other.test")
        await client.press("enter", "escape")
        assert "Fwd: page.html" in client.text


async def test_a_part_that_was_left_out_is_fetched_when_it_is_asked_for(
    opened: Any, store: LocalStore, tmp_path: Path
) -> None:
    raw = with_files().replace(b"\n", b"\r\n")
    root = parse_message(raw)
    pdf = next(part for part in root.walk() if part.content_type == "application/pdf")
    header_at = raw.rindex(b"Content-Type: application/pdf", 0, pdf.start)
    skeleton = raw[:header_at] + mark("2", 68_000_000) + raw[header_at : pdf.start] + raw[pdf.end :]
    message_id = add(store, raw, is_whole=False)
    store.put_skeleton(message_id, skeleton)
    async with opened() as client:
        await client.press("*", "enter")
        assert "Two files." in client.text
        assert "evil.pdf · application/pdf · 47M · not fetched yet (v)" in client.text
        assert store.raw(message_id) is None
        await client.press("v")
        store.put_part(message_id, "2", pdf.body)  # as the agent does when it is asked
        await client.press("s")
        await client.type(f"{tmp_path}/saved.pdf")
        await client.press("enter")
        assert "Saved" in client.lines[-1]
    assert (tmp_path / "saved.pdf").read_bytes() == b"%PDF"
    assert store.search("files")  # what is here is searchable


async def test_a_whole_thread_is_one_text(opened: Any) -> None:
    async with opened(height=100) as client:
        await client.press("=", "j", "enter", "alt+W")
        text = client.text
        assert (
            text.index("1/3 · Bob") < text.index("Before.") < text.index("2/3 · Carol") < text.index("3/3 · Dave")
        )
        await client.press("alt+W")
        assert "2/3" not in client.text


async def test_the_trust_line_names_look_alikes_and_is_explained(opened: Any, store: LocalStore) -> None:
    add(
        store,
        b"From: PayPal <service@paypa1.com>\nReply-To: x@evil.test\nSubject: act now\n"
        b"Authentication-Results: mx.cities.org; spf=pass smtp.mailfrom=service@paypa1.com\n"
        b"Received: from a (b) by mx.cities.org with ESMTPS id 1; Mon, 23 Nov 2026 10:00:00 +0000\n\n",
    )
    async with opened(width=120) as client:
        await client.press("*", "enter")
        assert "looks like paypal.com" in client.lines[1]
        await client.press("alt+i")
        assert "paypa1.com (paypa1.com) looks like paypal.com but is another owner's." in client.text
        assert "A reply would go to x@evil.test" in client.text
        assert "says mx.cities.org (your server)" in client.text


async def test_an_invitation_is_answered(opened: Any, store: LocalStore) -> None:
    add(store, b"From: Bob <bob@other.test>\nTo: alice@cities.org\nSubject: lab\n" + INVITATION)
    async with opened() as client:
        await client.press("*", "enter")
        assert "Invitation: Networks lab" in client.text
        await client.press("alt+c", "a", "escape")
        assert "Accepted: Networks lab" in client.text and "bob@other.test" in client.text
        await client.press("y")
    raw = store.outbox_raw(store.outbox()[-1].outbox_id)
    part = next(part for part in parse_message(raw).walk() if part.content_type == "text/calendar")
    assert part.parameters["method"] == "REPLY" and b"PARTSTAT=ACCEPTED:mailto:alice@cities.org" in part.decoded()


async def test_an_edited_message_takes_the_place_of_the_old_one(
    opened: Any, store: LocalStore, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import nullcontext

    from termail.app import TermailApp

    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/Lunch/Dinner/' \"$1\"\n")
    editor.chmod(0o755)
    services.settings = msgspec.structs.replace(
        services.settings, ui=msgspec.structs.replace(services.settings.ui, editor=str(editor))
    )
    monkeypatch.setattr(TermailApp, "suspend", lambda app: nullcontext())  # a test has no terminal to give away
    async with opened() as client:
        await client.press("=", "j", "j", "j", "j", "e")
        assert "The edited message is a new one" in client.lines[-1]
        assert "Dinner?" in client.text and "  D" in next(line for line in client.lines if "Lunch?" in line)


class _ListServer(http.server.BaseHTTPRequestHandler):
    heard: list[tuple[str, bytes]] = []  # noqa: RUF012 # one server, one test

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.heard.append((self.path, self.rfile.read(length)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def list_server(certificate: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    server = http.server.HTTPServer(("127.0.0.1", 0), _ListServer)
    server.socket = certificate.server_context().wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    yield server.server_port
    server.shutdown()
    server.server_close()


async def test_a_list_is_left_by_one_post_after_a_question(
    opened: Any, store: LocalStore, list_server: int
) -> None:
    url = f"https://127.0.0.1:{list_server}/off?id=1"
    add(store, f"From: news@shop.test\nSubject: news\nList-Unsubscribe: <{url}>\n"
               "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n\nhi\n".encode())  # fmt: skip
    _ListServer.heard.clear()
    async with opened() as client:
        await client.press("*", "alt+U")
        assert "one POST to 127.0.0.1, though no signature vouches for it" in client.lines[-1]
        await client.press("n")
        assert _ListServer.heard == []
        await client.press("alt+U", "y")
        assert "you leave the list" in client.lines[-1]
    assert _ListServer.heard == [("/off?id=1", b"List-Unsubscribe=One-Click")]


def test_a_certificate_nobody_vouches_for_is_not_posted_to(
    list_server: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(ssl.SSLCertVerificationError):
        post_one_click(f"https://127.0.0.1:{list_server}/off")


async def test_a_delivery_report_names_the_mail_it_is_about(opened: Any, store: LocalStore) -> None:
    sent = store.folder_with_role("work", "sent")
    assert sent is not None
    header = b"Subject: the offer\r\nTo: Bob <bob@x.test>\r\nMessage-ID: <offer.1+2@cities.org>\r\n\r\n"
    store.add_messages(
        sent.folder_id, [Arrived(uid=1, flags=frozenset(), internal_date=1.0, size_octets=9, header=header)]
    )
    add(
        store,
        b"From: MAILER-DAEMON@x.test\nSubject: Undeliverable\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=a\n\n--a\n\nSorry.\n--a\n"
        b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; bob@x.test\n"
        b"Action: failed\nStatus: 5.1.1\n--a\nContent-Type: text/rfc822-headers\n\n"
        b"Message-ID: <offer.1+2@cities.org>\n--a--\n",
    )
    async with opened() as client:
        await client.press("*", "enter")
        assert "could not be delivered" in client.text
        assert "About your mail “the offer” to Bob, in Sent." in client.lines[-1]


async def test_an_attachment_is_taken_out_of_a_message(opened: Any, store: LocalStore) -> None:
    add(store, with_files())
    async with opened() as client:
        await client.press("*", "v", "d")
        assert "Take ../../evil.pdf out of the message" in client.lines[-1]
        await client.press("y")
        assert client.screen_name == "IndexScreen"
    inbox = store.folder_with_role("work", "inbox")
    assert inbox is not None
    rows = store.rows(store.listing(inbox.folder_id, Order(), "~s files"))
    assert sorted(row.is_deleted for row in rows) == [False, True]
    (kept,) = [store.raw(row.message_id) for row in rows if not row.is_deleted]
    assert kept is not None
    parts = [(part.content_type, part.filename) for part in parse_message(kept).walk()]
    assert parts == [
        ("multipart/mixed", ""),
        ("text/plain", ""),
        ("text/plain", ""),
        ("image/png", "a.png"),
        ("text/html", "page.html"),
    ]
    assert b"evil.pdf (application/pdf, 10 octets) was removed]" in kept


async def test_a_link_to_a_look_alike_is_opened_only_on_a_clear_yes(opened: Any, store: LocalStore) -> None:
    add(store, b"From: x@y.test\nSubject: pay\n\nSee http://paypa1.com/login now\n")
    async with opened(width=120) as client:
        await client.press("*", "enter", "o")
        assert "at paypa1.com, which looks like paypal.com? (yes/[no])" in client.lines[-1]
        await client.press("enter")
        assert "Opened" not in client.lines[-1]
