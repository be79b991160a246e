"""Debian's slapd as the external directory: users it knows log in and get mail; an outage is no wrong password."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from imaplib import IMAP4
from pathlib import Path
from poplib import POP3, error_proto
from smtplib import SMTP, SMTPAuthenticationError, SMTPRecipientsRefused

import pytest

from bundled_server.auth.directory import Answer, DirectoryUnavailable
from bundled_server.auth.ldap_directory import LdapBackEnd
from bundled_server.auth_config import Ldap, StoreUsers
from bundled_server.config import HostSettings, Ports
from bundled_server.host.host import Host
from bundled_server.net.tls import issue, make_authority

SLAPD = shutil.which("slapd") or "/usr/sbin/slapd"
BASE = "dc=cities,dc=org"
CONFIG = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {root}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
database mdb
maxsize 10485760
suffix "dc=cities,dc=org"
directory {root}/data
access to attrs=userPassword by anonymous auth by * none
access to * by * read
"""
LDIF = """\
dn: dc=cities,dc=org
objectClass: dcObject
objectClass: organization
dc: cities
o: Cities

dn: cn=reader,dc=cities,dc=org
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {SSHA}U1qvgHYfZQiv5oP0Oh+bLy3Y09t3LRcQ

"""
PERSON = """\
dn: uid={uid},dc=cities,dc=org
objectClass: inetOrgPerson
uid: {uid}
cn: {uid}
sn: {uid}
userPassword: {password}

"""

pytestmark = pytest.mark.peer


@dataclass
class Slapd:
    port: int
    tls_port: int
    authority: Path
    process: subprocess.Popen[bytes]

    def settings(self, **changes: object) -> Ldap:
        return Ldap(**{"url": f"ldap://127.0.0.1:{self.port}", "base": BASE, "deadline_seconds": 3.0, **changes})

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


@pytest.fixture
def slapd(tmp_path: Path) -> Iterator[Slapd]:
    if not Path(SLAPD).exists():
        pytest.skip("slapd is not installed")
    root = tmp_path / "ldap"
    (root / "data").mkdir(parents=True)
    authority = make_authority(root)
    paths = issue(authority, "localhost", root)
    config = root / "slapd.conf"
    config.write_text(CONFIG.format(root=root, certificate=paths.certificate, key=paths.key))
    people = "".join(
        PERSON.format(uid=uid, password=password)
        for uid, password in (("marta", "s3cret"), ("pedro", "otra"), ("star*name", "x"))
    )
    add = ["slapadd", "-f", str(config)]
    subprocess.run(add, input=(LDIF + people).encode(), check=True, capture_output=True)
    port, tls_port = free_port(), free_port()
    urls = f"ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{tls_port}/"
    process = subprocess.Popen(
        [SLAPD, "-f", str(config), "-h", urls, "-d", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for_port(port)
    yield Slapd(port, tls_port, authority.certificate, process)
    process.kill()
    process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def wait_for_port(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise TimeoutError("slapd does not listen")


@pytest.fixture
def ask(slapd: Slapd) -> Iterator[Callable[..., Answer]]:
    opened: list[LdapBackEnd] = []

    def put(user: str, password: str, **changes: object) -> Answer:
        opened.append(LdapBackEnd(slapd.settings(**changes)))
        return asyncio.run(opened[-1].answer(user, password))

    yield put
    for back_end in opened:
        back_end.close()


def test_it_tells_right_wrong_and_unknown(ask: Callable[..., Answer]) -> None:
    assert ask("marta", "s3cret") is Answer.RIGHT
    assert ask("marta", "wrong") is Answer.WRONG
    assert ask("nobody", "s3cret") is Answer.UNKNOWN
    assert ask("marta", "") is Answer.WRONG  # an empty password binds as nobody, and proves nothing


@pytest.mark.parametrize(
    "name", ["*", "mart*", "marta)(uid=*", "*)(|(uid=*", "marta\0", "\\2a", "pedro)(objectClass=*"]
)
def test_a_name_cannot_change_the_search(ask: Callable[..., Answer], name: str) -> None:
    assert ask(name, "s3cret") is Answer.UNKNOWN


def test_a_star_in_a_name_is_a_star(ask: Callable[..., Answer]) -> None:
    assert ask("star*name", "x") is Answer.RIGHT


def test_tls_is_verified(slapd: Slapd, ask: Callable[..., Answer]) -> None:
    ldaps = f"ldaps://localhost:{slapd.tls_port}"
    assert ask("marta", "s3cret", url=ldaps, ca=slapd.authority) is Answer.RIGHT
    assert ask("marta", "s3cret", url=f"ldap://localhost:{slapd.port}", ca=slapd.authority) is Answer.RIGHT
    with pytest.raises(DirectoryUnavailable):
        ask("marta", "s3cret", url=ldaps)


def test_our_own_bind_that_fails_is_no_wrong_password(ask: Callable[..., Answer], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not the reader's\n")
    with pytest.raises(DirectoryUnavailable):
        ask("marta", "s3cret", bind_dn=f"cn=reader,{BASE}", bind_password_file=secret)


async def test_users_log_in_everywhere_and_an_outage_is_told_as_one(slapd: Slapd, tmp_path: Path) -> None:
    settings = HostSettings(
        hostname="mx.cities.org",
        domain="cities.org",
        data=tmp_path / "host",
        ports=Ports(smtp=0, submission=0, imap=0, pop3=0),
        users=(("alice", "123456"),),
        auth=(StoreUsers(), slapd.settings()),
    )
    async with Host(settings) as host:
        ports = host.bound_ports
        await asyncio.to_thread(a_letter_to, ports["smtp"], "pedro@cities.org")  # no login yet
        assert await asyncio.to_thread(count_by_imap, ports["imap"], "pedro", "otra") == 1
        assert await asyncio.to_thread(count_by_imap, ports["imap"], "marta", "s3cret") == 0
        await asyncio.to_thread(submits, ports["submission"], "marta", "s3cret")
        with pytest.raises(IMAP4.error, match="AUTHENTICATIONFAILED"):
            await asyncio.to_thread(count_by_imap, ports["imap"], "marta", "wrong")
        slapd.stop()
        with pytest.raises(IMAP4.error, match="UNAVAILABLE"):
            await asyncio.to_thread(count_by_imap, ports["imap"], "marta", "s3cret")
        with pytest.raises(error_proto, match=r"-ERR \[SYS/TEMP\]"):
            await asyncio.to_thread(opens_by_pop3, ports["pop3"], "marta", "s3cret")
        with pytest.raises(SMTPAuthenticationError) as refused:
            await asyncio.to_thread(submits, ports["submission"], "marta", "s3cret")
        assert refused.value.smtp_code == 454
        assert refused.value.smtp_error.startswith(b"4.7.0")
        with pytest.raises(SMTPRecipientsRefused) as unsure:
            await asyncio.to_thread(a_letter_to, ports["smtp"], "perhaps@cities.org")
        assert unsure.value.recipients["perhaps@cities.org"][0] == 451
        # who is known here already gets mail, and the users of this host log in
        await asyncio.to_thread(a_letter_to, ports["smtp"], "pedro@cities.org")
        assert await asyncio.to_thread(count_by_imap, ports["imap"], "alice", "123456") == 0


def count_by_imap(port: int, user: str, password: str) -> int:
    with IMAP4("127.0.0.1", port) as client:
        client.login(user, password)
        return int(client.select("INBOX", readonly=True)[1][0] or b"0")


def opens_by_pop3(port: int, user: str, password: str) -> None:
    client = POP3("127.0.0.1", port, timeout=60)
    client.user(user)
    client.pass_(password)


def submits(port: int, user: str, password: str) -> None:
    with SMTP("127.0.0.1", port) as client:
        client.login(user, password)


def a_letter_to(port: int, recipient: str) -> None:
    with SMTP("127.0.0.1", port) as client:
        client.sendmail("bob@other.test", [recipient], "Subject: hello\r\n\r\nhi\r\n")
