"""The mail of the world's people as a script sees it: listed, read, deleted, waited for, sent."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid

import msgspec

from bundled_server.mailbox.changes import Expunge
from bundled_server.mailbox.decoded import body_text, header_block, header_values
from bundled_server.mailbox.store import Mailbox
from bundled_server.world.mail.letter import Letter
from bundled_server.world.station import Station
from bundled_server.world.world import World

INBOX = "INBOX"
LISTED_AT_ONCE = 200


class NotThere(LookupError):
    """No such user, mailbox or message; the text says which."""


class HostIsDown(Exception):
    """Nobody can look into the mailboxes of a host that is switched off."""


class Mail(msgspec.Struct, frozen=True):
    """One message of a list."""

    uid: int
    flags: list[str]
    size_octets: int
    arrived: float
    message_id: str
    sender: str
    to: str
    subject: str
    date: str

    def matches(self, wanted: Mapping[str, str]) -> bool:
        """Whether every wanted text occurs in the field of that name, in any case."""
        return all(text.lower() in str(getattr(self, name)).lower() for name, text in wanted.items() if text)


class FullMail(msgspec.Struct, frozen=True):
    """One message, read: `header` holds every field in order, `text` what people read."""

    uid: int
    flags: list[str]
    header: list[tuple[str, str]]
    text: str


class NewMail(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"sender": "from"}):
    """Mail to be sent: either `raw`, or the parts of a plain one."""

    to: list[str]
    sender: str = ""
    subject: str = ""
    text: str = ""
    header: dict[str, str] = {}
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A mailbox that is there, and the host it is on."""

    station: Station
    mailbox: Mailbox


class Mailboxes:
    """Looks into the stores of the hosts; sends through their real ports."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def messages(self, address: str, mailbox: str = INBOX) -> list[Mail]:
        """Everything in it, oldest first. Raises NotThere and HostIsDown."""
        place = await self._place(address, mailbox)
        store = place.station.host.store
        index = await store.index(place.mailbox.mailbox_id)
        found: list[Mail] = []
        for start in range(0, len(index.uids), LISTED_AT_ONCE):
            stop = start + LISTED_AT_ONCE
            headers = await store.headers(list(index.content_ids[start:stop]))
            for position, header in enumerate(headers, start):
                found.append(
                    Mail(
                        uid=index.uids[position],
                        flags=sorted(index.flags[position]),
                        size_octets=index.sizes[position],
                        arrived=index.dates[position],
                        message_id=_first(header, b"message-id"),
                        sender=_first(header, b"from"),
                        to=_first(header, b"to"),
                        subject=_first(header, b"subject"),
                        date=_first(header, b"date"),
                    )
                )
        return found

    async def read(self, address: str, uid: int, mailbox: str = INBOX) -> FullMail:
        """One message. Raises NotThere and HostIsDown."""
        flags, raw = await self._message(address, uid, mailbox)
        return FullMail(uid, flags, _fields(raw), body_text(raw).replace("\r\n", "\n"))

    async def octets(self, address: str, uid: int, mailbox: str = INBOX) -> bytes:
        """One message as it lies there. Raises NotThere and HostIsDown."""
        return (await self._message(address, uid, mailbox))[1]

    async def delete(self, address: str, uid: int | None = None, mailbox: str = INBOX) -> int:
        """Remove one message, or all → how many. Raises NotThere and HostIsDown."""
        place = await self._place(address, mailbox)
        store = place.station.host.store
        index = await store.index(place.mailbox.mailbox_id)
        uids = tuple(index.uids) if uid is None else (uid,)
        (removed,) = await store.commit(Expunge(place.mailbox.mailbox_id, uids))
        if uid is not None and not removed:
            raise NotThere(f"{address} has no message {uid} in {mailbox}")
        return len(removed)

    async def wait(
        self,
        address: str,
        wanted: Mapping[str, str],
        *,
        after: int = 0,
        mailbox: str = INBOX,
        seconds: float = 10.0,
    ) -> Mail | None:
        """The newest message above UID `after` that matches, as soon as there is one; None when the time is over.
        Raises NotThere and HostIsDown."""

        async def look() -> list[Mail]:
            found = await self.messages(address, mailbox)
            return [mail for mail in found if mail.uid > after and mail.matches(wanted)]

        matching = await self._until(look, seconds)
        return matching[-1] if matching else None

    async def grown(self, address: str, count: int, *, mailbox: str = INBOX, seconds: float = 10.0) -> bool:
        """Whether there are more than `count` messages, as soon as there are, or when the time is over. Raises
        NotThere and HostIsDown."""

        async def look() -> list[Mail]:
            return (await self.messages(address, mailbox))[count:]

        return bool(await self._until(look, seconds))

    async def send(self, mail: NewMail) -> str:
        """Send by the submission port for one of our people, else as a stranger on port 25 → the Message-ID.
        Raises NotThere when no recipient is of this world, aiosmtplib.SMTPException when the mail is refused."""
        sender = mail.sender or "stranger@outside.example"
        submitter = sender if self._is_ours(sender) else ""
        if not mail.to:
            raise NotThere("mail needs somebody in `to`")
        message_id, raw = _made(mail, sender)
        if not submitter and mail.to[0].lower().rpartition("@")[2] not in self._world.stations:
            raise NotThere("a stranger can write to people of this world only")
        await self._world.postman().carry([Letter(submitter, sender, tuple(mail.to), raw)])
        return message_id

    async def _until(self, look: Callable[[], Awaitable[list[Mail]]], seconds: float) -> list[Mail]:
        """What `look` finds, as soon as it finds something, or when the time is over: it looks again whenever mail
        has come into a mailbox."""
        events = self._world.journal.follow()
        happened = asyncio.ensure_future(anext(events))
        try:
            async with asyncio.timeout(seconds):
                while not (found := await look()):
                    while (await asyncio.shield(happened)).kind not in ("delivered", "stored", "reset"):
                        happened = asyncio.ensure_future(anext(events))
                    happened = asyncio.ensure_future(anext(events))
                return found
        except TimeoutError:
            return []
        finally:
            happened.cancel()
            await asyncio.gather(happened, return_exceptions=True)
            await events.aclose()

    async def _message(self, address: str, uid: int, mailbox: str) -> tuple[list[str], bytes]:
        """Its flags and octets."""
        place = await self._place(address, mailbox)
        store = place.station.host.store
        index = await store.index(place.mailbox.mailbox_id)
        if uid not in index.uids:
            raise NotThere(f"{address} has no message {uid} in {mailbox}")
        position = index.uids.index(uid)
        return sorted(index.flags[position]), await store.body(index.content_ids[position])

    def _is_ours(self, address: str) -> bool:
        user, _, domain = address.lower().rpartition("@")
        station = self._world.stations.get(domain)
        return station is not None and user in station.place.users

    async def _place(self, address: str, mailbox: str) -> Place:
        user, _, domain = address.lower().rpartition("@")
        if not user:
            user, domain = domain, self._world.places[0].domain
        station = self._world.stations.get(domain)
        if station is None:
            raise NotThere(f"no host of this world serves {domain}")
        if not station.is_up:
            raise HostIsDown(f"{station.place.hostname} is switched off")
        found = await station.host.store.mailbox(user, mailbox)
        if found is None:
            raise NotThere(f"there is no mailbox {mailbox} of {user}@{domain}")
        return Place(station, found)


def _first(header: bytes, name: bytes) -> str:
    return next(iter(header_values(header, name)), "")


def _fields(raw: bytes) -> list[tuple[str, str]]:
    fields: list[tuple[str, str]] = []
    for line in header_block(raw).decode("utf-8", "replace").split("\r\n"):
        if line[:1] in (" ", "\t") and fields:
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {line.strip()}")
        elif ":" in line:
            name, _, value = line.partition(":")
            fields.append((name, value.strip()))
    return fields


def _made(mail: NewMail, sender: str) -> tuple[str, bytes]:
    if mail.raw:
        raw = mail.raw.replace("\r\n", "\n").replace("\n", "\r\n").encode()
        return _first(header_block(raw), b"message-id"), raw
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, ", ".join(mail.to), mail.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    for name, value in mail.header.items():
        del message[name]
        message[name] = value
    message.set_content(mail.text)
    return str(message["Message-ID"]), message.as_bytes()
