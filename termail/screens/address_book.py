"""The address book: aliases the user wrote, and people learnt from the mail that was sent and received."""

import contextlib
import os
import re
import subprocess
from pathlib import Path

from termail.mime.headers import parse_addresses, scan_headers
from termail.mime.sanitize import clean_line
from termail.model.order import Order, SortKey
from termail.store.local_store import LocalStore

SENT_MESSAGES = 400  # newest sent messages people are learnt from
INBOX_MESSAGES = 1000
MAX_ALIAS_OCTETS = 1_000_000
MAX_OFFERS = 50
QUERY_TIMEOUT_SECONDS = 10.0
_ALIAS = re.compile(r"\s*alias\s+(?:-group\s+\S+\s+)*(\S+)\s+(.+?)\s*(?:#.*)?$")
_NEWEST = Order(SortKey.DATE, reverse=True)


def mailbox_text(name: str, address: str) -> str:
    """A mailbox as people write it; a name with special characters is quoted (RFC 5322 §3.2.4)."""
    name, address = clean_line(name).strip(), clean_line(address).strip()
    if not name or name == address:
        return address
    if re.search(r'[(),:;<>@\[\]\\".]', name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{address}>"


class AddressBook:
    """`alias_file` is in mutt's format: `alias NAME Name <address>`, one a line."""

    def __init__(self, store: LocalStore, alias_file: Path | None = None, query_command: str = "") -> None:
        self._store, self._alias_file, self._query_command = store, alias_file, query_command
        self._people: dict[str, str] = {}
        self._written_to: frozenset[str] = frozenset()
        self._learnt_from: tuple[tuple[int, int], ...] = ()

    # --- aliases

    def aliases(self) -> dict[str, str]:
        """Name → what it stands for."""
        if self._alias_file is None:
            return {}
        try:
            with self._alias_file.open(encoding="utf-8", errors="replace") as file:
                lines = file.read(MAX_ALIAS_OCTETS).splitlines()
        except OSError:
            return {}
        found = (_ALIAS.match(line) for line in lines)
        return {match[1]: clean_line(match[2]) for match in found if match is not None}

    def add_alias(self, name: str, mailbox: str) -> Path:
        """Write one more → the file. Raises ValueError, OSError."""
        if not re.fullmatch(r"[^\s#,;:<>@\"]{1,64}", name):
            raise ValueError("An alias is one word without , ; : < > @.")
        if name in self.aliases():
            raise ValueError(f"There is an alias {name} already, in {self._alias_file}.")
        if self._alias_file is None:
            raise ValueError("There is no settings folder to keep aliases in.")
        self._alias_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._alias_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(f"alias {name} {clean_line(mailbox)}\n")
        return self._alias_file

    def expand(self, typed: str) -> str:
        """Addresses as typed, with every alias replaced by what it stands for."""
        aliases = self.aliases()
        pieces = [piece.strip() for piece in typed.split(",")]
        return ", ".join(aliases.get(piece, piece) for piece in pieces) if aliases else typed

    # --- people

    def people(self) -> dict[str, str]:
        """Address → mailbox text; those written to first, then those who wrote."""
        folders = [folder for folder in self._store.folders() if folder.role in ("sent", "inbox")]
        seen = tuple((folder.folder_id, folder.total) for folder in folders)
        if seen == self._learnt_from:
            return self._people
        people: dict[str, str] = {}
        for folder in sorted(folders, key=lambda folder: folder.role != "sent"):
            ids = self._store.listing(folder.folder_id, _NEWEST)
            if folder.role == "sent":
                for message_id in ids[:SENT_MESSAGES]:
                    self._learn_recipients(people, self._store.header(message_id))
                self._written_to = frozenset(people)
                continue
            for row in self._store.rows(ids[:INBOX_MESSAGES]):
                if "@" in row.sender_address:
                    people.setdefault(
                        row.sender_address.lower(), mailbox_text(row.sender_name, row.sender_address)
                    )
        self._people, self._learnt_from = people, seen
        return people

    def known_hosts(self) -> frozenset[str]:
        """The hosts of people written to, as far as they were learnt already: nobody waits for that here."""
        return frozenset(address.rpartition("@")[2] for address in self._written_to)

    def _learn_recipients(self, people: dict[str, str], header: bytes) -> None:
        for field, value in scan_headers(header):
            if field.lower() in ("to", "cc", "bcc"):
                for name, address in parse_addresses(value):
                    if "@" in address:
                        people.setdefault(address.lower(), mailbox_text(name, address))

    # --- finding

    def find(self, words: str) -> list[str]:
        """Aliases and people whose name or address has a word that starts so."""
        wanted = words.strip().lower()
        found = [mailbox for name, mailbox in self.aliases().items() if name.lower().startswith(wanted)]
        found += [mailbox for mailbox in self.people().values() if _starts_a_word(wanted, mailbox.lower())]
        return list(dict.fromkeys(found))[:MAX_OFFERS]

    def complete(self, typed: str) -> list[str]:
        """What a half-typed list of addresses may go on to: its last address is completed."""
        before, comma, last = typed.rpartition(",")
        start = f"{before}{comma} " if comma else ""
        return [start + mailbox for mailbox in self.find(last)] if last.strip() else []

    def query(self, words: str) -> list[str]:
        """`find`, and what the user's query_command says: "address<Tab>name" a line, as mutt's does."""
        found = self.find(words)
        if self._query_command:
            found += _run_query(self._query_command, words)
        return list(dict.fromkeys(found))


def _starts_a_word(wanted: str, text: str) -> bool:
    return bool(wanted) and (text.startswith(wanted) or re.search(rf"\b{re.escape(wanted)}", text) is not None)


def _run_query(command: str, words: str) -> list[str]:
    """%s in the command is what was typed, handed over as an argument and never as shell text."""
    line = command.replace("%s", '"$1"') if "%s" in command else f'{command} "$1"'
    found: list[str] = []
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            ["/bin/sh", "-c", line, "query", words],
            capture_output=True, stdin=subprocess.DEVNULL, timeout=QUERY_TIMEOUT_SECONDS, check=False,
        )  # fmt: skip
        for entry in done.stdout.decode("utf-8", "replace").splitlines()[:1000]:
            address, _, rest = entry.partition("\t")
            if "@" in address:
                found.append(mailbox_text(rest.partition("\t")[0], address))
    return found
