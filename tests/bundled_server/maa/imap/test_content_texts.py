"""What FETCH remembers of contents: the same answer every time, and no more memory than it may take."""

from bundled_server.maa.imap.content_texts import ContentTexts

FETCHES = (
    "1:2 (ENVELOPE BODYSTRUCTURE)",
    "1:2 BODY.PEEK[HEADER.FIELDS (SUBJECT)]",
    "1:2 BODY.PEEK[HEADER.FIELDS.NOT (SUBJECT)]",
    "1:2 BODY.PEEK[HEADER.FIELDS (SUBJECT)]<0.5>",
    "1:2 BODY.PEEK[HEADER.FIELDS (SUBJECT)]<0.9>",
    "1:2 BODY.PEEK[HEADER]",
)


async def test_an_answer_is_the_same_when_others_asked_before(agent, make_message):
    await agent.deliver(make_message("first"), make_message("second"))
    async with agent.imap_client(mailbox="INBOX") as client, agent.imap_client(mailbox="INBOX") as other:
        answers = [await client.runs(f"FETCH {fetch}") for fetch in FETCHES]
        assert [await other.runs(f"FETCH {fetch}") for fetch in FETCHES] == answers
        assert answers[3][:2] == ["* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)]<0> {5}", "Subje)"]
        assert answers[4][:2] == ["* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)]<0> {9}", "Subject: )"]
        await agent.deliver(make_message("third"))
        await client.runs("NOOP")
        news = await client.runs("FETCH 1:3 BODY.PEEK[HEADER.FIELDS (SUBJECT)]")
        assert [line for line in news if line.startswith("Subject")] == [
            f"Subject: {subject}" for subject in ("first", "second", "third")
        ]


def test_texts_stay_within_their_octets_and_some_of_a_long_walk_are_kept():
    texts = ContentTexts(most_octets=100_000)
    for content_id in range(1000):
        texts.remember(b"ENVELOPE", {content_id: b"x" * 100})
        assert texts.octets <= 100_000
    kept = [text for text in texts.column(b"ENVELOPE", range(1000)) if text is not None]
    assert len(kept) > 150


def test_names_of_items_count_too():
    texts = ContentTexts(most_octets=100_000)
    for number in range(100):
        texts.remember(b"%d" % number + b"x" * 10_000, {1: b"y"})
        assert texts.octets <= 100_000


def test_a_text_too_large_to_be_kept_is_not():
    texts = ContentTexts(most_octets=1000)
    texts.remember(b"ENVELOPE", {1: b"x" * 2000})
    assert texts.column(b"ENVELOPE", [1]) == [None]
