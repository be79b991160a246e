"""The filter chain: messages a second and CPU a message without filters, with each one, and with all; and what a
DNSBL or clamd that is slow or dead adds to the time of a message.

python tests/bench/filters.py [--messages 2000] [--connections 20] [--slow 200]
"""

import argparse
import asyncio
import smtplib
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from ours import OurServer
from peers import cpu_seconds

from bundled_server.dns.zone_server import Zones, ZoneServer

LINE = "Nothing here but a line of text of a usual length, as people write them.\r\n"
LETTER = (
    "From: Ann <ann@far.test>\r\nTo: alice@example.test\r\nSubject: hola\r\nMessage-ID: <{0}@far.test>\r\n"
    "Date: Mon, 1 Jan 2024 10:00:00 +0000\r\n\r\n" + LINE * 60
)
STAGES = {
    "no filter": "",
    "lists": "[filters.lists]",
    "rate": "[filters.rate]",
    "dnsbl": '[[filters.dnsbl.zones]]\nzone = "bl.test"\n[[filters.dnsbl.zones]]\nzone = "bl2.test"',
    "names": "[filters.names]",
    "spf": "[filters.spf]",
    "greylist (known)": "[filters.greylist]\ndelay_seconds = 0",
    "dkim": "[filters.dkim]",
    "dmarc": "[filters.dmarc]",
    "content": '[[filters.content.rules]]\nname = "r"\nwhere = "body"\nregex = "casino.{0,20}bonus"',
    "bayes (untrained)": "[filters.bayes]",
    "scanner": "[filters.scanner]",
    "clamd": '[filters.clamd]\naddress = "{clamd}"',
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--slow", type=int, default=200, help="messages for each slow or dead service")
    options = parser.parse_args()
    with service(names) as (_, dns), service(lambda: clamd(0.0)) as (_, scanner):
        everything = "\n".join(STAGES.values())
        base = 0.0
        for title, text in [*STAGES.items(), ("the whole chain", everything)]:
            rate, cpu = throughput(text.replace("{clamd}", scanner), dns, options.messages, options.connections)
            base = base or cpu
            print(
                f"{title:<20} {rate:>8.0f} msg/s   {cpu * 1000:>6.2f} ms CPU a message   {cpu / base:>5.2f}x",
                flush=True,
            )
        latencies(dns, options.slow)


# load


def throughput(text: str, dns: str, messages: int, connections: int) -> tuple[float, float]:
    """(messages accepted a second, the server's CPU seconds for each); connections carry several messages."""
    with server(text, dns) as ours:
        with suppress(smtplib.SMTPRecipientsRefused):  # greylisted
            send(ours.ports["smtp"], range(1))
        send(ours.ports["smtp"], range(connections))  # warm: every name is cached, every module imported
        busy, start = cpu_seconds(ours.pid), time.perf_counter()
        with ThreadPoolExecutor(connections) as pool:
            shares = [range(number, messages, connections) for number in range(connections)]
            list(pool.map(lambda share: send(ours.ports["smtp"], share), shares))
        seconds = time.perf_counter() - start
        return messages / seconds, (cpu_seconds(ours.pid) - busy) / messages


def send(port: int, numbers: Sequence[int]) -> None:
    with smtplib.SMTP("127.0.0.1", port, "mx.far.test") as client:
        for number in numbers:
            client.sendmail("ann@far.test", ["alice@example.test"], LETTER.format(number))


def latencies(dns: str, messages: int) -> None:
    """What one message after the other takes, each from another client, which no answer is remembered for."""
    block_lists = '[filters.dnsbl]\nzones = [{zone = "bl.test"}]\ntimeout_seconds = 1.0\nrest_seconds = 5.0'
    with service(lambda: late(dns, 0.2)) as (_, slow), service(silence) as (_, dead):
        for title, nameserver in (("DNSBL answers", dns), ("DNSBL takes 0.2 s", slow), ("DNSBL is dead", dead)):
            show(title, timed(block_lists, nameserver, messages))
    for title, seconds in (("clamd answers", 0.0), ("clamd takes 0.2 s", 0.2)):
        with service(lambda seconds=seconds: clamd(seconds)) as (_, place):
            show(title, timed(STAGES["clamd"].replace("{clamd}", place), dns, messages))
    show("clamd is dead (451)", timed(STAGES["clamd"].replace("{clamd}", "127.0.0.1:1"), dns, messages))


def timed(text: str, dns: str, messages: int) -> list[float]:
    found = []
    with server(text, dns) as ours:
        for number in range(messages + 1):
            start = time.perf_counter()
            source = (f"127.1.{number // 250}.{number % 250 + 1}", 0)
            with smtplib.SMTP("127.0.0.1", ours.ports["smtp"], "mx.far.test", source_address=source) as client:
                client.ehlo()
                client.mail("ann@far.test")
                client.rcpt("alice@example.test")
                client.data(LETTER.format(number))
            found.append(time.perf_counter() - start)
    return found[1:]  # the first one imports


def show(title: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    p50, p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99) - 1]
    print(
        f"{title:<22} p50 {p50 * 1000:>7.1f} ms   p99 {p99 * 1000:>7.1f} ms   max {ordered[-1] * 1000:>7.1f} ms",
        flush=True,
    )


# the server and those it asks


@contextmanager
def server(text: str, dns: str) -> Iterator[OurServer]:
    with tempfile.TemporaryDirectory(prefix="termail-bench-") as folder:
        config = Path(folder) / "host.toml"
        config.write_text(f'[filters]\nnameservers = ["{dns}"]\n{text}\n' if text else "")
        with OurServer(Path(folder) / "host", "--config", str(config)) as ours:
            yield ours


@contextmanager
def service(make: Callable[[], object]) -> Iterator[tuple[asyncio.AbstractEventLoop, str]]:
    """Something that answers, in a thread of its own → its "ADDRESS:PORT"."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    place: list[str] = []

    async def start() -> None:
        place.append(await make())  # type: ignore[misc]
        ready.set()

    def run() -> None:
        loop.run_until_complete(start())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(10)
    yield loop, place[0]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


async def names() -> str:
    """A name server for far.test, which sends from 127.0.0.1, and for two block lists that list nobody."""
    zones = Zones()
    for origin in ("far.test", "bl.test", "bl2.test", "in-addr.arpa"):
        zones.add_zone(origin)
    zones.put("far.test", "TXT", "v=spf1 mx -all")
    zones.put("_dmarc.far.test", "TXT", "v=DMARC1; p=none")
    zones.put("far.test", "MX", "10 mx.far.test.")
    zones.put("mx.far.test", "A", "127.0.0.1")
    zones.put("1.0.0.127.in-addr.arpa", "PTR", "mx.far.test.")
    answering = ZoneServer(zones)
    await answering.open()
    host, port = answering.address
    return f"{host}:{port}"


async def late(place: str, seconds: float) -> str:
    """The name server at `place`, whose answers take their time."""
    host, _, port = place.partition(":")
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Late((host, int(port)), seconds), local_addr=("127.0.0.1", 0)
    )
    here = transport.get_extra_info("sockname")
    return f"{here[0]}:{here[1]}"


class _Late(asyncio.DatagramProtocol):
    """Passes every question on, and its answer back after a while."""

    def __init__(self, place: tuple[str, int], seconds: float) -> None:
        self._place, self._seconds = place, seconds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(1.0)
            asking.sendto(data, self._place)
            answer = asking.recv(4096)
        loop = asyncio.get_running_loop()
        loop.call_later(self._seconds, self._transport.sendto, answer, addr)  # type: ignore[attr-defined]


async def silence() -> str:
    """A name server that never answers."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    place = transport.get_extra_info("sockname")
    return f"{place[0]}:{place[1]}"


async def clamd(seconds: float) -> str:
    """Speaks as clamd does, and finds nothing."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0")
        while True:
            (length,) = struct.unpack("!L", await reader.readexactly(4))
            if not length:
                break
            await reader.readexactly(length)
        await asyncio.sleep(seconds)
        writer.write(b"stream: OK\0")
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()
    return f"{host}:{port}"


if __name__ == "__main__":
    main()
