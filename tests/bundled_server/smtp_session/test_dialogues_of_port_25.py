"""Dialogues of port 25, as transcripts."""

import pytest


async def test_the_lecture_dialogue_typed_by_a_person(serve) -> None:
    server = await serve()
    peer = await server.connect(greeted=False)
    await peer.play(
        """
        S: 220 brasilia.cities.org ESMTP termail …
        C: helo server.other.test
        S: 250 brasilia.cities.org Hello server.other.test [127.0.0.1], pleased to meet you
        C: mail from: <bob@other.test>
        S: 250 2.1.0 <bob@other.test>... Sender ok
        C: RCPT TO: <alice@cities.org>
        S: 250 2.1.5 <alice@cities.org>... Recipient ok
        C: data
        S: 354 Enter mail, end with "." on a line by itself
        C: Esto es una prueba
        C: .
        S: 250 2.0.0 Q00001 Message accepted for delivery
        C: quit
        S: 221 2.0.0 brasilia.cities.org closing connection
        """
    )
    assert await peer.rest() == b""
    envelope, content, origin = server.accepted[0]
    assert envelope.sender == "bob@other.test"
    assert [recipient.address for recipient in envelope.recipients] == ["alice@cities.org"]
    assert origin == "transfer"
    assert content == (
        b"Received: from server.other.test ([127.0.0.1])\r\n"
        b"\tby brasilia.cities.org with SMTP id Q00001\r\n"
        b"\tfor <alice@cities.org>;\r\n"
        b"\tThu, 11 Aug 2005 23:00:56 +0000\r\n"
        b"\r\n"
        b"Esto es una prueba\r\n"
    )


async def test_ehlo_lists_what_there_is(serve) -> None:
    peer = await (await serve()).connect()
    reply = await peer.ask("EHLO server.other.test")
    assert reply.split("\n")[1:] == [
        "250-ENHANCEDSTATUSCODES",
        "250-PIPELINING",
        "250-8BITMIME",
        "250-CHUNKING",
        "250-BINARYMIME",
        "250-SIZE 52428800",
        "250-DSN",
        "250-SMTPUTF8",
        "250-VRFY",
        "250-EXPN",
        "250 HELP",
    ]


async def test_commands_out_of_order_are_refused_and_nothing_breaks(serve) -> None:
    server = await serve()
    peer = await server.connect()
    await peer.play(
        """
        C: MAIL FROM:<bob@other.test>
        S: 503 5.5.1 Say HELO or EHLO first
        C: NOOP
        S: 250 2.0.0 OK
        C: EHLO bob
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250 HELP
        C: RCPT TO:<alice@cities.org>
        S: 503 5.5.1 Need MAIL before RCPT
        C: DATA
        S: 503 5.5.1 Need MAIL command
        C: MAIL FROM:<bob@other.test> SIZE=100 BODY=8BITMIME
        S: 250 2.1.0 <bob@other.test>... Sender ok
        C: MAIL FROM:<bob@other.test>
        S: 503 5.5.1 Sender already specified
        C: DATA
        S: 503 5.5.1 Need RCPT (recipient)
        C: RSET
        S: 250 2.0.0 Reset state
        C: RCPT TO:<alice@cities.org>
        S: 503 5.5.1 Need MAIL before RCPT
        C: XYZZY
        S: 500 5.5.1 Command unrecognized: "XYZZY"
        C: MAIL FROM:<bob@other.test> SIZE=99999999999
        S: 552 5.3.4 <bob@other.test>... Message exceeds the size limit
        C: MAIL FROM:<bob@other.test> FOO=1
        S: 555 5.5.4 FOO parameter unrecognized
        C: MAIL FROM bob@other.test
        S: 501 5.5.4 Syntax: MAIL FROM:<address>
        C: STARTTLS
        S: 502 5.5.1 STARTTLS is not available
        C: AUTH PLAIN
        S: 502 5.5.1 AUTH is for the submission port
        C: VRFY alice
        S: 252 2.1.5 …
        C: EXPN staff
        S: 502 5.7.0 EXPN is switched off
        C: HELP DATA
        S: 214 2.0.0 DATA: …
        C: HELP NONSENSE
        S: 504 5.5.4 …
        C: QUIT
        S: 221 2.0.0 …
        """
    )
    assert server.accepted == []


@pytest.mark.parametrize(
    "recipient", ["postmaster", "Postmaster@cities.org", "alice+lists@cities.org", "ALICE@CITIES.ORG"]
)
async def test_these_recipients_exist(serve, recipient: str) -> None:
    peer = await (await serve()).connect()
    await peer.ask("HELO other.test")
    await peer.ask("MAIL FROM:<>")
    assert (await peer.ask(f"RCPT TO:<{recipient}>")).startswith("250 2.1.5 ")


@pytest.mark.parametrize(
    ("recipient", "code"),
    [
        ("<bob@other.test>", "550 5.7.1"),
        ("<user%other.test@cities.org>", "550 5.7.1"),
        ("<other.test!user@cities.org>", "550 5.7.1"),
        ('<"user@other.test"@cities.org>', "550 5.7.1"),
        ("<@cities.org,@other.test:bob@other.test>", "550 5.7.1"),
        ("<@other.test:alice@cities.org>", "550 5.7.1"),
        ("<alice@cities.org.>", "550 5.7.1"),
        ("<alice@[127.0.0.1]>", "550 5.7.1"),
        ("<alice@localhost>", "550 5.7.1"),
        ("<alice@sub.cities.org>", "550 5.7.1"),
        ("<alice@>", "553 5.1.3"),
        ("<nobody@cities.org>", "550 5.1.1"),
        ('<"alice@cities.org>', "501 5.5.4"),
        ("<bob>", "553 5.1.3"),
        ("<>", "501 5.1.3"),
    ],
)
async def test_this_is_no_open_relay(serve, recipient: str, code: str) -> None:
    server = await serve()
    peer = await server.connect()
    await peer.ask("EHLO other.test")
    await peer.ask("MAIL FROM:<bob@other.test>")
    assert (await peer.ask(f"RCPT TO:{recipient}")).startswith(code)
    assert (await peer.ask("DATA")).startswith("503 ")
    assert server.accepted == []


async def test_the_same_recipient_twice_is_one(serve) -> None:
    server = await serve()
    peer = await server.connect()
    for line in ("EHLO a.test", "MAIL FROM:<bob@other.test>", *["RCPT TO:<alice@cities.org>"] * 3, "DATA"):
        await peer.ask(line)
    await peer.ask("Subject: x\r\n\r\nx\r\n.")
    assert len(server.accepted[0][0].recipients) == 1


async def test_dsn_parameters_reach_the_envelope(serve) -> None:
    server = await serve()
    peer = await server.connect()
    await peer.ask("EHLO a.test")
    await peer.ask("MAIL FROM:<bob@other.test> RET=HDRS ENVID=QQ+2B314 BODY=8BITMIME")
    await peer.ask("RCPT TO:<alice@cities.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Alice@cities.org")
    await peer.ask("DATA")
    await peer.ask("x\r\n.")
    envelope = server.accepted[0][0]
    assert (envelope.dsn_return, envelope.envelope_id, envelope.eight_bit) == ("HDRS", "QQ+314", True)
    assert envelope.recipients[0].notify == {"SUCCESS", "FAILURE"}
    assert envelope.recipients[0].original == "rfc822;Alice@cities.org"


async def test_dsn_wishes_that_break_rfc_3461_are_refused(serve) -> None:
    peer = await (await serve()).connect()
    await peer.ask("EHLO a.test")
    for wish in (
        "RET=BODY",
        "ENVID=",
        "ENVID=a b",
        "ENVID=a+0Ab",
        "ENVID=a=b",
        "ENVID=" + "x" * 101,
        "RET=FULL RET=HDRS",
    ):
        assert (await peer.ask(f"MAIL FROM:<bob@other.test> {wish}"))[:3] in ("501", "555"), wish
    await peer.ask("MAIL FROM:<bob@other.test>")
    for wish in (
        "NOTIFY=",
        "NOTIFY=NEVER,FAILURE",
        "NOTIFY=SUCCESS,,DELAY",
        "NOTIFY=OFTEN",
        "ORCPT=alice@cities.org",
        "ORCPT=rfc822;",
        "ORCPT=rfc822;a+2g@x",
        "ORCPT=rfc822;" + "x" * 501,
        "ORCPT=utf-8;a\\x{}",
        "RET=FULL",
    ):
        assert (await peer.ask(f"RCPT TO:<alice@cities.org> {wish}"))[:3] in ("501", "555"), wish


async def test_etrn_starts_the_queue_of_one_domain(serve) -> None:
    peer = await (await serve(waiting={"other.test": 3})).connect()
    assert "250-ETRN" in (await peer.ask("EHLO server.other.test")).split("\n")
    await peer.play(
        """
        C: ETRN other.test
        S: 253 2.0.0 OK, 3 pending messages for node other.test started
        C: etrn OTHER.test
        S: 458 4.7.1 Unable to queue messages for node other.test: asked a moment ago
        C: ETRN nothing.test
        S: 251 2.0.0 OK, no messages waiting for node nothing.test
        C: ETRN cities.org
        S: 459 4.7.0 Node cities.org not allowed: …
        C: ETRN @other.test
        S: 459 4.7.0 Node @other.test not allowed: …
        C: ETRN
        S: 501 5.5.4 Syntax: ETRN domain
        C: ETRN other test
        S: 501 5.5.4 Syntax: ETRN domain
        C: MAIL FROM:<bob@other.test>
        S: 250 2.1.0 …
        C: ETRN third.test
        S: 503 5.5.1 ETRN is not allowed during a mail transaction
        """
    )


async def test_vrfy_and_expn_tell_who_is_here_when_switched_on(serve) -> None:
    peer = await (await serve(answers_questions=True)).connect()
    await peer.play(
        """
        C: VRFY alice
        S: 250 2.1.5 <alice@cities.org>
        C: VRFY <Alice+x@cities.org>
        S: 250 2.1.5 <alice+x@cities.org>
        C: VRFY nobody
        S: 550 5.1.1 <nobody@cities.org>... User unknown
        C: VRFY bob@other.test
        S: 252 2.1.5 …
        C: EXPN staff
        S: 250-2.1.5 <alice@cities.org>
        S: 250 2.1.5 <bob@other.test>
        C: EXPN nobody
        S: 550 5.1.1 <nobody>... List unknown
        """
    )


async def test_international_addresses_are_taken_when_announced(serve) -> None:
    server = await serve(answers_questions=True)
    peer = await server.connect()
    await peer.play(
        """
        C: EHLO a.test
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250-…
        S: 250 HELP
        C: MAIL FROM:<josé@other.test>
        S: 553 5.6.7 …
        C: MAIL FROM:<bob@other.test>
        S: 250 2.1.0 …
        C: RCPT TO:<josé@cities.org>
        S: 553 5.6.7 …
        C: RSET
        S: 250 2.0.0 …
        C: MAIL FROM:<josé@ñandú.test> SMTPUTF8
        S: 250 2.1.0 …
        C: RCPT TO:<alice@cities.org>
        S: 250 2.1.5 …
        C: VRFY alice SMTPUTF8
        S: 250 2.1.5 <alice@cities.org>
        C: DATA
        S: 354 …
        C: Subject: ñ
        C:
        C: .
        S: 250 2.0.0 …
        """
    )
    envelope, content, _ = server.accepted[0]
    assert (envelope.sender, envelope.smtputf8) == ("josé@xn--and-6ma2c.test", True)
    assert b" with UTF8SMTP id Q00001\r\n" in content


async def test_a_full_disk_is_weather(serve) -> None:
    server = await serve()
    server.weather = True
    peer = await server.connect()
    for line in ("EHLO a.test", "MAIL FROM:<bob@other.test>", "RCPT TO:<alice@cities.org>", "DATA"):
        await peer.ask(line)
    assert (await peer.ask("x\r\n.")).startswith("451 4.3.0 ")
    assert (await peer.ask("MAIL FROM:<bob@other.test>")).startswith("250 ")


async def test_mail_that_goes_in_circles_is_refused(serve) -> None:
    server = await serve()
    peer = await server.connect()
    for line in ("EHLO a.test", "MAIL FROM:<bob@other.test>", "RCPT TO:<alice@cities.org>", "DATA"):
        await peer.ask(line)
    assert (await peer.ask("Received: from a by b\r\n" * 51 + "\r\nx\r\n.")).startswith("554 5.4.6 ")
    assert server.accepted == []


async def test_the_journal_tells_the_dialogue_with_the_queue_id(serve) -> None:
    server = await serve(journal_wire=True)
    peer = await server.connect()
    for line in ("EHLO a.test", "MAIL FROM:<bob@other.test>", "RCPT TO:<alice@cities.org>", "DATA"):
        await peer.ask(line)
    await peer.ask("Message-ID: <1@other.test>\r\n\r\nx\r\n.")
    events = list(server.journal.recent())
    assert [(e.direction, e.text) for e in events if e.kind == "wire"][1:3] == [
        ("C", "EHLO a.test"),
        ("S", "250-brasilia.cities.org Hello a.test [127.0.0.1], pleased to meet you"),
    ]
    accepted = next(event for event in events if event.kind == "accepted")
    assert (accepted.queue_id, accepted.message_id, accepted.step) == ("Q00001", "<1@other.test>", 6)


async def test_the_journal_shows_the_message_as_the_client_sent_it_before_it_is_queued(serve) -> None:
    server = await serve(journal_wire=True)
    peer = await server.connect()
    for line in ("EHLO a.test", "MAIL FROM:<bob@other.test>", "RCPT TO:<alice@cities.org>", "DATA"):
        await peer.ask(line)
    reply = await peer.ask("Subject: a\r\n\tb\r\nMessage-ID: <1@other.test>\r\n\r\nx\r\n.")
    events = list(server.journal.recent())
    after_go = [event.text for event in events].index('354 Enter mail, end with "." on a line by itself') + 1
    assert [(event.kind, event.direction, event.text) for event in events[after_go:]] == [
        ("wire", "C", "Subject: a"),
        ("wire", "C", " b"),
        ("wire", "C", "Message-ID: <1@other.test>"),
        ("wire", "C", "… 49 octets in all"),
        ("wire", "C", "."),
        ("queued", "", ""),
        ("accepted", "", "from <bob@other.test> to <alice@cities.org>, 192 octets"),
        ("wire", "S", "250 2.0.0 Q00001 Message accepted for delivery"),
    ]
    assert {event.queue_id for event in events[after_go:-1]} == {"Q00001"}
    assert {event.message_id for event in events[after_go:-1]} == {"<1@other.test>", ""}
    assert b" id Q00001\r\n" in server.accepted[0][1] and "Q00001" in reply
