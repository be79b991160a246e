"""What the workers of the agent need of it: telling the UIs, the wire tap, asking for a password."""

import asyncio
import itertools
import time
from collections.abc import Callable

from termail.agent.messages import AccountState, PasswordWanted, ToUI, WireLine
from termail.net.tls_records import is_protected
from termail.net.wire import CAUSE, NO_CAUSE, Tap


class Office:
    """`tell` goes to every UI; `is_watched` says whether any UI wants wire lines."""

    def __init__(
        self,
        tell: Callable[[ToUI], None] = lambda message: None,
        is_watched: Callable[[], bool] = lambda: False,
        has_ui: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.tell = tell
        self.clock = clock
        self.states: dict[str, AccountState] = {}
        self._is_watched = is_watched
        self._has_ui = has_ui
        self._questions: dict[str, asyncio.Future[str]] = {}
        self._prompts: dict[str, str] = {}
        self._connections = itertools.count(1)

    def state(self, account: str, state: str, text: str, retry_at: float = 0.0) -> None:
        """The status line of an account, told when it changed and remembered for UIs that come later."""
        message = AccountState(account=account, state=state, text=text, retry_at=retry_at)
        if self.states.get(account) != message:
            self.states[account] = message
            self.tell(message)

    def tap(self, account: str, protocol: str, server: str = "") -> Tap:
        """The tap of one connection, which gets a name. Costs next to nothing while nobody watches."""
        connection = f"{protocol}-{next(self._connections)}"
        is_encrypted = False
        cause = NO_CAUSE

        def tap(direction: str, text: str) -> None:
            nonlocal cause, is_encrypted
            is_beneath = direction.islower()
            is_encrypted = is_encrypted or (is_beneath and is_protected(text))
            if direction == "C":  # the answers to it have the same cause, in whatever task they are heard
                cause = CAUSE.get()
            if self._is_watched():
                self.tell(
                    WireLine(
                        account=account,
                        protocol="tls" if is_beneath else protocol,
                        direction=direction.upper(),
                        time=self.clock(),
                        text=text,
                        connection=connection,
                        server=server,
                        cause=cause.words,
                        operation_id=cause.operation_id,
                        message_id=cause.message_id,
                        is_encrypted=is_encrypted,
                    )
                )

        return tap

    async def ask(self, account: str, prompt: str) -> str:
        """Ask whoever sits at a UI, "" when nobody does."""
        if not self._has_ui():
            return ""
        question: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._questions[account] = question
        self._prompts[account] = prompt
        self.state(account, "error", "a password is needed")
        self.tell(PasswordWanted(account=account, prompt=prompt))
        try:
            return await question
        finally:
            self._questions.pop(account, None)
            self._prompts.pop(account, None)

    def answer(self, account: str, secret: str) -> None:
        """The user typed it, or declined with ""."""
        question = self._questions.get(account)
        if question is not None and not question.done():
            question.set_result(secret)

    def greetings(self) -> list[ToUI]:
        """What a UI that comes now must know."""
        open_questions = [PasswordWanted(account=name, prompt=prompt) for name, prompt in self._prompts.items()]
        return [*self.states.values(), *open_questions]

    def nobody_is_left(self) -> None:
        """The last UI went: questions have no answer."""
        for question in self._questions.values():
            if not question.done():
                question.set_result("")
