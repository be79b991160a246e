"""What the submission port adds to own rules: a limit for each user, a DKIM signature."""

from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bundled_server.config import Limits
from bundled_server.msa.dkim_signer import CannotSign, dkim_signer
from bundled_server.msa.rate import UserRate

LOGIN = "AUTH PLAIN AGFsaWNlADEyMzQ1Ng=="


async def submit(peer, text: str) -> str:
    for line in ("EHLO laptop", LOGIN, "MAIL FROM:<alice@cities.org>", "RCPT TO:<bob@other.test>", "DATA"):
        await peer.ask(line)
    return await peer.ask(text + "\r\n.")


async def test_a_user_cannot_write_to_everybody_at_once(serve) -> None:
    server = await serve(submission=True, limits=Limits(user_recipients_per_hour=3))
    for _ in range(2):  # a new connection does not fill the bucket
        peer = await server.connect()
        for line in ("EHLO laptop", LOGIN, "MAIL FROM:<alice@cities.org>"):
            await peer.ask(line)
        codes = [(await peer.ask(f"RCPT TO:<{name}@other.test>"))[:9] for name in ("a", "b")]
    assert codes == ["250 2.1.5", "450 4.7.1"]


def test_the_bucket_fills_with_time_and_each_user_has_one() -> None:
    moment = [0.0]
    rate = UserRate(2, lambda: moment[0])
    assert [rate.admits("alice") for _ in range(3)] == [True, True, False]
    assert rate.admits("juan")
    moment[0] = 1800.0
    assert [rate.admits("alice") for _ in range(2)] == [True, False]
    moment[0] = -5000.0
    assert not rate.admits("alice"), "a clock that jumps back gives nothing"
    assert all(UserRate(0, lambda: 0.0).admits("alice") for _ in range(100))


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("dkim")
    path = tmp_path_factory.mktemp("dkim") / "key.pem"
    made = rsa.generate_private_key(65537, 1024)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    path.write_bytes(made.private_bytes(encoding, form, serialization.NoEncryption()))
    return path


async def test_submitted_mail_is_signed_after_its_fix_ups(serve, key: Path) -> None:
    import dkim

    server = await serve(submission=True, sign=dkim_signer(key, "mail", "cities.org", 100_000))
    text = "From: alice@cities.org\r\nBcc: juan@cities.org\r\nSubject: x\r\n\r\nHola"
    assert (await submit(await server.connect(), text)).startswith("250 ")
    content = server.accepted[0][1]
    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    spki = loaded.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    record = b"v=DKIM1; k=rsa; p=" + b64encode(spki)
    assert dkim.verify(content, dnsfunc=lambda name, timeout=5: record)
    assert not dkim.verify(content.replace(b"Hola", b"Hole"), dnsfunc=lambda name, timeout=5: record)
    assert content.index(b"Received: ") < content.index(b"DKIM-Signature: ") < content.index(b"From: ")


async def test_a_message_past_the_cap_goes_unsigned(serve, key: Path) -> None:
    server = await serve(submission=True, sign=dkim_signer(key, "mail", "cities.org", 1000))
    assert (await submit(await server.connect(), "Subject: x\r\n\r\n" + "x" * 900)).startswith("250 ")
    assert b"DKIM-Signature" not in server.accepted[0][1]


def test_a_key_that_is_none_is_told_at_the_start(key: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("nonsense")
    for path in (tmp_path / "bad", tmp_path / "missing"):
        with pytest.raises(CannotSign, match=path.name):
            dkim_signer(path, "mail", "cities.org", 1000)
