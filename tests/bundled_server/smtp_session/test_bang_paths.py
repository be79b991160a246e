"""The lecture's MACH2!MACH1!USER at both ports: a way to our own users, never a way through us for strangers."""

import pytest

LOGIN = "AUTH PLAIN AGFsaWNlADEyMzQ1Ng=="


async def taken(serve, path: str, *, submission: bool = False) -> str:
    """The recipient in the envelope, or the refusal."""
    server = await serve(submission=submission)
    peer = await server.connect()
    await peer.ask("EHLO a.test")
    if submission:
        assert (await peer.ask(LOGIN)).startswith("235 ")
    await peer.ask(f"MAIL FROM:<{'alice@cities.org' if submission else 'bob@other.test'}>")
    reply = await peer.ask(f"RCPT TO:<{path}>")
    if not reply.startswith("250 "):
        return reply
    await peer.ask("DATA")
    await peer.ask("From: alice@cities.org\r\n\r\nx\r\n.")
    return server.accepted[0][0].recipients[0].address


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("brasilia!alice", "alice@cities.org"),
        ("brasilia.cities.org!alice", "alice@cities.org"),
        ("Cities.ORG!brasilia!alice", "alice@cities.org"),
        ("brasilia!alice@cities.org", "alice@cities.org"),
        ("brasilia!alice+uucp", "alice+uucp@cities.org"),
    ],
)
@pytest.mark.parametrize("submission", [False, True])
async def test_a_way_that_ends_here_finds_its_user(serve, path: str, address: str, submission: bool) -> None:
    assert await taken(serve, path, submission=submission) == address


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("mach2!mach1!user", "550 5.7.1"),
        ("other.test!bob", "550 5.7.1"),
        ("brasilia!other.test!bob", "550 5.7.1"),
        ("other.test!bob@cities.org", "550 5.7.1"),
        ("brasilia!bob@other.test", "550 5.7.1"),
        ("brasilia!bob%other.test", "550 5.7.1"),
        ("brasilia!nobody", "550 5.1.1"),
        ("!alice", "550 5.7.1"),
        ("brasilia!", "550 5.7.1"),
        ('"brasilia!al ice"@cities.org', "550 5.7.1"),
    ],
)
async def test_strangers_find_no_way_through_us(serve, path: str, code: str) -> None:
    reply = await taken(serve, path)
    assert reply.startswith(code), reply


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("other.test!bob", "bob@other.test"),
        ("mach2!mach1!user", "mach1!user@mach2"),
        ("brasilia!mach2!mach1!user", "mach1!user@mach2"),
        ("other.test!bob@cities.org", "bob@other.test"),
        ("mach1!user@other.test", "mach1!user@other.test"),
    ],
)
async def test_our_own_users_mail_goes_on_to_the_next_host(serve, path: str, address: str) -> None:
    assert await taken(serve, path, submission=True) == address
