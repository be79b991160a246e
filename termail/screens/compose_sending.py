"""How compose sends: the questions before, signing and encrypting, the hold, the time the user chose."""

import asyncio
import contextlib
import time

from termail.commands import Context
from termail.mime.draft import Built, Draft, DraftError, build
from termail.mime.headers import parse_addresses
from termail.mime.sanitize import clean_line
from termail.model.when import EXAMPLES, parse_when
from termail.screens.compose_commands import ComposeDesk, forgot_attachment
from termail.screens.desk import CommandError
from termail.screens.drafts_desk import drop_draft
from termail.screens.writing_actions import answered_action

MANY_RECIPIENTS = 8


class ComposeSending:
    """A helper of the compose screen."""

    def __init__(self, desk: ComposeDesk) -> None:
        self._desk = desk
        self._is_sent = False

    async def do_send_message(self, argument: str) -> None:
        draft, services = self._desk.draft, self._desk.services
        if not await self._is_meant(draft) or self._is_sent:
            return
        if not services.account(draft.account).send:
            raise CommandError(f"Account {draft.account} has no `send` server in the settings.")
        built = await self._built(draft)
        if built is None:
            return
        now, delay = services.clock(), services.settings.ui.undo_send_seconds
        held_until = draft.send_at if draft.send_at > now else now + delay if delay else 0.0
        outbox_id = services.store.queue_message(
            draft.account,
            built.sender,
            built.recipients,
            built.raw,
            not_before=held_until,
            wants_report=draft.wants_report,
            fcc=self._fcc(draft),
        )
        self._is_sent = True
        services.last_sent.outbox_id = outbox_id
        if self._desk.answered:
            with contextlib.suppress(LookupError):  # it is on its way, whatever became of the message it answers
                services.store.perform(draft.account, answered_action(self._desk.answered), "replied")
        drop_draft(services, draft.account, self._desk.draft_id, self._desk.server_draft)
        await services.work_waits()
        self._desk.dismiss(None)
        services.say_next(self._told(draft, now, delay))

    def _fcc(self, draft: Draft) -> str:
        """The folder of the copy. Raises CommandError for one there is not: no copy is lost silently."""
        name = draft.fcc.strip()
        if name and self._desk.services.store.folder_named(draft.account, name) is None:
            raise CommandError(f"There is no folder {name!r} in {draft.account}; f names another for the copy.")
        return name

    def _told(self, draft: Draft, now: float, delay: float) -> str:
        undo = self._desk.services.keymap.first_key(Context.INDEX, "undo")
        if draft.send_at > now:
            return f"Sends {moment_text(draft.send_at)}; {undo} takes it back."
        return f"Sends in {delay:g} s; {undo} takes it back." if delay else "Mail queued."

    async def _is_meant(self, draft: Draft) -> bool:
        """The questions a good secretary would ask."""
        confirm = self._desk.confirm
        if not draft.subject.strip() and not await confirm("No subject: send anyway?", default=False):
            return False
        if forgot_attachment(draft) and not await confirm(
            "The text speaks of an attachment but there is none: send anyway?", default=False
        ):
            return False
        count = len(recipients_of(draft))
        return count < MANY_RECIPIENTS or await confirm(f"This goes to {count} people: send it?", default=False)

    async def _built(self, draft: Draft) -> Built | None:
        """The message, signed and encrypted as wished; the agent may ask for a passphrase while we give it the
        terminal. None when the user changed their mind."""
        date = self._desk.services.clock()
        if not draft.protection.is_wanted:
            return build(draft, date=date)
        from termail.mime.crypto.gpg import PassphraseWanted

        if draft.protection.encrypts and not await self._keys_are_believed(draft):
            return None
        try:
            return await asyncio.to_thread(self._sealed, draft, date, False)
        except PassphraseWanted:
            with self._desk.app.suspend():
                return self._sealed(draft, date, True)

    def _sealed(self, draft: Draft, date: float, may_ask: bool) -> Built:
        return build(
            draft, date=date, sealer=self._desk.services.protected.sealer(draft.protection, may_ask=may_ask)
        )

    async def _keys_are_believed(self, draft: Draft) -> bool:
        if draft.protection.method != "pgp":
            return True
        from termail.mime.crypto.sealing import PgpSealer

        addresses = recipients_of(draft)
        keys = await asyncio.to_thread(PgpSealer(self._desk.services.protected.gpg()).keys_for, addresses)
        doubtful = [
            f"{address} ({key.fingerprint[-16:]})"
            for address, key in zip(addresses, keys, strict=True)
            if not key.is_certified
        ]
        return not doubtful or await self._desk.confirm(
            f"Nobody you trust certified the key of {clean_line(', '.join(doubtful))}: encrypt to it?",
            default=False,
        )

    async def do_send_later(self, argument: str) -> None:
        typed = argument or await self._desk.ask(f"Send when ({EXAMPLES[:32]}…; empty: at once): ", history="when")
        if not typed.strip():
            self._desk.change(send_at=0.0)
            return
        when = parse_when(typed, self._desk.services.clock())
        self._desk.change(send_at=when)
        self._desk.tell(f"y sends it {moment_text(when)}.")

    def do_toggle_report(self, argument: str) -> None:
        wants = not self._desk.draft.wants_report
        self._desk.change(wants_report=wants)
        self._desk.tell("The servers are asked to report the delivery." if wants else "No report of the delivery.")


def recipients_of(draft: Draft) -> list[str]:
    """Every address it goes to, once. Raises DraftError when one cannot be read."""
    text = ", ".join(filter(None, (draft.to, draft.cc, draft.bcc)))
    found = [address for _, address in parse_addresses(text.encode("utf-8", "replace"))]
    if not all(found):
        raise DraftError("To: an address cannot be read")
    return list(dict.fromkeys(found))


def moment_text(when: float) -> str:
    """A moment to come."""
    return time.strftime("on %a %d %b at %H:%M", time.localtime(when))
