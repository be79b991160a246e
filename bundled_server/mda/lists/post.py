"""A letter as a list passes it on: its header with the list's fields (RFC 2369, RFC 2919), its body as it came."""

import re
from email.header import Header
from email.utils import getaddresses, quote

from bundled_server.mailbox.content import Content, prepare
from bundled_server.mailbox.decoded import body_text, decode_words
from bundled_server.mda.lists.model import BadList, MailingList, ReplyTo, checked_address
from bundled_server.mda.trace import is_junk
from bundled_server.protocols.smtp.header import Field, HeaderBlock, HeaderTooBig, read_header

MOST_HELD_LINES = 20
_OURS = re.compile(r"list-.*|precedence|sender|errors-to|return-path|delivered-to|x-list-.*|x-been-there")
_BULK = re.compile(r"bulk|junk|list", re.IGNORECASE)
_TAIL = re.compile(r"\s+")


class Post:
    """A letter to a list, read once. A header too big to be read makes it a letter without one."""

    def __init__(self, mailing_list: MailingList, content: Content) -> None:
        self._list = mailing_list
        self._content = content
        try:
            self.header = read_header(content.data)
        except HeaderTooBig:
            self.header = HeaderBlock((), content.header_octets, True)

    @property
    def author(self) -> str:
        """The address in From, lower case, "" without exactly one that can be written to."""
        addresses = [address for _, address in getaddresses([self.header.first("from")[:2000]]) if "@" in address]
        try:
            return checked_address(addresses[0]) if len(addresses) == 1 else ""
        except BadList:
            return ""

    @property
    def subject(self) -> str:
        return decode_words(self.header.first("subject"))

    @property
    def is_circling(self) -> bool:
        """Whether this list passed it on before."""
        own = f"<{self._list.list_id}>"
        return any(
            own in field.value.lower()
            or (field.name == "list-post" and f"mailto:{self._list.address}" in field.value.lower())
            for field in self.header.fields
            if field.name in ("list-id", "list-post")
        )

    @property
    def is_automatic(self) -> bool:
        """An answer that no person wrote (RFC 3834 §5)."""
        return self.header.first("auto-submitted").partition(";")[0].strip().lower() not in ("", "no")

    @property
    def is_bulk(self) -> bool:
        """Mail of another list, or of whoever writes to many."""
        return bool(_BULK.fullmatch(self.header.first("precedence").strip())) or bool(self.header.count("list-id"))

    @property
    def is_junk(self) -> bool:
        """Whether the filters of this host want it kept apart."""
        return is_junk(self._content.data[: self._content.header_octets])

    @property
    def first_line(self) -> str:
        """Of the body, for a command."""
        text = body_text(self._content.data[: self._content.header_octets + 4000])
        return next((line for line in text.splitlines() if line.strip()), "")

    @property
    def beginning(self) -> str:
        """Some lines of the body for an owner to look at."""
        octets = self._content.data[self._content.header_octets :][:4000]
        lines = octets.decode("utf-8", "replace").splitlines()[:MOST_HELD_LINES]
        return "\n".join("    " + "".join(c if c.isprintable() else " " for c in line)[:200] for line in lines)

    def passed_on(self, unsubscribe_url: str = "") -> Content:
        """The letter with the list's header fields; with a URL one click leaves the list (RFC 8058)."""
        kept = [field for field in self.header.fields if not _OURS.fullmatch(field.name)]
        fields = [self._changed(field) for field in kept if not self._is_replaced(field)]
        head = b"".join(_line(name, value) for name, value in self._own_fields(unsubscribe_url))
        body = self._content.data[self.header.octets :]
        return prepare(head + b"".join(fields) + self.header.separator + body)

    def _is_replaced(self, field: Field) -> bool:
        if field.name == "reply-to":
            return self._list.reply_to is ReplyTo.LIST
        return field.name == "from" and self._list.munges_from

    def _changed(self, field: Field) -> bytes:
        tag = self._list.subject_tag
        if field.name != "subject" or not tag or f"[{tag}]".lower() in self.subject.lower():
            return field.raw
        name, _, value = field.raw.partition(b":")
        return (
            name
            + b": "
            + Header(f"[{tag}]", "utf-8" if not tag.isascii() else "us-ascii").encode().encode()
            + value
        )

    def _own_fields(self, unsubscribe_url: str) -> list[tuple[str, str]]:
        ours = self._list
        leave = f"<mailto:{ours.address_of('leave')}>"
        fields = [
            ("Delivered-To", ours.address),
            ("List-Id", f"{_phrase(ours.description)}<{ours.list_id}>"),
            ("List-Post", "NO" if ours.posting == "announce" else f"<mailto:{ours.address}>"),
            ("List-Help", f"<mailto:{ours.address_of('request')}?subject=help>"),
            ("List-Subscribe", f"<mailto:{ours.address_of('join')}>"),
            ("List-Unsubscribe", f"<{unsubscribe_url}>, {leave}" if unsubscribe_url else leave),
            ("List-Owner", f"<mailto:{ours.address_of('owner')}>"),
            ("Precedence", "list"),
            ("Sender", ours.address_of("bounces")),
        ]
        if unsubscribe_url:
            fields.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
        if not self.header.first("subject") and ours.subject_tag:
            fields.append(("Subject", f"[{ours.subject_tag}]"))
        if ours.munges_from:
            fields += self._munged_from()
        if ours.reply_to is ReplyTo.LIST:
            fields.append(("Reply-To", ours.address))
        return fields

    def _munged_from(self) -> list[tuple[str, str]]:
        """The writer's name with the list's address, and the writer where answers find the way."""
        whole = self.header.first("from")
        names = getaddresses([whole[:2000]])
        name = decode_words(names[0][0]) if names else ""
        fields = [("From", f"{_phrase(f'{name or self.author} via {self._list.name}')}<{self._list.address}>")]
        if self._list.reply_to is ReplyTo.SENDER and not self.header.first("reply-to") and self.author:
            fields.append(("Reply-To", self.author))
        return [*fields, ("X-Original-From", whole)]


def _phrase(text: str) -> str:
    """A display name before an address, encoded when it has to be."""
    plain = "".join(letter for letter in text if letter.isprintable()).strip()[:100]
    if not plain:
        return ""
    return f'"{quote(plain)}" ' if plain.isascii() else f"{Header(plain, 'utf-8').encode()} "


def _line(name: str, value: str) -> bytes:
    """A field; whatever the value holds, it is one line."""
    return f"{name}: {_TAIL.sub(' ', value)}\r\n".encode("utf-8", "replace")
