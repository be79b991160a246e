"""The UI's end of the agent: finds or starts the background process and exchanges messages with it."""

from collections.abc import AsyncIterator
from pathlib import Path

from termail.agent.messages import ToAgent, ToUI


class AgentClient:
    """`connect` starts the agent when none runs, and again when it died. Messages that cannot be delivered now
    are not lost: the agent looks at the journal and the outbox when it starts."""

    def __init__(self, config: Path, data: Path) -> None: ...

    async def connect(self) -> None: ...

    async def send(self, message: ToAgent) -> None: ...

    def messages(self) -> AsyncIterator[ToUI]:
        """Everything the agent says, across restarts of the agent, until `close`."""
        ...

    async def close(self) -> None:
        """Leave; an agent that was started for this UI alone stops after its work is done."""
        ...
