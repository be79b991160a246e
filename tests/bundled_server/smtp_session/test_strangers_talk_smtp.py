"""Programs nobody here wrote speak to the submission port and to port 25."""

import asyncio
import shutil
import smtplib
import ssl
from pathlib import Path

import pytest

TEXT = b"From: alice@cities.org\r\nTo: bob@other.test\r\nSubject: x\r\n\r\n.dot\r\n..dots\r\n.\r\nend\r\n"


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


async def test_smtplib_with_starttls_and_login(serve, client_tls: ssl.SSLContext) -> None:
    server = await serve(submission=True, tls=True)

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", server.listener.port, "laptop", timeout=60) as client:
            client.starttls(context=client_tls)
            client.login("alice@cities.org", "123456")
            client.sendmail("alice@cities.org", ["bob@other.test"], TEXT, mail_options=["BODY=8BITMIME"])
            assert client.verify("juan") == (250, b"2.1.5 <juan@cities.org>")

    await asyncio.to_thread(send)
    assert server.accepted[0][1].endswith(TEXT.partition(b"\r\n\r\n")[2])


@pytest.mark.peer
@needs("swaks")
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("tls", ["--tls", "--tls-on-connect"])
async def test_swaks(serve, run, mechanism: str, tls: str) -> None:
    server = await serve(submission=True, tls=True, implicit_tls=tls == "--tls-on-connect")
    await run(
        *("swaks", "--server", f"127.0.0.1:{server.listener.port}", tls),
        *("--auth", mechanism, "--auth-user", "alice", "--auth-password", "123456"),
        *("--from", "alice@cities.org", "--to", "bob@other.test"),
    )
    assert len(server.accepted) == 1


@pytest.mark.peer
@needs("swaks")
async def test_swaks_pipelined_on_port_25(serve, run) -> None:
    server = await serve()
    await run(
        *("swaks", "--server", f"127.0.0.1:{server.listener.port}", "--pipeline"),
        *("--from", "bob@other.test", "--to", "alice@cities.org,juan@cities.org"),
    )
    assert len(server.accepted[0][0].recipients) == 2


@pytest.mark.peer
@needs("curl")
async def test_curl(serve, run, tmp_path: Path) -> None:
    server = await serve(submission=True, tls=True)
    (tmp_path / "mail").write_bytes(TEXT)
    await run(
        *("curl", "-sS", "--insecure", "--ssl-reqd", f"smtp://127.0.0.1:{server.listener.port}/laptop"),
        *("--mail-from", "alice@cities.org", "--mail-rcpt", "bob@other.test"),
        *("--user", "alice:123456", "--upload-file", str(tmp_path / "mail")),
    )
    assert server.accepted[0][1].endswith(TEXT.partition(b"\r\n\r\n")[2])


@pytest.mark.peer
@needs("smtp-source")
async def test_smtp_source_with_many_sessions(serve, run) -> None:
    server = await serve()
    await run(
        *("smtp-source", "-s", "10", "-m", "200", "-l", "5000", "-d"),
        *("-f", "bob@other.test", "-t", "alice@cities.org", f"127.0.0.1:{server.listener.port}"),
    )
    assert len(server.accepted) == 200
