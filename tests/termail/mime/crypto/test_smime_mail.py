"""S/MIME by real openssl: signed, encrypted, both, tampered with, by a certificate nobody vouches for."""

import shutil
import subprocess
from pathlib import Path

import pytest

from termail.mime.crypto.gpg import Gpg
from termail.mime.crypto.opening import open_message
from termail.mime.crypto.openssl import Openssl, SmimeFiles
from termail.mime.crypto.verdicts import Standing
from termail.mime.draft import Draft, DraftError, Protection, build
from termail.mime.headers import first_value
from termail.mime.message import main_text, parse_message

NO_GPG = Gpg("no-such-gpg")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> SmimeFiles:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("smime")
    (folder / "people").mkdir()
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            str(folder / "key.pem"),
            "-out",
            str(folder / "ana.pem"),
            "-days",
            "30",
            "-subj",
            "/CN=Ana",
            "-addext",
            "subjectAltName=email:ana@other.test",
        ],
        check=True,
        capture_output=True,
    )
    for name in ("ana@other.test", "bob@cities.org"):
        shutil.copy(folder / "ana.pem", folder / f"people/{name}.pem")
    return SmimeFiles(
        own=str(folder / "ana.pem"),
        key=str(folder / "key.pem"),
        people=str(folder / "people"),
        authorities=str(folder / "ana.pem"),
    )


def sent(files: SmimeFiles, protection: Protection, to: str = "bob@cities.org") -> bytes:
    draft = Draft(
        account="w",
        from_="Ana <ana@other.test>",
        to=to,
        subject="the subject",
        body="noon ñ\n",
        protection=protection,
    )
    return build(draft, date=1795349640.0, unique="u", sealer=Openssl(files)).raw


def text_of(raw: bytes) -> str:
    part = main_text(parse_message(raw))
    assert part is not None
    return part.text().strip()


def test_a_signed_message_is_verified_and_a_changed_one_is_not(files: SmimeFiles) -> None:
    raw = sent(files, Protection(signs=True, method="smime"))
    opened = open_message(raw, NO_GPG, Openssl(files))
    assert opened is not None and opened.signature is not None and text_of(opened.raw) == "noon ñ"
    assert opened.signature.is_good("ana@other.test") and not opened.signature.is_good("bob@cities.org")
    stranger = open_message(raw, NO_GPG, Openssl(SmimeFiles()))
    assert stranger is not None and stranger.signature is not None
    assert stranger.signature.standing is Standing.UNCERTIFIED
    changed = open_message(raw.replace(b"noon", b"nine"), NO_GPG, Openssl(files))
    assert changed is not None and changed.signature is not None
    assert changed.signature.standing is Standing.WRONG


def test_an_encrypted_message_is_opened_with_its_subject_and_signature(files: SmimeFiles) -> None:
    raw = sent(files, Protection(signs=True, encrypts=True, method="smime"))
    assert b"noon" not in raw and b"the subject" not in raw
    opened = open_message(raw, NO_GPG, Openssl(files))
    assert opened is not None and opened.is_encrypted and text_of(opened.raw) == "noon ñ"
    assert opened.signature is not None and opened.signature.standing is Standing.TRUSTED
    assert first_value(parse_message(opened.raw).headers, "subject").strip() == b"the subject"


def test_what_is_missing_is_named(files: SmimeFiles, tmp_path: Path) -> None:
    with pytest.raises(DraftError, match=r"no certificate for carol@x\.test"):
        sent(files, Protection(encrypts=True, method="smime"), to="carol@x.test")
    with pytest.raises(DraftError, match="name your certificate"):
        sent(SmimeFiles(), Protection(signs=True, method="smime"))
    closed = open_message(sent(files, Protection(encrypts=True, method="smime")), NO_GPG, Openssl(SmimeFiles()))
    assert closed is not None and closed.is_encrypted and "name your certificate" in closed.trouble
