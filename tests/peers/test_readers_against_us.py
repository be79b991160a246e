"""curl, mbsync, getmail, fetchmail, mutt and neomutt read mail from our server."""

import os
from pathlib import Path

import pytest
from terminal import Terminal


@pytest.mark.peer("curl")
def test_curl_lists_and_fetches_by_imap(server, program, run) -> None:
    server.deliver("curl@cities.org", "for curl")
    base = f"imap://127.0.0.1:{server.ports['imap']}"
    folders = run(program, "-sSk", "--ssl-reqd", "--user", "curl:123456", base + "/")
    assert "LIST (" in folders and "INBOX" in folders
    text = run(program, "-sSk", "--ssl-reqd", "--user", "curl:123456", base + "/INBOX;MAILINDEX=1")
    assert "Subject: for curl" in text
    found = run(program, "-sSk", "--user", "curl:123456", base + "/INBOX", "-X", "SEARCH SUBJECT curl")
    assert "* SEARCH 1" in found


@pytest.mark.peer("curl")
def test_curl_fetches_by_pop3(server, program, run) -> None:
    server.deliver("curl@cities.org", "for curl by pop")
    base = f"pop3://127.0.0.1:{server.ports['pop3']}"
    listing = run(program, "-sSk", "--ssl-reqd", "--user", "curl:123456", base + "/")
    assert listing.split()[0] == "1"
    count = len(listing.splitlines())
    assert "Subject: for curl by pop" in run(program, "-sSk", "--user", "curl:123456", f"{base}/{count}")


@pytest.mark.peer("mbsync")
def test_mbsync_mirrors_both_ways(server, program, run, tmp_path: Path) -> None:
    server.deliver("mbsync@cities.org", "for mbsync")
    (tmp_path / "mail").mkdir()
    settings = tmp_path / "mbsyncrc"
    settings.write_text(f"""
IMAPAccount ours
Host 127.0.0.1
Port {server.ports["imap"]}
User mbsync
Pass 123456
SSLType None
AuthMechs LOGIN

IMAPStore far
Account ours

MaildirStore near
Path {tmp_path}/mail/
Inbox {tmp_path}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
""")
    run(program, "-c", str(settings), "-a")
    inbox = tmp_path / "mail/INBOX"
    fetched = [path for sub in ("new", "cur") for path in (inbox / sub).iterdir()]
    assert len(fetched) == 1
    assert b"Subject: for mbsync" in fetched[0].read_bytes()
    # a reply written here appears there; a flag set here is set there
    (inbox / "cur/1.local:2,S").write_bytes(b"From: x@y.example\nSubject: from the near side\n\nhola\n")
    read = inbox / "cur" / (fetched[0].name.partition(":")[0] + ":2,FS")
    os.rename(fetched[0], read)
    run(program, "-c", str(settings), "-a")
    assert sorted(server.subjects("mbsync")) == ["for mbsync", "from the near side"]
    os.remove(next(path for path in (inbox / "cur").iterdir() if "F" in path.name.rpartition(",")[2]))
    run(program, "-c", str(settings), "-a")
    assert server.subjects("mbsync") == ["from the near side"]


@pytest.mark.peer("getmail")
@pytest.mark.parametrize(
    ("retriever", "service"), [("SimpleIMAPRetriever", "imap"), ("SimplePOP3Retriever", "pop3")]
)
def test_getmail_retrieves(server, program, run, tmp_path: Path, retriever: str, service: str) -> None:
    server.deliver("getmail@cities.org", f"for getmail by {service}")
    (tmp_path / "getmailrc").write_text(
        f"[retriever]\ntype = {retriever}\nserver = 127.0.0.1\nport = {server.ports[service]}\n"
        "username = getmail\npassword = 123456\n[destination]\ntype = MDA_external\npath = /bin/sh\n"
        f"arguments = ('-c', 'cat >> {tmp_path}/box')\nallow_root_commands = true\n"
        "[options]\nread_all = true\ndelete = false\n"
    )
    run(program, "--getmaildir", str(tmp_path), home=tmp_path)
    assert f"Subject: for getmail by {service}" in (tmp_path / "box").read_text()


@pytest.mark.peer("fetchmail")
@pytest.mark.parametrize("service", ["imap", "pop3"])
def test_fetchmail_retrieves_and_deletes(server, program, run, tmp_path: Path, service: str) -> None:
    server.deliver("fetchmail@cities.org", f"for fetchmail by {service}")
    box = tmp_path / "box"
    settings = tmp_path / "fetchmailrc"
    settings.write_text(
        f"poll 127.0.0.1 service {server.ports[service]} protocol {service} user fetchmail password 123456\n"
        f"  no sslcertck sslproto '' nokeep fetchall mda \"cat >> {box}\"\n"
    )
    settings.chmod(0o600)
    run(program, "-f", str(settings), "--pidfile", str(tmp_path / "pid"), home=tmp_path)
    assert f"Subject: for fetchmail by {service}" in box.read_text()
    assert server.subjects("fetchmail") == []


def _muttrc(server, folder: Path, user: str) -> Path:
    settings = folder / "muttrc"
    settings.write_text(f"""
set folder="imap://{user}@127.0.0.1:{server.ports["imap"]}/"
set spoolfile="+INBOX"
set imap_pass="123456"
set ssl_force_tls=no
set ssl_starttls=no
set sleep_time=0
set wait_key=no
set mail_check=1
set from="{user}@cities.org"
set smtp_url="smtp://{user}@127.0.0.1:{server.ports["submission"]}/"
set smtp_pass="123456"
set smtp_authenticators="plain"
set record=""
set move=no
set delete=yes
set quit=yes
set send_charset="us-ascii:utf-8"
""")
    return settings


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.peer(n)) for n in ("mutt", "neomutt")])
def test_mutt_sends_reads_and_deletes(server, program, run, tmp_path: Path, name: str) -> None:
    settings = _muttrc(server, tmp_path, name)
    run(program, "-n", "-F", str(settings), "-s", f"by {name}", f"{name}@cities.org", home=tmp_path, text="Hola\n")
    server.wait_for(name, f"by {name}")
    terminal = Terminal([program, "-n", "-F", str(settings)], environment={"HOME": str(tmp_path)})
    try:
        terminal.wait_for(f"by {name}")
        terminal.press("enter")
        terminal.wait_for("Hola", f"Subject: by {name}")
        terminal.press("d")
        terminal.press("q")
        terminal.wait_for_exit()
    finally:
        terminal.close()
    assert server.subjects(name) == []
