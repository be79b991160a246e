"""An event of the practice world's journal, and where a host or the world can be asked for them."""

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a host's journal; `step` is the lecture's number, 0 for none; `direction` is C or S for a line
    of dialogue, `tls` the version it travelled under, `octets` its length on the way; a "packet" is a piece of
    ciphertext, its first octets in hexadecimal. `number` grows with every event, `exchange` groups the
    lines of a session. Unknown fields of newer servers are passed over."""

    time: float
    host: str
    agent: str
    kind: str
    text: str
    step: int = 0
    direction: str = ""
    session: str = ""
    queue_id: str = ""
    message_id: str = ""
    peer: str = ""
    number: int = 0
    exchange: int = 0
    octets: int = 0
    tls: str = ""


class AdminFile(msgspec.Struct, frozen=True):
    """admin.json in a host's data folder."""

    url: str
    token: str
