"""Our ManageSieve client with a server that nobody here wrote: Dovecot's, with TLS and without."""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from termail.mra.managesieve.connection import ScriptList, scripts_connection
from termail.mra.managesieve.errors import ScriptsRefused
from termail.net.endpoint import Endpoint, Security
from termail.net.trust import client_context

MANAGESIEVE = Path("/usr/lib/dovecot/managesieve")

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(
        shutil.which("dovecot") is None or not MANAGESIEVE.exists() or os.geteuid() != 0,
        reason="needs root and dovecot-managesieved",
    ),
]

CONF = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
protocols = sieve
listen = 127.0.0.1
ssl = yes
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain scram-sha-256
default_internal_user = dovecot
default_login_user = dovenull
first_valid_uid = 1
passdb {{
  driver = static
  args = password=123456
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={root}/home/%u
}}
mail_location = maildir:~/Maildir
plugin {{
  sieve = file:~/sieve;active=~/.dovecot.sieve
}}
service managesieve-login {{
  inet_listener sieve {{
    port = {port}
  }}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def dovecot() -> Iterator[tuple[int, Path]]:
    """The port, and the certificate to trust."""
    with tempfile.TemporaryDirectory(prefix="termail-managesieve-", ignore_cleanup_errors=True) as name:
        root, port = Path(name), free_port()
        root.chmod(0o755)
        (root / "home").mkdir()
        (root / "home").chmod(0o777)
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ]
        command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        command += ["-keyout", str(root / "key.pem"), "-out", str(root / "cert.pem")]
        subprocess.run(command, check=True, capture_output=True)
        (root / "conf").write_text(CONF.format(root=root, port=port))
        process = subprocess.Popen(["dovecot", "-F", "-c", str(root / "conf")])
        try:
            deadline = time.monotonic() + 60
            while socket.socket().connect_ex(("127.0.0.1", port)):
                assert process.poll() is None, (root / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield port, root / "cert.pem"
        finally:
            process.terminate()
            process.wait(60)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.NONE])
async def test_scripts_go_to_dovecot_and_come_back(dovecot: tuple[int, Path], security: Security) -> None:
    port, certificate = dovecot
    endpoint = Endpoint("sieve", security, f"alice-{security.name.lower()}", "127.0.0.1", port)

    def context() -> ssl.SSLContext:
        return client_context(str(certificate))

    text = 'require "fileinto";\nif header :contains "subject" "é" {\n    fileinto "Ünï";\n}\n'
    async with scripts_connection(endpoint, context, "123456") as connection:
        assert await connection.list_scripts() == ScriptList(())
        await connection.put('main "1"', text)
        await connection.activate('main "1"')
        await connection.put("other", "keep;")
        listed = await connection.list_scripts()
        assert (set(listed.names), listed.active) == ({'main "1"', "other"}, 'main "1"')
        assert await connection.get('main "1"') == text
        with pytest.raises(ScriptsRefused, match="frobnicate"):
            await connection.check("keep;\nfrobnicate;\n")
        with pytest.raises(ScriptsRefused):
            await connection.delete('main "1"')
        await connection.rename("other", "third")
        await connection.activate("")
        await connection.delete('main "1"')
        assert await connection.list_scripts() == ScriptList(("third",))


async def test_a_wrong_password_is_told_in_dovecots_words(dovecot: tuple[int, Path]) -> None:
    endpoint = Endpoint("sieve", Security.NONE, "alice", "127.0.0.1", dovecot[0])
    with pytest.raises(ScriptsRefused, match="the server refused the login"):
        async with scripts_connection(endpoint, client_context, "wrong"):
            pass
