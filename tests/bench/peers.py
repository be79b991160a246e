"""Postfix and Dovecot as Debian ships them, on high loopback ports in a scratch folder, limits raised fairly."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

MASTER_CF = """\
{port}      inet  n       -       n       -       200     smtpd
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
local     unix  -       n       n       -       -       local
virtual   unix  -       n       n       -       -       virtual
lmtp      unix  -       -       n       -       -       lmtp
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
"""

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.test
mydomain = example.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
maillog_file = {root}/mail.log
maillog_file_prefixes = {root}
alias_maps =
virtual_mailbox_domains = example.test
virtual_mailbox_maps = static:alice/Maildir/
virtual_mailbox_base = {root}/mail
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_transport = {transport}
disable_dns_lookups = yes
default_transport = discard:
relay_transport = discard:
biff = no
smtpd_tls_security_level = none
smtpd_peername_lookup = no
"""

DOVECOT_CONF = """\
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
protocols = imap pop3 lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
passdb {{
  driver = static
  args = password=pw
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/mail/%u
}}
mail_location = {location}
mail_max_userip_connections = 3000
first_valid_uid = 1
default_client_limit = 4000
default_process_limit = 1500
service imap-login {{
  service_count = 0
  process_min_avail = 2
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
"""


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, seconds: float = 20.0) -> None:
    """Return when somebody accepts on `port`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def descendants(pid: int) -> list[int]:
    """`pid` and every process below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for parent in found:
        found.extend(children.get(parent, []))
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process tree, with that of its ended children."""
    total = 0
    for process in descendants(pid):
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(field) for field in fields[11:15])
    return total / os.sysconf("SC_CLK_TCK")


class Postfix:
    """A Postfix instance of its own: SMTP in, and out to a Maildir by its virtual delivery agent, or to whatever
    `transport` names."""

    def __init__(self, root: Path, transport: str = "virtual") -> None:
        self.root = root
        self.transport = transport
        self.port = free_port()
        self.pid = 0

    def __enter__(self) -> "Postfix":
        user = _owner("postfix")
        for name in ("conf", "data", "mail", "queue"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o755)
        os.chown(self.root / "data", *user)
        mail = _owner("nobody")
        os.chown(self.root / "mail", *mail)
        main_cf = MAIN_CF.format(root=self.root, transport=self.transport, uid=mail[0], gid=mail[1])
        (self.root / "conf/main.cf").write_text(main_cf)
        self._start()
        wait_for_port(self.port)
        self.pid = int((self.root / "queue/pid/master.pid").read_text())
        return self

    def _start(self) -> None:
        """On another port when it fails: somebody may have taken the one that was free."""
        for attempts_left in (2, 1, 0):
            (self.root / "conf/master.cf").write_text(MASTER_CF.format(port=self.port))
            command = ["postfix", "-c", str(self.root / "conf"), "start"]
            started = subprocess.run(command, capture_output=True, timeout=60, check=False, text=True)
            if started.returncode == 0:
                return
            assert attempts_left, f"Postfix does not start: {started.stdout}{started.stderr}"
            self.port = free_port()

    def __exit__(self, *_: object) -> None:
        subprocess.run(["postfix", "-c", self.root / "conf", "stop"], capture_output=True, timeout=60, check=False)

    def delivered(self) -> int:
        """Messages in alice's Maildir."""
        return _new_mail(self.root / "mail/alice/Maildir")


LOCATIONS = {"maildir": "maildir:~/Maildir", "mdbox": "mdbox:~/mdbox"}


class Dovecot:
    """A Dovecot instance of its own; any user, password "pw", mail below `mail/USER` in one of the LOCATIONS."""

    def __init__(self, root: Path, mail_format: str = "maildir") -> None:
        self.root = root
        self.location = LOCATIONS[mail_format]
        self.imap = free_port()
        self.pop3 = free_port()
        self.lmtp = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def adopt(self, user: str, maildir: Path) -> None:
        """Give `user` this Maildir (moved here)."""
        home = self.root / "mail" / user
        home.mkdir(parents=True)
        shutil.move(maildir, home / "Maildir")
        _give_to_nobody(self.root / "mail")

    def __enter__(self) -> "Dovecot":
        uid, gid = _owner("nobody")
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o755)
        (self.root / "mail").mkdir(exist_ok=True)
        os.chown(self.root / "mail", uid, gid)
        conf = self.root / "dovecot.conf"
        ports = {"imap": self.imap, "pop3": self.pop3, "lmtp": self.lmtp}
        conf.write_text(DOVECOT_CONF.format(root=self.root, uid=uid, gid=gid, location=self.location, **ports))
        self.process = subprocess.Popen(["dovecot", "-F", "-c", str(conf)], stderr=subprocess.DEVNULL)
        wait_for_port(self.imap)
        return self

    def take_in(self, user: str, maildir: Path) -> None:
        """Bring the mail of a Maildir into the mailbox of `user`, whatever its format; Dovecot must run."""
        _give_to_nobody(maildir)
        command = ["doveadm", "-c", str(self.root / "dovecot.conf"), "import", "-u", user]
        subprocess.run([*command, f"maildir:{maildir}", "", "all"], check=True, capture_output=True)

    def delivered(self, user: str) -> int:
        """New messages in the Maildir of `user` ("alice@example.test" when LMTP brought them)."""
        return _new_mail(self.root / "mail" / user / "Maildir")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)


def _new_mail(maildir: Path) -> int:
    return len(os.listdir(maildir / "new")) if (maildir / "new").is_dir() else 0


def _give_to_nobody(top: Path) -> None:
    """Dovecot reads and writes mail as that user."""
    owner = _owner("nobody")
    for folder, _, files in os.walk(top):
        os.chown(folder, *owner)
        for name in files:
            os.chown(os.path.join(folder, name), *owner)


def _owner(user: str) -> tuple[int, int]:
    import pwd

    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid
