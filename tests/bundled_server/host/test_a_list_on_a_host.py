"""A mailing list on a running host: letters over real sockets, a restart in between, members who bounce."""

import asyncio
import imaplib
import re
import smtplib
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from yarl import URL

from bundled_server.config import HostSettings, Ports
from bundled_server.envelope import Envelope, Recipient
from bundled_server.host.host import Host
from bundled_server.mailbox.changes import Enqueue
from bundled_server.mailbox.content import prepare
from bundled_server.mailbox.sqlite_store import SqliteStore

PASSWORD = "123456"


def settings(folder: Path, **more: Any) -> HostSettings:
    return HostSettings(
        hostname="mx.cities.org",
        domain="cities.org",
        data=folder,
        ports=Ports(smtp=0, submission=0, imap=0, admin=0),
        users=tuple((name, PASSWORD) for name in ("alice", "bob", "juan")),
        **more,
    )


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    async with Host(settings(tmp_path)) as running:
        await ask(running, "create", name="redes", owners=["juan@cities.org"], subject_tag="redes")
        await ask(running, "join", name="redes", which=["alice@cities.org", "bob@cities.org"])
        yield running


async def ask(host: Host, verb: str, **wanted: Any) -> Any:
    return await host.clerks["lists"].answer(verb, wanted)


def submit(host: Host, user: str, to: str, subject: str) -> None:
    with smtplib.SMTP("127.0.0.1", host.bound_ports["submission"]) as client:
        client.login(user, PASSWORD)
        letter = f"From: {user}@cities.org\r\nTo: {to}\r\nSubject: {subject}\r\n\r\nhi\r\n"
        client.sendmail(f"{user}@cities.org", [to], letter)


async def inbox(host: Host, user: str, wanted: int) -> list[Message]:
    """What is in the INBOX as soon as that much is there."""
    mailbox = await host.store.mailbox(user, "INBOX")
    assert mailbox is not None
    changed = asyncio.Event()
    stop = host.store.watch(mailbox.mailbox_id, lambda _: changed.set())
    async with asyncio.timeout(60):
        while len((index := await host.store.index(mailbox.mailbox_id)).uids) < wanted:
            await changed.wait()
            changed.clear()
    stop()
    return [message_from_bytes(await host.store.body(one)) for one in index.content_ids]


async def test_a_letter_reaches_the_members_and_each_copy_names_its_return_path(host: Host) -> None:
    await asyncio.to_thread(submit, host, "alice", "redes@cities.org", "the exam")
    for user in ("alice", "bob"):
        (message,) = await inbox(host, user, 1)
        assert message["Subject"] == "[redes] the exam"
        assert message["List-Id"] == "<redes.cities.org>"
        assert message["Return-Path"].startswith(f"<redes-bounces+{user}=cities.org=")
        assert message.get_all("Delivered-To") == [f"{user}@cities.org", "redes@cities.org"]
    assert await host.store.queue_items() == []


async def test_joining_by_mail_over_the_wire(host: Host) -> None:
    await asyncio.to_thread(submit, host, "juan", "redes-join@cities.org", "")
    (question,) = await inbox(host, "juan", 1)
    await asyncio.to_thread(submit, host, "juan", question["Reply-To"], "yes")
    welcome = (await inbox(host, "juan", 2))[1]
    assert welcome["Subject"] == "welcome to redes"
    assert len(await ask(host, "members", name="redes")) == 3


async def test_a_held_letter_outlives_a_restart_and_is_passed_on_at_once(tmp_path: Path) -> None:
    async with Host(settings(tmp_path)) as first:
        await ask(first, "create", name="redes", owners=["juan@cities.org"], posting="moderated")
        await ask(first, "join", name="redes", which=["bob@cities.org"])
        await asyncio.to_thread(submit, first, "alice", "redes@cities.org", "may I?")
        await inbox(first, "juan", 1)
    async with Host(settings(tmp_path)) as second:
        (held,) = await ask(second, "held", name="redes")
        await ask(second, "approve", name="redes", which=[held["mark"]])
        (message,) = await inbox(second, "bob", 1)
        assert message["Subject"] == "may I?"


async def test_whom_a_list_refuses_is_told_on_the_line(host: Host) -> None:
    await ask(host, "set", name="redes", posting="announce")

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", host.bound_ports["smtp"]) as client:
            client.sendmail("eve@else.test", ["redes@cities.org"], "From: eve@else.test\r\n\r\nbuy\r\n")

    with pytest.raises(smtplib.SMTPDataError) as refused:
        await asyncio.to_thread(send)
    assert refused.value.smtp_code == 550
    assert b"only the owners" in refused.value.smtp_error


async def test_a_member_without_a_mailbox_bounces_and_is_counted(host: Host) -> None:
    await ask(host, "join", name="redes", which=["gone@cities.org"])
    await asyncio.to_thread(submit, host, "alice", "redes@cities.org", "the exam")
    following = host.journal.follow()
    async with asyncio.timeout(60):
        while not any("gone@cities.org bounced" in event.text for event in host.journal.recent()):
            await anext(following)
    await following.aclose()
    members = {one["address"]: one["bounces"] for one in await ask(host, "members", name="redes")}
    assert members == {"alice@cities.org": 0, "bob@cities.org": 0, "gone@cities.org": 1}


async def test_members_read_the_archive_over_imap_and_nobody_writes_into_it(host: Host) -> None:
    await asyncio.to_thread(submit, host, "alice", "redes@cities.org", "the exam")
    await inbox(host, "alice", 1)

    def look(user: str) -> dict[str, tuple[str, list[Any]]]:
        with imaplib.IMAP4("127.0.0.1", host.bound_ports["imap"]) as client:
            client.login(user, PASSWORD)
            name = '"#lists/redes"'
            told = {
                "namespace": client.namespace(),
                "list": client.list('""', "*"),
                "select": client.select(name, readonly=True),  # imaplib fears a SELECT that turns out read-only
            }
            if told["select"][0] == "OK":
                told["search"] = client.search(None, "SUBJECT", "exam")
                told["store"] = client.store("1", "+FLAGS", "\\Deleted")
            told["append"] = client.append(name, "", None, b"Subject: x\r\n\r\nx")
            told["delete"] = client.delete(name)
            told["create"] = client.create('"#lists/mine"')
            return told

    member = await asyncio.to_thread(look, "alice")
    assert member["namespace"][1] == [b'(("" "/")) NIL (("#lists/" "/"))']
    assert any(line.endswith(b'"/" #lists/redes') for line in member["list"][1])
    assert member["search"] == ("OK", [b"1"])
    assert all(member[verb][0] == "NO" for verb in ("store", "append", "delete", "create"))
    assert b"NOPERM" in member["append"][1][0]
    assert (await asyncio.to_thread(look, "juan"))["select"][0] == "OK"  # the owner
    await ask(host, "leave", name="redes", which=["bob@cities.org"])
    stranger = await asyncio.to_thread(look, "bob")
    assert not any(b"#lists" in line for line in stranger["list"][1])
    assert stranger["select"][0] == "NO"
    assert b"NOPERM" not in stranger["append"][1][0]


async def test_one_click_leaves_the_list_and_a_look_does_not(tmp_path: Path) -> None:
    async with Host(settings(tmp_path, leave_url="https://mail.cities.org/leave")) as host:
        await ask(host, "create", name="redes", owners=["juan@cities.org"])
        await ask(host, "join", name="redes", which=["alice@cities.org", "bob@cities.org"])
        await asyncio.to_thread(submit, host, "alice", "redes@cities.org", "the exam")
        (message,) = await inbox(host, "bob", 1)
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link, mail = message["List-Unsubscribe"].split(", ")
        assert mail == "<mailto:redes-leave@cities.org>"
        path = link.removeprefix("<https://mail.cities.org").removesuffix(">")
        assert path.startswith("/leave/redes/bob%40cities.org/")

        async def click(method: str, path: str) -> int:
            url = f"http://127.0.0.1:{host.bound_ports['admin']}{path}"
            async with ClientSession() as session, session.request(method, URL(url, encoded=True)) as response:
                return response.status

        assert await click("GET", path) == 200
        assert await click("POST", path.replace("bob", "alice")) == 404
        assert await click("POST", path[:-1]) == 404
        assert [one["address"] for one in await ask(host, "members", name="redes")][1] == "bob@cities.org"
        assert await click("POST", path) == 200
        assert [one["address"] for one in await ask(host, "members", name="redes")] == ["alice@cities.org"]
        assert await click("GET", "/queue") == 401


async def test_two_owners_who_approve_at_the_same_moment_pass_a_letter_on_once(tmp_path: Path) -> None:
    async with Host(settings(tmp_path)) as first:
        owners = ["juan@cities.org", "alice@cities.org"]
        await ask(first, "create", name="redes", owners=owners, posting="moderated")
        await ask(first, "join", name="redes", which=["bob@cities.org"])
        await asyncio.to_thread(submit, first, "bob", "redes@cities.org", "may I?")
        (question,) = await inbox(first, "juan", 1)
        await inbox(first, "alice", 1)
    (approve,) = re.findall(r"redes-request\+\w+@cities\.org", question["Reply-To"])
    store = SqliteStore(tmp_path / "host.sqlite")
    await store.open()
    yes = prepare(b"From: juan@cities.org\r\nSubject: yes\r\n\r\nyes\r\n")
    to_list = Envelope("juan@cities.org", (Recipient(approve),))
    await store.commit(*(Enqueue(name, to_list, yes, "", 1.0, "submission") for name in ("one", "two")))
    await store.close()
    async with Host(settings(tmp_path)) as second:
        await inbox(second, "juan", 2)  # who was late is told so
        await inbox(second, "bob", 2)  # that it waits, and the letter
        assert [event.text for event in second.journal.recent() if event.text.startswith("passed on to")] == [
            "passed on to 1 members of redes"
        ]


async def test_a_letter_to_several_spellings_of_a_list_is_one_letter(host: Host) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", host.bound_ports["submission"]) as client:
            client.login("alice", PASSWORD)
            spellings = ["redes@cities.org", "REDES@cities.org", "redes+exam@cities.org"]
            client.sendmail("alice@cities.org", spellings, "From: alice@cities.org\r\nSubject: exam\r\n\r\nhi\r\n")

    await asyncio.to_thread(send)
    await inbox(host, "bob", 1)
    await asyncio.to_thread(submit, host, "alice", "bob@cities.org", "after it")
    assert [one["Subject"] for one in await inbox(host, "bob", 2)] == ["[redes] exam", "after it"]
