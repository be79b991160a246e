"""PGP mail made and read by real gpg: signed, encrypted, inline, tampered with, trusted or not, in words."""

import email
import email.policy
from pathlib import Path

import pytest

from termail.mime.crypto.gpg import Gpg, PassphraseWanted
from termail.mime.crypto.opening import open_message
from termail.mime.crypto.sealing import PgpSealer
from termail.mime.crypto.verdicts import Standing
from termail.mime.draft import Attachment, Draft, DraftError, Protection, build
from termail.mime.headers import first_value
from termail.mime.message import main_text, parse_message

DATE = 1795349640.0
BODY = "Meet at noon \nFrom here on: ñandú.\n-- \nAna\n"


def sent(
    gpg: Gpg, protection: Protection, *, sender: str = "Ana <ana@other.test>", may_ask: bool = False
) -> bytes:
    draft = Draft(
        account="w",
        from_=sender,
        to="bob@cities.org",
        subject="the real subject ñ",
        body=BODY,
        protection=protection,
        attachments=(Attachment(filename="a.bin", content_type="application/octet-stream", data=b"\x00\xff"),),
    )
    return build(draft, date=DATE, unique="u", sealer=PgpSealer(gpg, may_ask=may_ask)).raw


def text_of(raw: bytes) -> str:
    part = main_text(parse_message(raw))
    assert part is not None
    return part.text()


def test_a_signed_message_is_verified_and_a_changed_one_is_not(gpg: Gpg) -> None:
    raw = sent(gpg, Protection(signs=True))
    assert raw.isascii()
    opened = open_message(raw, gpg)
    assert opened is not None and opened.signature is not None and opened.covers_all
    assert opened.signature.standing is Standing.TRUSTED
    assert opened.signature.in_words("ana@other.test") == "signed by Ana <ana@other.test>, a key you trust"
    assert "not the sender" in opened.signature.in_words("bob@cities.org")
    assert "ñandú" in text_of(opened.raw)
    other = open_message(raw.replace(b"at noon", b"at nine"), gpg)
    assert other is not None and other.signature is not None and other.signature.standing is Standing.WRONG
    with_lf = open_message(raw.replace(b"\r\n", b"\n"), gpg)  # as an mbox keeps it
    assert with_lf is not None and with_lf.signature is not None
    assert with_lf.signature.standing is Standing.TRUSTED


def test_an_encrypted_message_hides_its_subject_and_is_opened_with_it(gpg: Gpg) -> None:
    raw = sent(gpg, Protection(signs=True, encrypts=True))
    assert b"real subject" not in raw and b"noon" not in raw
    assert first_value(parse_message(raw).headers, "subject") == b"..."
    opened = open_message(raw, gpg)
    assert opened is not None and opened.is_encrypted and opened.signature is not None
    assert opened.signature.standing is Standing.TRUSTED
    message = email.message_from_bytes(opened.raw, policy=email.policy.default)
    assert message["subject"] == "the real subject ñ"
    assert message["from"] == "Ana <ana@other.test>"
    assert [part.get_filename() for part in message.iter_attachments()] == ["a.bin"]
    assert "noon" in text_of(opened.raw)


def test_keys_nobody_vouched_for_and_keys_nobody_has_are_told_apart(gpg: Gpg, stranger: Gpg) -> None:
    raw = sent(stranger, Protection(signs=True), sender="Mallory <mallory@evil.test>")
    opened = open_message(raw, gpg)
    assert opened is not None and opened.signature is not None
    assert opened.signature.standing is Standing.UNCERTIFIED
    assert "compare its fingerprint" in opened.signature.in_words("mallory@evil.test")
    unknown = open_message(sent(gpg, Protection(signs=True)), stranger)
    assert unknown is not None and unknown.signature is not None
    assert unknown.signature.standing is Standing.UNKNOWN
    assert "^K looks for it" in unknown.signature.in_words("ana@other.test")


def test_what_is_not_for_us_says_so(gpg: Gpg, stranger: Gpg) -> None:
    raw = sent(gpg, Protection(encrypts=True))
    opened = open_message(raw, stranger)
    assert opened is not None and opened.is_encrypted and opened.raw == raw
    assert opened.trouble == "it is encrypted to keys you do not have"
    with pytest.raises(DraftError, match=r"no key for bob@cities\.org"):
        sent(stranger, Protection(encrypts=True), sender="Mallory <mallory@evil.test>")
    with pytest.raises(DraftError, match="no secret key"):
        sent(gpg, Protection(signs=True), sender="carol@x.test")


def test_a_passphrase_is_never_asked_for_under_the_screen(gpg: Gpg) -> None:
    with pytest.raises(PassphraseWanted):
        sent(gpg, Protection(signs=True), sender="locked@other.test")
    sealed = gpg.encrypt(
        b"Content-Type: text/plain\r\n\r\nx\r\n", recipients=[gpg.keys("locked@other.test")[0].fingerprint]
    )
    raw = b"Subject: x\r\n\r\n" + sealed
    opened = open_message(raw, gpg)
    assert opened is not None and opened.wants_passphrase


def test_inline_pgp_is_read_and_text_around_it_is_not_covered(gpg: Gpg, gpg_home: Path) -> None:
    import subprocess

    clear = subprocess.run(
        ["gpg", "--homedir", str(gpg_home), "--batch", "--clear-sign", "--local-user", "ana@other.test"],
        input=b"I owe you 5.\n", capture_output=True, check=True,
    ).stdout  # fmt: skip
    head = b"From: Ana <ana@other.test>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    opened = open_message(head + clear, gpg)
    assert opened is not None and opened.signature is not None and opened.covers_all
    assert opened.signature.standing is Standing.TRUSTED
    assert text_of(opened.raw).strip() == "I owe you 5."
    around = open_message(head + b"I owe you 500.\n" + clear, gpg)
    assert around is not None and not around.covers_all
    sealed = gpg.encrypt(b"secret\n", recipients=[gpg.keys("ana@other.test")[0].fingerprint])
    hidden = open_message(head + sealed, gpg)
    assert hidden is not None and hidden.is_encrypted and text_of(hidden.raw).strip() == "secret"


def test_a_list_footer_does_not_become_signed(gpg: Gpg) -> None:
    header, _, entity = sent(gpg, Protection(signs=True)).partition(b"MIME-Version: 1.0\r\n")
    raw = (
        header + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="f"\r\n\r\n--f\r\n' + entity
        + b"\r\n--f\r\nContent-Type: text/plain\r\n\r\nSend money to the list\r\n--f--\r\n"
    )  # fmt: skip
    opened = open_message(raw, gpg)
    assert opened is not None and opened.signature is not None
    assert opened.signature.standing is Standing.TRUSTED and not opened.covers_all


@pytest.mark.parametrize(
    "body",
    [b"[GNUPG:] GOODSIG 0123456789ABCDEF Ana <ana@other.test>\n", b"\n[GNUPG:] TRUST_ULTIMATE\n", b""],
)
def test_status_lines_in_a_message_prove_nothing(gpg: Gpg, body: bytes) -> None:
    raw = (
        b'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: text/plain\r\n\r\n" + body + b"\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\n"
        b"-----BEGIN PGP SIGNATURE-----\n" + body + b"\n-----END PGP SIGNATURE-----\r\n--b--\r\n"
    )
    opened = open_message(raw, gpg)
    assert opened is not None and opened.signature is None and opened.trouble
