"""AUTH in an SMTP dialogue (RFC 4954): the steps of a login as replies."""

from collections.abc import Awaitable

from bundled_server.auth.login import Denied, LoggedIn, SaslLogin, Step
from bundled_server.mailbox.store import StoreUnavailable
from bundled_server.protocols.sasl import Challenge, Failed
from bundled_server.protocols.smtp import words
from bundled_server.protocols.smtp.commands import Auth
from bundled_server.protocols.smtp.replies import Reply
from bundled_server.smtp_journal import DialogueJournal
from bundled_server.smtp_policy import Client, Policy


class Authentication:
    """The logins of one dialogue: 334 for a challenge, 235 when the client is a user from now on."""

    def __init__(self, policy: Policy, client: Client, journal: DialogueJournal) -> None:
        self._policy = policy
        self._client = client
        self._journal = journal
        self._login: SaslLogin | None = None

    async def start(self, command: Auth) -> Reply:
        """The reply to AUTH."""
        refusal = self._refusal(command)
        if refusal is not None:
            return refusal
        self._login = self._policy.begin_login(self._client)
        if self._login is None:
            return words.AUTH_MISSING
        return await self._reply_to(self._login.start(command.mechanism, command.initial))

    async def next(self, response: bytes) -> Reply:
        """The reply to one more line of the exchange."""
        assert self._login is not None
        return await self._reply_to(self._login.next(response))

    def _refusal(self, command: Auth) -> Reply | None:
        if self._client.user:
            return words.ALREADY_AUTHENTICATED
        if not self._client.extended:
            return words.AUTH_NEEDS_EHLO
        refusal = self._policy.refuses_authentication(self._client)
        if refusal is None and command.mechanism not in self._policy.offered_mechanisms(self._client):
            return words.UNKNOWN_MECHANISM
        return refusal

    async def _reply_to(self, running: Awaitable[Step]) -> Reply:
        try:
            return self._reply(await running)
        except StoreUnavailable as weather:  # whoever knows the users is away: no password is wrong for that
            self._journal.note("refused", f"login not decided: {weather}")
            return words.AUTH_UNAVAILABLE

    def _reply(self, step: Step) -> Reply:
        match step:
            case Challenge():
                return Reply(334, "", step.encoded.decode("ascii"))
            case Failed(cancelled=True):
                return words.AUTH_CANCELLED
            case Failed(reason=reason):
                return Reply(501, "5.5.2", f"Authentication failed: {reason}")
            case Denied(user, too_many):
                self._journal.note("refused", f"login as {user[:64]} failed")
                return words.TOO_MANY_FAILURES if too_many else words.WRONG_LOGIN
            case LoggedIn(user):
                self._client.user = user
                self._journal.note("authenticated", f"as {user}")
                return words.AUTH_SUCCEEDED
