"""COMPRESS=DEFLATE on real sockets (RFC 4978)."""

import zlib


class Compressed:
    """Wraps a dialogue."""

    def __init__(self, dialogue):
        self.dialogue = dialogue
        self.out = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.into = zlib.decompressobj(-15)
        self.text = b""

    def sends(self, octets):
        self.dialogue.sends(self.out.compress(octets) + self.out.flush(zlib.Z_SYNC_FLUSH))

    async def reads_until(self, end):
        while end not in self.text:
            octets = await self.dialogue.reader.read(65_536)
            assert octets, self.text[-200:]
            self.text += self.into.decompress(octets)
        before, _, self.text = self.text.partition(end)
        return before


async def compressed(client):
    assert (await client.runs("COMPRESS LZW"))[-1].startswith("t NO ")
    assert await client.runs("COMPRESS DEFLATE") == ["t OK DEFLATE active"]
    return Compressed(client)


async def test_the_dialogue_goes_on_compressed(agent, make_message):
    await agent.deliver(*(make_message(str(number), "body " * 500 + "\r\n") for number in range(20)))
    async with agent.imap_client(mailbox="INBOX") as client:
        stream = await compressed(client)
        stream.sends(b"a FETCH 1:* BODY.PEEK[]\r\n")
        assert (await stream.reads_until(b"a OK FETCH completed\r\n")).count(b"body body") == 20 * 250
        stream.sends(b"b COMPRESS DEFLATE\r\n")
        await stream.reads_until(b"b NO [COMPRESSIONACTIVE] ")
        message = make_message("big", "x" * 400_000 + "\r\n")
        stream.sends(b"c APPEND INBOX {%d+}\r\n%b\r\nd NOOP\r\ne LOGOUT\r\n" % (len(message), message))
        await stream.reads_until(b"c OK [APPENDUID ")
        await stream.reads_until(b"d OK ")
        await stream.reads_until(b"e OK ")


async def test_octets_one_at_a_time(agent):
    async with agent.imap_client() as client:
        stream = await compressed(client)
        octets = stream.out.compress(b"a NOOP\r\n") + stream.out.flush(zlib.Z_SYNC_FLUSH)
        for octet in octets:
            client.sends(bytes([octet]))
            await client.writer.drain()
        await stream.reads_until(b"a OK NOOP completed\r\n")


async def test_what_is_no_deflate_ends_the_connection(agent):
    async with agent.imap_client() as client:
        await compressed(client)
        client.sends(b"\xff" * 100)
        assert await client.reader.read() in (b"", None)


async def test_a_bomb_is_a_line_that_is_too_long(agent):
    async with agent.imap_client() as client:
        stream = await compressed(client)
        stream.sends(b"a NOOP " + b"x" * 60_000_000)
        await stream.reads_until(b"* BYE the line does not end")
