"""SCRAM-SHA-256 over IMAP and POP3 (RFC 5802, RFC 7677)."""

import hashlib
import hmac
from base64 import b64decode, b64encode


def coded(text):
    return b64encode(text.encode()).decode()


class Scram:
    """A client's side."""

    def __init__(self, user, password):
        self.password = password
        self.bare = f"n={user},r=abc"
        self.signature = b""

    def first(self):
        return coded(f"n,,{self.bare}")

    def final(self, challenge):
        first = b64decode(challenge).decode()
        fields = dict(field.split("=", 1) for field in first.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), b64decode(fields["s"]), int(fields["i"]))
        key = hmac.digest(salted, b"Client Key", "sha256")
        final = f"c=biws,r={fields['r']}"
        message = f"{self.bare},{first},{final}".encode()
        signature = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
        proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        self.signature = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
        return coded(f"{final},p={b64encode(proof).decode()}")

    def is_pleased(self, answer):
        return b64decode(answer) == b"v=" + b64encode(self.signature)


async def test_imap(agent):
    async with agent.imap_client(user="") as client:
        assert " AUTH=SCRAM-SHA-256 AUTH=PLAIN" in (await client.runs("CAPABILITY"))[0]
        wrong = Scram("alice", "wrong")
        await client.types(f"a AUTHENTICATE SCRAM-SHA-256 {wrong.first()}")
        await client.types(wrong.final((await client.reads())[2:]))
        assert (await client.reads()).startswith("a NO [AUTHENTICATIONFAILED]")
        right = Scram("alice@cities.org", "123456")
        await client.types("b AUTHENTICATE scram-sha-256")
        assert await client.reads() == "+ "
        await client.types(right.first())
        await client.types(right.final((await client.reads())[2:]))
        assert right.is_pleased((await client.reads())[2:])
        await client.types("")
        assert (await client.reads()).startswith("b OK [CAPABILITY ")
        assert (await client.runs("SELECT INBOX"))[-1].startswith("t OK ")


async def test_pop3(agent):
    async with agent.pop3_client(user="") as client:
        await client.types("CAPA")
        assert "SASL SCRAM-SHA-256 PLAIN" in await client.reads_until(".")
        right = Scram("alice", "123456")
        await client.types(f"AUTH SCRAM-SHA-256 {right.first()}")
        await client.types(right.final((await client.reads())[2:]))
        assert right.is_pleased((await client.reads())[2:])
        await client.types("")
        assert await client.reads() == "+OK Mailbox open, 0 messages"
    async with agent.pop3_client(user="") as client:
        await client.types("UTF8")
        assert (await client.reads()).startswith("+OK ")
        unknown = Scram("nobody", "123456")
        await client.types(f"AUTH SCRAM-SHA-256 {unknown.first()}")
        await client.types(unknown.final((await client.reads())[2:]))
        assert (await client.reads()).startswith("-ERR [AUTH] ")
