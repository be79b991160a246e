"""A protected message made readable: PGP/MIME, inline PGP and S/MIME, verified and decrypted, with its Subject."""

import base64
import binascii
import re
from typing import Final

import msgspec

from termail.mime.crypto.gpg import LARGEST_OCTETS, Gpg, GpgError, PassphraseWanted
from termail.mime.crypto.openssl import Openssl, SmimeError
from termail.mime.crypto.verdicts import Opening, Signature, Standing
from termail.mime.headers import header_end
from termail.mime.message import main_text, parse_message
from termail.mime.part import Part

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_FIELD: Final = re.compile(rb"(?m)^([!-9;-~]+)[ \t]*:.*(?:\n[ \t].*)*\n?")
_INLINE: Final = re.compile(
    rb"(?ms)^-----BEGIN PGP (MESSAGE|SIGNED MESSAGE)-----.*?"
    rb"^-----END PGP (?:MESSAGE|SIGNATURE)-----[ \t]*(?:\r?\n|\Z)"
)
_LOOKED_AT_OCTETS: Final = 200_000
_TYPES: Final = re.compile(rb"(?i)application/(?:pgp-|(?:x-)?pkcs7-)")
_SEALED: Final = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_SMIME_SIGNED: Final = ("application/pkcs7-signature", "application/x-pkcs7-signature")
_BELIEVED: Final = (Standing.TRUSTED, Standing.UNCERTIFIED)


def is_protected(raw: bytes) -> bool:
    """Whether `open_message` would have something to do; cheap."""
    return (
        _TYPES.search(raw, 0, _LOOKED_AT_OCTETS) is not None
        or b"-----BEGIN PGP MESSAGE" in raw
        or b"-----BEGIN PGP SIGNED MESSAGE" in raw
    )


def open_message(raw: bytes, gpg: Gpg, openssl: Openssl | None = None, *, may_ask: bool = False) -> Opening | None:
    """None when nothing in it is protected. Never raises: what cannot be opened says why."""
    if len(raw) > LARGEST_OCTETS or not is_protected(raw):
        return None
    root = parse_message(raw)
    try:
        if openssl is not None and _is_smime(root):
            return _smime(raw, root, openssl)
        if root.content_type == "multipart/encrypted":
            return _decrypted(raw, root, gpg, may_ask)
        signed = next((part for part in root.walk() if _is_signed(part)), None)
        if signed is not None:
            return _verified(raw, root, signed, gpg)
        return _inline(raw, root, gpg, may_ask)
    except PassphraseWanted as error:
        return Opening(raw=raw, is_encrypted=True, trouble=str(error), wants_passphrase=True)
    except (GpgError, SmimeError) as error:
        is_encrypted = root.content_type in ("multipart/encrypted", *_SEALED)
        return Opening(raw=raw, is_encrypted=is_encrypted, trouble=str(error))


def _is_signed(part: Part) -> bool:
    protocol = part.parameters.get("protocol", "").lower()
    return part.content_type == "multipart/signed" and protocol == "application/pgp-signature"


def _is_smime(root: Part) -> bool:
    is_signed = root.content_type == "multipart/signed"
    return root.content_type in _SEALED or (
        is_signed and root.parameters.get("protocol", "").lower() in _SMIME_SIGNED
    )


def _smime(raw: bytes, root: Part, openssl: Openssl) -> Opening:
    """Sealed, signed, or one in the other (RFC 8551 §3.6)."""
    is_encrypted = False
    if root.content_type in _SEALED and root.parameters.get("smime-type", "").lower() != "signed-data":
        raw = _under(raw, _LINE_END.sub(b"\r\n", openssl.decrypt(_content(raw))))
        root, is_encrypted = parse_message(raw), True
        if not _is_smime(root):
            return Opening(raw=raw, is_encrypted=True)
    inside, signature = openssl.verify(_content(raw))
    if signature.standing in _BELIEVED:
        raw = _under(raw, _LINE_END.sub(b"\r\n", inside))
    return Opening(raw=raw, is_encrypted=is_encrypted, signature=signature)


def _content(raw: bytes) -> bytes:
    """The entity of the whole message: its Content-* fields and its body."""
    end, start = header_end(raw)
    fields = b"".join(text for name, text in _fields(raw[:end]) if name.startswith(b"content-"))
    return b"MIME-Version: 1.0\r\n" + fields + b"\r\n" + raw[start:]


def _decrypted(raw: bytes, root: Part, gpg: Gpg, may_ask: bool) -> Opening | None:
    sealed = next((part for part in root.children if part.content_type == "application/octet-stream"), None)
    if sealed is None:
        return None
    inside, signature = gpg.decrypt(sealed.decoded(), may_ask=may_ask)
    opened = _under(raw, _LINE_END.sub(b"\r\n", inside))
    inner = parse_message(opened)
    if _is_signed(inner):
        verified = _verified(opened, inner, inner, gpg)
        return msgspec.structs.replace(verified, is_encrypted=True)
    return Opening(raw=opened, is_encrypted=True, signature=signature)


def _verified(raw: bytes, root: Part, signed: Part, gpg: Gpg) -> Opening:
    covers_all = signed is root
    octets = _first_part(signed)
    pieces = [part for part in signed.children if part.content_type == "application/pgp-signature"]
    if octets is None or not pieces:
        wrong = Signature(standing=Standing.WRONG)
        return Opening(raw=raw, signature=wrong, covers_all=covers_all)
    signature = gpg.verify(octets, pieces[-1].decoded())
    if signature is None:
        return Opening(raw=raw, covers_all=covers_all, trouble="its signature is no signature")
    if covers_all and signature.standing in _BELIEVED:
        raw = _under(raw, octets, keeps_structure=True)
    return Opening(raw=raw, signature=signature, covers_all=covers_all)


def _first_part(signed: Part) -> bytes | None:
    """The octets that are signed: the first part with its header, line ends as CRLF (RFC 3156 §5)."""
    boundary = re.escape(signed.parameters.get("boundary", "").rstrip().encode("utf-8", "replace"))
    lines = re.compile(rb"(?m)^--" + boundary + rb"(?:--)?[ \t]*\r?\n?")
    first = lines.search(signed.body)
    second = lines.search(signed.body, first.end()) if first is not None else None
    if not boundary or first is None or second is None:
        return None
    octets = _LINE_END.sub(b"\r\n", signed.body[first.end() : second.start()])
    return octets.removesuffix(b"\r\n")  # that line end belongs to the boundary


def _under(raw: bytes, entity: bytes, *, keeps_structure: bool = False) -> bytes:
    """The entity as a message under the outer header; its protected Subject takes the place of the outer one.
    With `keeps_structure` only that changes."""
    end, start = header_end(raw)
    fields = _fields(raw[:end])
    inner_end, _ = header_end(entity)
    inner = _fields(entity[:inner_end])
    content_type = next((text for name, text in inner if name == b"content-type"), b"")
    subjects = [
        text for name, text in inner if name == b"subject" and b"protected-headers" in content_type.lower()
    ]
    if subjects:
        fields = [entry for entry in fields if entry[0] != b"subject"]
    kept = b"".join(text for name, text in fields if keeps_structure or not name.startswith(b"content-"))
    if keeps_structure:
        return b"".join(subjects[:1]) + kept + b"\r\n" + raw[start:]
    described = b"".join(text for name, text in inner if name.startswith(b"content-"))
    return b"".join(subjects[:1]) + kept + described + b"\r\n" + entity[header_end(entity)[1] :]


def _fields(header: bytes) -> list[tuple[bytes, bytes]]:
    """(name in lower case, the field as it stands)."""
    return [(found[1].lower(), found[0]) for found in _FIELD.finditer(header)]


def _inline(raw: bytes, root: Part, gpg: Gpg, may_ask: bool) -> Opening | None:
    """Armor pasted into the text, as programs did before PGP/MIME: the text without it takes its place."""
    part = main_text(root)
    if part is None or part.content_type != "text/plain":
        return None
    text = part.decoded()
    found = _INLINE.search(text)
    if found is None:
        return None
    if found[1] == b"MESSAGE":
        inside, signature = gpg.decrypt(found[0], may_ask=may_ask)
    else:
        inside, signature = gpg.open_clear_text(found[0])
    before, after = text[: found.start()], text[found.end() :]
    covers_all = not before.strip() and not after.strip() and part is root
    opened = raw[: part.start] + _encoded(before + inside + after, part.encoding) + raw[part.end :]
    return Opening(raw=opened, is_encrypted=found[1] == b"MESSAGE", signature=signature, covers_all=covers_all)


def _encoded(octets: bytes, encoding: str) -> bytes:
    match encoding:
        case "base64":
            return base64.encodebytes(octets)
        case "quoted-printable":
            return binascii.b2a_qp(octets)
        case _:
            return octets
