"""The world's clock while it runs, and the way back to how everything was."""

import asyncio
from imaplib import IMAP4

import pytest

from bundled_server.clock import WorldClock
from bundled_server.world.faults.fault import Fault
from bundled_server.world.mailboxes import Mailboxes, NewMail, NotThere
from bundled_server.world.snapshots import BadSnapshot


async def test_a_sleeper_wakes_when_the_clock_is_set(monkeypatch) -> None:
    clock = WorldClock()
    before = clock.now()
    sleeper = asyncio.ensure_future(clock.sleep(3600))
    await asyncio.sleep(0)
    clock.pause()
    clock.advance(3000)
    still = clock.now()
    assert clock.now() == still and not sleeper.done()
    clock.set_factor(100_000)
    clock.go_on()
    async with asyncio.timeout(60):
        await sleeper
    assert clock.now() - before >= 3600
    for wrong in (lambda: clock.set_factor(0.5), lambda: clock.set_factor(1e9), lambda: clock.advance(-1)):
        with pytest.raises(ValueError):
            wrong()


async def test_the_clock_over_http(world, api) -> None:
    before = (await api.call("GET", "/world/clock"))["now"]
    shown = await api.call("PUT", "/world/clock", {"factor": 1000, "paused": True, "advance": 86_400})
    assert (shown["factor"], shown["paused"]) == (1000.0, True)
    assert shown["now"] - before >= 86_400
    assert "year 3000" in (await api.call("PUT", "/world/clock", {"advance": 1e300}))["error"]
    assert "1 to" in (await api.call("PUT", "/world/clock", {"factor": 0}))["error"]
    assert (await api.call("PUT", "/world/clock", {"paused": False}))["paused"] is False


def _validity(port: int, user: str) -> bytes:
    with IMAP4("127.0.0.1", port) as client:
        client.login(user, "123456")
        client.select()
        return client.response("UIDVALIDITY")[1][0]


async def test_a_reset_brings_back_mail_users_queue_and_names_on_the_same_ports(world) -> None:
    mailboxes, station = Mailboxes(world), world.stations["other.test"]
    imap = station.host.bound_ports["imap"]
    await mailboxes.send(NewMail(to=["bob@other.test"], subject="Before", text="x\n"))
    await world.faults.set(Fault("mx-down", "other.test"))
    await mailboxes.send(NewMail(to=["bob@other.test"], sender="alice@cities.org", subject="Waits", text="x\n"))
    await world.snapshots.take("lesson-2")
    validity = await asyncio.to_thread(_validity, imap, "bob")

    await mailboxes.delete("bob@other.test")
    await station.host.directory.put("carla", "123456")
    world.zones.remove("other.test", "MX")
    await world.faults.set(Fault("host-down", "cities.org"))
    await world.snapshots.restore("lesson-2")

    assert world.faults.active() == ()
    assert station.host.bound_ports["imap"] == imap
    assert await station.host.directory.names() == ["bob", "root"]
    assert any("MX 10 server.other.test." in record for record in world.zones.records())
    assert await asyncio.to_thread(_validity, imap, "bob") != validity
    subjects = {mail.subject for mail in await mailboxes.messages("bob@other.test")}
    assert "Before" in subjects
    world.clock.advance(3600)
    assert await mailboxes.wait("bob@other.test", {"subject": "waits"})

    await world.snapshots.restore()
    assert await mailboxes.messages("bob@other.test") == []
    assert world.snapshots.names() == ["lesson-2", "start"]


async def test_a_reset_waits_for_nobody(world) -> None:
    """Clients that never close, one of them before its TLS handshake, hear goodbye and are cut off."""
    ports = world.hosts["other.test"].bound_ports
    talks = {name: await asyncio.open_connection("127.0.0.1", ports[name]) for name in ("imap", "smtp", "imaps")}
    greetings = {name: await talks[name][0].readline() for name in ("imap", "smtp")}
    async with asyncio.timeout(2):
        await world.snapshots.restore()
    assert greetings["imap"].startswith(b"* OK") and (await talks["imap"][0].read()).startswith(b"* BYE")
    assert (await talks["smtp"][0].read()).startswith(b"421 ")
    assert await talks["imaps"][0].read() == b""
    for _, writer in talks.values():
        writer.close()


async def test_snapshots_that_cannot_be(world, api) -> None:
    with pytest.raises(BadSnapshot, match="there is: start"):
        await world.snapshots.restore("never")
    with pytest.raises(BadSnapshot, match="no name"):
        await world.snapshots.take("../out")
    assert await api.call("PUT", "/world/snapshots/one") == {"taken": "one"}
    assert await api.call("GET", "/world/snapshots") == ["one", "start"]
    assert await api.call("POST", "/world/reset", snapshot="one") == {"reset": "one"}
    assert "error" in await api.call("POST", "/world/reset", snapshot="two")


async def test_mail_over_http(world, api) -> None:
    sent = await api.call(
        "POST",
        "/world/mail",
        {"from": "bob@other.test", "to": ["alice@cities.org"], "subject": "Año", "text": "hola\n"},
    )
    found = await api.call("GET", "/world/mail/alice@cities.org/wait", subject="año", seconds=60)
    assert found["message_id"] == sent["message_id"]
    assert found["sender"] == "bob@other.test"
    assert [mail["uid"] for mail in await api.call("GET", "/world/mail/alice")] == [found["uid"]]
    read = await api.call("GET", f"/world/mail/alice/{found['uid']}")
    assert read["text"] == "hola\n"
    assert read["header"][0] == ["Return-Path", "<bob@other.test>"]
    assert "within 0 s" in (await api.call("GET", "/world/mail/bob@other.test/wait", seconds=0))["error"]
    assert await api.call("DELETE", f"/world/mail/alice/{found['uid']}") == {"deleted": 1}
    assert "error" in await api.call("DELETE", f"/world/mail/alice/{found['uid']}")
    assert "no host of this world" in (await api.call("GET", "/world/mail/a@nowhere.example"))["error"]
    refused = await api.call("POST", "/world/mail", {"to": ["nobody@cities.org"], "text": "x"})
    assert "User unknown" in refused["error"]
    with pytest.raises(NotThere):
        await Mailboxes(world).send(NewMail(to=["x@outside.example"]))
