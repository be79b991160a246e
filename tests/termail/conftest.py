"""A server that plays one side of a transcript on a real socket, a certificate for it, and keys of real gpg."""

import asyncio
import contextlib
import datetime
import ipaddress
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from termail.mime.crypto.gpg import Gpg


@dataclass(frozen=True)
class Certificate:
    """A self-signed one for 127.0.0.1: its own authority."""

    path: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        return context


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return Certificate(path)


@dataclass
class Scripted:
    """`heard` are the client's lines; `left` is set when the client has gone."""

    port: int = 0
    heard: list[str] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    trouble: list[str] = field(default_factory=list)


async def play(script: str, server: Scripted, reader, writer, context: ssl.SSLContext | None) -> None:
    """Lines of a script. `S: text` is sent ({tag} is the client's last tag). `C: start` is awaited: the line, or
    what follows its tag, must start so; `C` alone takes any line, `C{n}` takes n octets. `TLS` upgrades, `CLOSE`
    hangs up, `STAY` answers LOGOUT alone."""
    tag = ""
    for line in script.strip().splitlines():
        line = line.strip()
        if not line:
            continue
        if line.startswith("S: "):
            writer.write(line[3:].replace("{tag}", tag).encode("utf-8").replace(b"\\r\\n", b"\r\n") + b"\r\n")
        elif line == "TLS":
            await writer.drain()
            await writer.start_tls(context)
        elif line == "CLOSE":
            await writer.drain()
            return
        elif line == "STAY":
            while data := await reader.read(65_536):
                if data.endswith(b" LOGOUT\r\n"):
                    writer.write(b"* BYE\r\n" + data.split(b" ")[0] + b" OK\r\n")
            return
        elif line.startswith("C{"):
            data = await reader.readexactly(int(line[2:-1]))
            server.heard.append(data.decode("utf-8", "replace"))
        else:
            got = (await reader.readline()).decode("utf-8", "replace").rstrip("\r\n")
            server.heard.append(got)
            wanted = line[2:].strip()
            first, _, rest = got.partition(" ")
            if rest.startswith(wanted) and rest:
                tag = first
            elif not got.startswith(wanted):
                server.trouble.append(f"wanted {wanted!r}, got {got!r}")
                return
    await writer.drain()


@pytest.fixture
async def scripted(certificate: Certificate) -> AsyncIterator[Callable[..., object]]:
    """await scripted(script, …) → Scripted: one script for each connection in turn."""
    async with contextlib.AsyncExitStack() as stack:
        played: list[Scripted] = []

        async def start(*scripts: str, tls: bool = False) -> Scripted:
            server = Scripted()
            played.append(server)
            waiting = list(scripts)
            context = certificate.server_context()

            async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                    await play(waiting.pop(0), server, reader, writer, context)
                writer.close()
                server.left.set()

            listening = await asyncio.start_server(meet, "127.0.0.1", 0, ssl=context if tls else None)
            server.port = listening.sockets[0].getsockname()[1]
            stack.callback(listening.close)
            return server

        yield start
        for server in played:
            assert not server.trouble, server.trouble


def _gpg(home: Path, *words: str, octets: bytes = b"") -> None:
    command = ["gpg", "--homedir", str(home), "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase"]
    done = subprocess.run([*command, *words], input=octets, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def gpg_home() -> Iterator[Path]:
    """A private GNUPGHOME: Ana and Bob have keys; Mallory's is there and certified by nobody."""
    if shutil.which("gpg") is None:
        pytest.skip("gpg is not installed")
    folder = Path(tempfile.mkdtemp(prefix="gpg-"))  # short: the agent's socket lives in it
    for name in ("Ana <ana@other.test>", "Bob <bob@cities.org>"):
        _gpg(folder, "", "--quick-gen-key", name, "future-default", "default", "never")
    _gpg(folder, "locked", "--quick-gen-key", "Locked <locked@other.test>", "future-default", "default", "never")
    stranger = folder / "stranger"
    stranger.mkdir(mode=0o700)
    _gpg(stranger, "", "--quick-gen-key", "Mallory <mallory@evil.test>", "future-default", "default", "never")
    exported = subprocess.run(
        ["gpg", "--homedir", str(stranger), "--export"], capture_output=True, check=True
    ).stdout
    _gpg(folder, "", "--import", octets=exported)
    for place in (folder, stranger):
        subprocess.run(["gpgconf", "--homedir", str(place), "--reload", "gpg-agent"], check=False)
    yield folder
    for place in (folder, stranger):
        subprocess.run(["gpgconf", "--homedir", str(place), "--kill", "all"], check=False)
    shutil.rmtree(folder)


@pytest.fixture
def gpg(gpg_home: Path) -> Gpg:
    return Gpg(home=gpg_home)


@pytest.fixture
def stranger(gpg_home: Path) -> Gpg:
    return Gpg(home=gpg_home / "stranger")
