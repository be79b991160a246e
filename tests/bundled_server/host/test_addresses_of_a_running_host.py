"""A host's address book at its ports: domains that come while it runs, alias files, quotas at RCPT, bad files."""

import asyncio
import smtplib
from pathlib import Path
from typing import Any

import pytest

from bundled_server.clock import SystemClock
from bundled_server.config import Forward, HostSettings, Ports
from bundled_server.host.errors import HostCannotStart
from bundled_server.host.host import Host
from bundled_server.mailbox.changes import PutUser


def settings(folder: Path, **more: Any) -> HostSettings:
    return HostSettings(
        hostname="mail.cities.org",
        domain="cities.org",
        data=folder / "host",
        ports=Ports(smtp=0, submission=0),
        users=(("alice", "123456"), ("juan", "123456")),
        **more,
    )


async def recipients_answered(host: Host, *addresses: str) -> list[tuple[int, bytes]]:
    def ask() -> list[tuple[int, bytes]]:
        with smtplib.SMTP("127.0.0.1", host.bound_ports["smtp"]) as client:
            client.ehlo()
            client.mail("bob@other.test")
            return [client.rcpt(address) for address in addresses]

    return await asyncio.to_thread(ask)


async def test_domains_come_and_go_while_the_host_runs(tmp_path: Path) -> None:
    async with Host(settings(tmp_path)) as host:
        assert [code for code, _ in await recipients_answered(host, "alice@towns.org")] == [550]
        host.domains.add("towns.org")
        host.domains.alias("villages.org", "towns.org")
        answers = await recipients_answered(host, "alice@Towns.org", "postmaster@villages.org", "eve@towns.org")
        assert [code for code, _ in answers] == [250, 250, 550]
    async with Host(settings(tmp_path)) as host:
        assert [code for code, _ in await recipients_answered(host, "alice@towns.org")] == [250]
        host.domains.remove("villages.org")
        assert [code for code, _ in await recipients_answered(host, "alice@villages.org")] == [550]


async def test_alias_files_and_forwards_are_known_at_the_port(tmp_path: Path) -> None:
    (tmp_path / "aliases").write_text("team: alice, juan\n@cities.org: juan\n")
    more = {"alias_files": (tmp_path / "aliases",), "forwards": {"Alice": Forward(to=("juan",))}}
    async with Host(settings(tmp_path, **more)) as host:
        answers = await recipients_answered(host, "team@cities.org", "whoever@cities.org", "x@far.test")
        assert [code for code, _ in answers] == [250, 250, 550]
        assert [target.user for target in (await host.addresses.resolve("alice@cities.org")).targets] == ["juan"]


@pytest.mark.parametrize(("refuses", "code", "status"), [(False, 452, b"4.2.2"), (True, 552, b"5.2.2")])
async def test_a_full_mailbox_is_said_at_rcpt(tmp_path: Path, refuses: bool, code: int, status: bytes) -> None:
    more = {"quotas": {"alice": 100}, "quota_refuses": refuses}
    async with Host(settings(tmp_path, **more)) as host:
        assert [code for code, _ in await recipients_answered(host, "alice@cities.org")] == [250]

        def send() -> None:
            with smtplib.SMTP("127.0.0.1", host.bound_ports["smtp"]) as client:
                client.sendmail("bob@other.test", ["juan@cities.org"], "Subject: s\r\n\r\nHola\r\n")

        await asyncio.to_thread(send)
        inbox = await host.store.mailbox("juan", "INBOX")
        assert inbox is not None and len((await host.store.index(inbox.mailbox_id)).uids) == 1
    async with Host(settings(tmp_path, quotas={"juan": 10}, quota_refuses=refuses)) as host:
        full, free, role = await recipients_answered(
            host, "juan@cities.org", "alice@cities.org", "abuse@cities.org"
        )
        assert full[0] == code
        assert full[1].startswith(status)
        assert (free[0], role[0]) == (250, 250)


async def test_an_alias_file_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "aliases").write_text("run: |/bin/cat\n")
    with pytest.raises(HostCannotStart, match=r"aliases, line 1: .* would run a program"):
        await Host(settings(tmp_path, alias_files=(tmp_path / "aliases",))).open()


async def test_where_an_address_led_is_not_remembered_beyond_a_change(tmp_path: Path) -> None:
    path = tmp_path / "aliases"
    path.write_text("@cities.org: juan\n")
    async with Host(settings(tmp_path, alias_files=(path,))) as host:

        async def owners(address: str) -> list[str]:
            return [target.user for target in (await host.addresses.resolve(address)).targets]

        assert await owners("eve@cities.org") == ["juan"]
        await host.directory.put("eve", "123456")
        assert await owners("eve@cities.org") == ["eve"]
        await host.directory.remove("eve")
        assert await owners("eve@cities.org") == ["juan"]
        assert await owners("eve@towns.org") == []
        host.domains.alias("towns.org", "cities.org")
        assert await owners("eve@towns.org") == ["juan"]


async def test_who_is_new_in_a_directory_elsewhere_gets_mail_after_a_minute(tmp_path: Path) -> None:
    """As far as this host is concerned, a store that another process writes to is such a directory."""

    class Clock(SystemClock):
        later = 0.0

        def now(self) -> float:
            return super().now() + self.later

    (tmp_path / "aliases").write_text("@cities.org: juan\n")
    clock = Clock()
    async with Host(settings(tmp_path, alias_files=(tmp_path / "aliases",)), clock=clock) as host:
        before = await host.addresses.resolve("eve@cities.org")
        await host.store.commit(PutUser("eve", "secret"))
        clock.later = 61.0
        after = await host.addresses.resolve("eve@cities.org")
    assert ([t.user for t in before.targets], [t.user for t in after.targets]) == (["juan"], ["eve"])
