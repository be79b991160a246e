"""Starting a message: new, reply, forward, bounce, resend, recall; the same in index and pager."""

import msgspec

from termail.mime.outgoing import Protection
from termail.mime.sanitize import clean_line
from termail.model.actions import SetFlags
from termail.screens.desk import CommandError, MailDesk, current_row, targets
from termail.screens.identity import address_of, all_my_addresses, face_for, with_signature


class WritingActions:
    """Each makes a draft and opens compose with it. mime.draft is imported when the first draft is made."""

    def __init__(self, desk: MailDesk) -> None:
        self._desk = desk

    async def do_mail(self, argument: str) -> None:
        from termail.mime.draft import Draft

        to = await self._ask_address("To: ", argument)
        subject = await self._desk.ask("Subject: ", history="subject")
        face = face_for(self._desk.services.settings, self._account_name(), goes_to=to)
        body = with_signature("", face.signature)
        self._compose(Draft(account=face.account, from_=face.from_, to=to, subject=subject, body=body))

    async def _ask_address(self, label: str, argument: str) -> str:
        book = self._desk.services.address_book
        typed = argument or await self._desk.ask(label, history="address", complete=book.complete)
        return book.expand(typed)

    async def do_background_compose_menu(self, argument: str) -> None:
        await self._recall(always_ask=True)

    async def do_reply(self, argument: str) -> None:
        await self._reply(to_all=False)

    async def do_group_reply(self, argument: str) -> None:
        row = current_row(self._desk)
        if (
            row.to_me == ""
            and not row.list_id
            and not await self._desk.confirm(
                "You got a blind copy: a reply to all tells them. Reply to all?", default=False
            )
        ):
            return
        await self._reply(to_all=True)

    async def do_list_reply(self, argument: str) -> None:
        if not current_row(self._desk).list_id:
            raise CommandError("This message came by no mailing list.")
        await self._reply(to_all=False, to_list=True)

    async def _reply(self, *, to_all: bool, to_list: bool = False) -> None:
        from termail.mime.draft import reply

        self._desk.take_tag_prefix()
        row, services = current_row(self._desk), self._desk.services
        raw = await services.readable(row.message_id)
        account = self._account_name()
        face = face_for(services.settings, account, came_to=services.store.header(row.message_id))
        mine = all_my_addresses(services.settings, account)
        draft = reply(raw, account=face.account, from_=face.from_, mine=mine, to_all=to_all, to_list=to_list)
        draft = msgspec.structs.replace(
            draft,
            body=with_signature(draft.body, face.signature),
            protection=await self._protection_of_reply(row.message_id),
        )
        self._compose(draft, answered=row.message_id)

    async def _protection_of_reply(self, message_id: int) -> Protection:
        """What came encrypted is answered encrypted."""
        services = self._desk.services
        pgp = services.settings.pgp
        opening = await services.protected.open(message_id, await services.body(message_id))
        encrypts = pgp.encrypt_replies and opening is not None and opening.is_encrypted and not opening.trouble
        return Protection(signs=pgp.sign or encrypts, encrypts=encrypts)

    async def do_forward_message(self, argument: str) -> None:
        await self._forward(argument, as_attachment=False)

    async def do_forward_attached(self, argument: str) -> None:
        await self._forward(argument, as_attachment=True)

    async def _forward(self, argument: str, *, as_attachment: bool) -> None:
        """Inline a message as it is read; attached each as it came, after `;` all that are tagged."""
        from termail.mime.draft import forward

        services = self._desk.services
        ids = targets(self._desk) if as_attachment else (current_row(self._desk).message_id,)
        to = await self._ask_address("To: ", argument)
        face = face_for(services.settings, self._account_name(), goes_to=to)
        fetch = services.body if as_attachment else services.readable
        drafts = [
            forward(await fetch(entry), account=face.account, from_=face.from_, as_attachment=as_attachment)
            for entry in ids
        ]
        attachments = tuple(item for draft in drafts for item in draft.attachments)
        body = with_signature(drafts[0].body, face.signature) if as_attachment else drafts[0].body
        self._compose(msgspec.structs.replace(drafts[0], to=clean_line(to), attachments=attachments, body=body))

    async def do_bounce_message(self, argument: str) -> None:
        from termail.mime.draft import bounce_headers
        from termail.mime.headers import parse_addresses

        services = self._desk.services
        row = current_row(self._desk)
        raw = await services.body(row.message_id)
        to = await self._ask_address("Bounce message to: ", argument)
        recipients = tuple(address for _, address in parse_addresses(to.encode()) if "@" in address)
        if not recipients:
            raise CommandError(f"No address in {to!r}.")
        if not await self._desk.confirm(f"Bounce message to {', '.join(recipients)}?"):
            return
        account = self._account_name()
        from_ = services.account(account).from_
        now = services.clock()
        message_id = f"<{int(now * 1000)}.{row.message_id}.bounce@{address_of(from_).partition('@')[2]}>"
        resent = bounce_headers(raw, from_=from_, to=to, date=now, message_id=message_id)
        services.store.queue_message(account, address_of(from_), recipients, resent)
        await services.work_waits()
        self._desk.tell("Message bounced.")

    async def do_resend_message(self, argument: str) -> None:
        from termail.mime.draft import parse_draft
        from termail.screens.drafts_desk import as_new

        row = current_row(self._desk)
        raw = await self._desk.services.readable(row.message_id)
        self._compose(as_new(parse_draft(raw, self._account_name())))

    async def do_recall_message(self, argument: str) -> None:
        await self._recall(always_ask=False)

    async def _recall(self, *, always_ask: bool) -> None:
        from termail.screens.drafts_desk import draft_entries, load_draft

        entries = draft_entries(self._desk.services)
        if not entries:
            raise CommandError("No postponed messages.")
        entry = entries[0] if len(entries) == 1 and not always_ask else await self._desk.visit("drafts")
        if entry is not None:
            draft = await load_draft(self._desk.services, entry)
            self._desk.go("compose", draft, 0, entry.draft_id, entry.message_id)

    def _compose(self, draft: msgspec.Struct, answered: int = 0) -> None:
        self._desk.go("compose", draft, answered)

    def _account_name(self) -> str:
        services, view = self._desk.services, self._desk.view
        row = view.row_at(self._desk.line) if len(view) else None
        here = services.account_of(view.folder, row) if row is not None else view.folder.account
        if here in services.account_names:
            return here
        if not services.account_names:
            raise CommandError("There is no account: `termail account add` makes one.")
        return services.account_names[0]


def answered_action(message_id: int) -> SetFlags:
    """What sending a reply does to the message it answers."""
    return SetFlags((message_id,), ("\\Answered",))
