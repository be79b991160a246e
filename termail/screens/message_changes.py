"""Commands that make something of the message read: an answer to an invitation, an edited copy, keys imported."""

import asyncio
import os

from termail.mime.headers import parse_addresses
from termail.mime.message import parse_message
from termail.mime.outgoing import Draft
from termail.mime.sanitize import clean_line
from termail.model.actions import AppendTo, SetFlags
from termail.model.row import Row
from termail.screens.desk import CommandError, MailDesk, current_row
from termail.screens.identity import address_of, face_for
from termail.screens.outside import edit_outside, editor_of
from termail.screens.services import Services

_ANSWERS = {"a": ("ACCEPTED", "Accepted"), "d": ("DECLINED", "Declined"), "p": ("TENTATIVE", "Perhaps")}
_KEPT_FLAGS = ("\\Seen", "\\Flagged", "\\Answered", "\\Draft")


class MessageChanges:
    """A helper of index and pager."""

    def __init__(self, desk: MailDesk) -> None:
        self._desk = desk

    async def do_answer_invitation(self, argument: str) -> None:
        from termail.mime.calendar import answer

        desk, services = self._desk, self._desk.services
        row = current_row(desk)
        root = await asyncio.to_thread(parse_message, await services.readable(row.message_id))
        part = next((part for part in root.walk() if part.content_type == "text/calendar"), None)
        if part is None:
            raise CommandError("There is no invitation in this message.")
        letter = argument[:1] or await desk.choose("(a)ccept, (d)ecline, (p)erhaps? ", "adp")
        if letter not in _ANSWERS:
            raise CommandError(f"No answer {letter!r}; there are a, d and p.")
        account = services.account_of(desk.view.folder, row)
        face = face_for(services.settings, account, came_to=services.store.header(row.message_id))
        partstat, word = _ANSWERS[letter]
        item, organizer, title = await asyncio.to_thread(
            lambda: answer(part.decoded(), me=address_of(face.from_), partstat=partstat, now=services.clock())
        )
        draft = Draft(
            account=face.account,
            from_=face.from_,
            to=organizer,
            subject=f"{word}: {title}",
            body=f"{word}: {title}\n",
            attachments=(item,),
        )
        desk.go("compose", draft, row.message_id)

    async def do_edit_raw(self, argument: str) -> None:
        """The changed message takes the place of the old one, which is marked as deleted, as in mutt."""
        desk, services = self._desk, self._desk.services
        row = current_row(desk)
        editor = editor_of(dict(os.environ), services.settings.ui.editor)
        if not editor:
            raise CommandError("Set $EDITOR, or `editor` in the [ui] settings, to edit a message as it came.")
        if desk.view.is_read_only:
            raise CommandError("The folder is open read-only; % allows changes.")
        raw = await services.body(row.message_id)
        before = raw.replace(b"\r\n", b"\n").decode("utf-8", "surrogateescape")
        with desk.suspend():
            after = edit_outside(editor, before)
        if after == before:
            desk.tell("The message is as it was.")
            return
        changed = after.encode("utf-8", "surrogateescape").replace(b"\n", b"\r\n")
        replace_message(services, row, changed)
        await services.work_waits()
        desk.rows_changed((row.message_id,))
        desk.reload()
        desk.tell("The edited message is a new one; the old one is marked as deleted.")

    async def do_extract_keys(self, argument: str) -> None:
        """Keys that came along are imported; else the key of the signature is looked for, when the user agrees."""
        desk, services = self._desk, self._desk.services
        row = current_row(desk)
        raw = await services.readable(row.message_id)
        root = await asyncio.to_thread(parse_message, raw)
        gpg = services.protected.gpg()
        blocks = [part.decoded() for part in root.walk() if part.content_type == "application/pgp-keys"]
        blocks += [part.decoded() for part in root.walk() if b"BEGIN PGP PUBLIC KEY" in part.body]
        if blocks:
            count = sum([await asyncio.to_thread(gpg.import_keys, block) for block in blocks])
            desk.tell(f"{count} keys imported." if count != 1 else "1 key imported.")
        else:
            opening = await services.protected.open(row.message_id, await services.body(row.message_id))
            if opening is None or opening.signature is None:
                raise CommandError("There is no key and no signature in this message.")
            senders = [address for _, address in parse_addresses(row.sender_address.encode())]
            for words in (opening.signature.fingerprint, *senders):
                if await desk.confirm(f"Look for a key of {clean_line(words)} on the network?"):
                    desk.tell(await asyncio.to_thread(gpg.locate, words))
                    break
        services.protected.forget()


def replace_message(services: Services, row: Row, raw: bytes) -> None:
    """Another message takes the place of one, which is marked as deleted. Raises LookupError."""
    folder = services.store.folder(row.folder_id)
    if folder is None:
        raise LookupError("The folder is gone.")
    states = (row.is_read, row.is_flagged, row.is_answered, row.is_draft)
    flags = tuple(flag for flag, is_set in zip(_KEPT_FLAGS, states, strict=True) if is_set)
    # Without a Message-ID to look for: the old message, which has the same, must not pass for the new one.
    services.store.perform(folder.account, AppendTo(folder.folder_id, raw, flags, ""), "edited message")
    before = SetFlags((row.message_id,), ("\\Deleted",))
    services.store.perform(folder.account, before, "the message before editing")
