"""A certificate nobody vouches for is trusted only by its fingerprint, and a user is shown which one that is."""

import asyncio
import ssl

import pytest

from termail.agent.account_test import test_account as try_account
from termail.config import Account, Settings, SettingsError, load
from termail.net.pins import parse_pins
from termail.net.trust import client_context, fingerprint, recording_context

OTHER = ":".join(["AA"] * 32)


def shown_by(certificate) -> str:
    pem = certificate.path.read_text()
    return fingerprint(ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERT") :]))


@pytest.fixture
async def greeter(certificate):
    """A server with a certificate of its own; `heard` is what clients said after TLS."""
    heard: list[bytes] = []

    async def meet(reader, writer) -> None:
        writer.write(b"hello\n")
        heard.append(await reader.readline())
        writer.close()

    async with await asyncio.start_server(meet, "127.0.0.1", 0, ssl=certificate.server_context()) as listening:
        yield listening.sockets[0].getsockname()[1], heard


async def test_the_pinned_certificate_is_trusted_whatever_its_name(greeter, certificate) -> None:
    port, _ = greeter
    context = client_context(pins=[OTHER, shown_by(certificate)])
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="other.name")
    assert await reader.readline() == b"hello\n"
    writer.close()


async def test_any_other_certificate_is_refused_before_anything_is_said(greeter, certificate) -> None:
    port, heard = greeter
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        await asyncio.open_connection("127.0.0.1", port, ssl=client_context(pins=[OTHER]))
    assert shown_by(certificate) in caught.value.verify_message
    assert heard in ([], [b""])


async def test_looking_at_a_certificate_trusts_nothing(greeter, certificate) -> None:
    port, _ = greeter
    seen: list[bytes] = []
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.open_connection("127.0.0.1", port, ssl=recording_context(seen))
    assert [fingerprint(entry) for entry in seen] == [shown_by(certificate)]


@pytest.mark.parametrize("scheme", ["imaps", "pop3s"])
async def test_a_trial_shows_the_fingerprint_and_the_setting(greeter, certificate, scheme: str) -> None:
    port, _ = greeter
    account = Account(from_="a@b.c", retrieve=f"{scheme}://a@127.0.0.1:{port}", send=f"smtps://a@127.0.0.1:{port}")
    steps = await try_account(Settings(accounts={"work": account}), "work", Known())
    failed = [step for step in steps if not step.ok]
    assert len(failed) == 2
    for step in failed:
        assert f'pin = "sha256:{shown_by(certificate)}"' in step.advice
        assert "[accounts.work]" in step.advice


def test_pins_are_read_strictly(tmp_path) -> None:
    plain = "sha256:" + OTHER.replace(":", "").lower()
    assert parse_pins(f"{plain} sha256:{OTHER}") == (OTHER, OTHER)
    assert parse_pins("") == ()
    for wrong in (OTHER, "sha256:12", "md5:aa", "sha256:" + "g" * 64):
        with pytest.raises(ValueError, match="sha256"):
            parse_pins(wrong)
    file = tmp_path / "config.toml"
    file.write_text('[accounts.a]\nfrom = "a@b.c"\nretrieve = "imaps://a@h"\npin = "sha256:1"\n')
    with pytest.raises(SettingsError, match="line 4"):
        load(tmp_path)


class Known:
    async def password(self, name: str, account: Account) -> str:
        return "x"

    def forget(self, name: str) -> None:
        pass
