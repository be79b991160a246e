"""The local MTA: takes messages from the outbox, submits them, and writes down how each attempt ended."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from termail.config import Settings
from termail.lmta.outcome import Deferred, Outcome, PossiblySent, Refused
from termail.lmta.parts import parts_of
from termail.lmta.schedule import GIVE_UP_SECONDS, next_try
from termail.lmta.submission import Letter, Submission
from termail.lmta.transcript import Transcript
from termail.model.outbox import OutboxItem
from termail.net.tls_records import watch_records
from termail.net.trust import CannotTrust, client_context
from termail.net.wire import Tap, no_tap
from termail.secrets.errors import NoPassword
from termail.secrets.passwords import PasswordSource
from termail.store.local_store import LocalStore


class LocalMta:
    """`taps` gives the wire tap for an item; time comes from `clock`."""

    def __init__(
        self,
        settings: Settings,
        store: LocalStore,
        passwords: PasswordSource,
        clock: Callable[[], float],
        taps: Callable[[OutboxItem], Tap] = lambda item: no_tap,
        jitter: random.Random | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._passwords = passwords
        self._clock = clock
        self._taps = taps
        self._jitter = jitter or random.Random()

    async def send_next(self) -> OutboxItem | None:
        """Submit the next message that is due → it, None when nothing is due."""
        item = await asyncio.to_thread(self._store.claim_outbox, self._clock())
        if item is not None:
            await self.deliver(item)
        return item

    async def deliver(self, item: OutboxItem) -> Outcome:
        """One attempt with a claimed message; its end is in the store when this returns. When we are stopped
        before the message went out it is due again at once; after that it is possibly sent."""
        transcript = Transcript(self._taps(item))
        is_out = False

        async def going_out() -> None:
            nonlocal is_out
            await asyncio.to_thread(self._store.note_data_sent, item.outbox_id)
            is_out = True

        try:
            outcome = await self._attempt(item, transcript, going_out)
        except asyncio.CancelledError:
            stopped = "the program was stopped while sending"
            self._write(item, PossiblySent(stopped) if is_out else Deferred(stopped), transcript, at_once=True)
            raise
        await asyncio.to_thread(self._write, item, outcome, transcript)
        return outcome

    async def _attempt(
        self, item: OutboxItem, transcript: Transcript, going_out: Callable[[], Awaitable[None]]
    ) -> Outcome:
        account = self._settings.accounts.get(item.account)
        if account is None:
            return Refused(f"there is no account {item.account} in the settings any more")
        endpoint = account.submission
        if endpoint is None:
            return Refused(f"account {item.account} has no key send in the settings")
        try:
            submission = Submission(
                endpoint,
                lambda: watch_records(client_context(account.ca, pins=account.pins), transcript.tap),
                lambda: self._passwords.password(item.account, account),
                transcript,
                has_token=bool(account.token_command),
            )
            envelope_id = item.message_id_header.strip("<>")[:100] if item.wants_report else ""
            letter = Letter(item.sender, item.recipients, self._store.outbox_raw(item.outbox_id), envelope_id)
            outcome = await submission.send(letter, going_out)
        except (NoPassword, CannotTrust) as error:
            return Deferred(str(error))
        except LookupError:
            return Refused("the message is no longer in the outbox")
        if isinstance(outcome, Refused) and outcome.is_login:
            self._passwords.forget(item.account)
        return outcome

    def _write(self, item: OutboxItem, outcome: Outcome, transcript: Transcript, *, at_once: bool = False) -> None:
        due = self._clock() if at_once else next_try(item.attempts, self._clock(), self._jitter)
        is_given_up = self._clock() - item.queued > GIVE_UP_SECONDS
        parts = parts_of(item.recipients, outcome, due, is_given_up=is_given_up)
        self._store.put_outbox_parts(item.outbox_id, parts, transcript.lines)
