"""What is told of all messages at once is what one message after the other would have said."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bundled_server.maa.imap.verdicts import Verdict, everyone, of_mask, of_spans, of_truths, positions_in

COUNT = 50
truths = st.lists(st.sampled_from([True, False, None]), min_size=COUNT, max_size=COUNT)


def verdict(values):
    return Verdict(of_truths([v is True for v in values]), of_truths([v is None for v in values]))


def values(one):
    yes, unread = (set(positions_in(number, COUNT)) for number in (one.yes, one.unread))
    return [True if at in yes else None if at in unread else False for at in range(COUNT)]


def both(left, right):
    return False if left is False or right is False else None if None in (left, right) else True


@given(truths, truths)
@settings(max_examples=100, deadline=None)
def test_and_or_and_not_know_what_they_do_not_know(left, right):
    assert values(verdict(left) & verdict(right)) == [both(a, b) for a, b in zip(left, right, strict=True)]
    inverted = {True: False, False: True, None: None}
    assert values(verdict(left).inverted(COUNT)) == [inverted[a] for a in left]
    wanted = [inverted[both(inverted[a], inverted[b])] for a, b in zip(left, right, strict=True)]
    assert values(verdict(left) | verdict(right)) == wanted


@given(st.sets(st.integers(0, 2999)), st.integers(3000, 3100))
@settings(max_examples=50, deadline=None)
def test_positions_come_back_few_or_many(positions, count):
    mask = bytes(int(at in positions) for at in range(count))
    assert list(positions_in(of_mask(mask), count)) == sorted(positions)
    assert list(positions_in(everyone(count), count)) == list(range(count))
    assert of_spans([range(at, at + 1) for at in positions], count) == of_mask(mask)


def test_of_nothing_nothing_is_known():
    assert list(positions_in(everyone(0), 0)) == []


KEYS = [
    ("SEEN", "2"),
    ("UNSEEN", "1 3 4"),
    ("KEYWORD $LABEL1", "3"),
    ("UNKEYWORD $label1 UNSEEN", "1 4"),
    ("OR SEEN KEYWORD $Label1", "2 3"),
    ("NOT (SEEN) 1:3", "1 3"),
    ("UID 2:*", "2 3 4"),
    ("LARGER 200 SMALLER 100000", "4"),
    ("ON 11-Aug-2005", "1 2 3 4"),
    ("BEFORE 11-Aug-2005", ""),
    ("SINCE 12-Aug-2005", ""),
    ("SINCE 11-Aug-2005 BEFORE 12-Aug-2005", "1 2 3 4"),
    ("SAVEDBEFORE 11-Aug-2005", ""),
    ("OLDER 60", "1 2 3 4"),
    ("YOUNGER 60", ""),
    ("MODSEQ 1", "1 2 3 4"),
    ("OR SEEN BODY needle", "2 4"),
    ("NOT OR SEEN BODY needle", "1 3"),
    ("UNSEEN NOT SUBJECT third", "1 4"),
    ("RECENT", "1 2 3 4"),
    ("EMAILID M0 ALL", ""),
]


async def test_one_key_after_the_other_on_the_wire(agent, make_message):
    await agent.deliver(
        make_message("first"),
        make_message("second"),
        make_message("third"),
        make_message("fourth", "a Needle\r\n" * 20),
    )
    async with agent.imap_client(mailbox="INBOX") as client:
        await client.runs("STORE 2 FLAGS (\\Seen)")
        await client.runs("STORE 3 FLAGS ($Label1)")
        for key, wanted in KEYS:
            lines = await client.runs(f"SEARCH {key}")
            assert lines[-2].split(" (MODSEQ")[0] == f"* SEARCH {wanted}".strip(), key
