"""Certificates: a practice authority, certificates it issues, and the server's TLS context."""

import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 800
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class CertificatePaths:
    """Where a certificate (with its chain) and its key lie, both PEM."""

    certificate: Path
    key: Path


def make_authority(folder: Path) -> CertificatePaths:
    """The practice world's own certificate authority in `folder` (ca.pem, ca.key); made once, then kept."""
    paths = CertificatePaths(folder / "ca.pem", folder / "ca.key")
    if paths.certificate.exists() and paths.key.exists():
        return paths
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "termail practice authority")])
    builder = (
        _builder(name, name, key.public_key(), AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    _write(paths, builder.sign(key, hashes.SHA256()), key)
    return paths


def issue(authority: CertificatePaths, hostname: str, folder: Path) -> CertificatePaths:
    """A certificate for `hostname` (and for this machine's loopback names) signed by `authority`, in `folder`
    as HOSTNAME.pem and HOSTNAME.key; one that is still good is kept."""
    paths = CertificatePaths(folder / f"{hostname}.pem", folder / f"{hostname}.key")
    if _is_still_good(paths):
        return paths
    issuer = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    issuer_key = serialization.load_pem_private_key(authority.key.read_bytes(), password=None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _server_builder(hostname, issuer.subject, key).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
    )
    _write(paths, builder.sign(issuer_key, hashes.SHA256()), key, chain=issuer)
    return paths


def make_self_signed(hostname: str, folder: Path) -> CertificatePaths:
    """A self-signed certificate for `hostname` in `folder`, for a host that was given none."""
    paths = CertificatePaths(folder / f"{hostname}.pem", folder / f"{hostname}.key")
    if _is_still_good(paths):
        return paths
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _server_builder(hostname, _common_name(hostname), key)
    _write(paths, builder.sign(key, hashes.SHA256()), key)
    return paths


def server_context(paths: CertificatePaths) -> ssl.SSLContext:
    """A context for listeners: TLS 1.2 and up. Raises OSError or ssl.SSLError when the files cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(paths.certificate, paths.key)
    return context


def _common_name(hostname: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:64])])


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
    )


def _server_builder(hostname: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    names = x509.SubjectAlternativeName([_general_name(name) for name in (hostname, *LOOPBACK_NAMES)])
    return (
        _builder(_common_name(hostname), issuer, key.public_key(), CERTIFICATE_DAYS)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _is_still_good(paths: CertificatePaths) -> bool:
    """Whether both files are there and the certificate is good for another month."""
    if not (paths.certificate.exists() and paths.key.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(paths.certificate.read_bytes())
    return certificate.not_valid_after_utc > datetime.now(UTC) + timedelta(days=30)


def _write(
    paths: CertificatePaths,
    certificate: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    chain: x509.Certificate | None = None,
) -> None:
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = certificate.public_bytes(pem) + (chain.public_bytes(pem) if chain else b"")
    paths.key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_private(paths.key, private)
    _write_private(paths.certificate, public)


def _write_private(path: Path, data: bytes) -> None:
    """Replace `path` in one step by a file that only its owner may read."""
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(data)
    fresh.replace(path)
