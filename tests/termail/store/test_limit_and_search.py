"""Patterns and full text against a store."""

import pytest

from termail.model.order import Order, SortKey
from termail.model.patterns import PatternError
from termail.store.local_store import RemoteFolder

BY_DATE = Order(SortKey.DATE)


@pytest.fixture
def mail(store, inbox, archive, letters):
    """Five letters of five kinds, numbered as they are dated."""
    raws = {
        1: letters.letter(1, sender="Ann Smith <ann@cities.org>", subject="Invoice 100%", body="a xylophone\r\n"),
        2: letters.letter(
            2, 1, sender="Zoë <zoe@other.test>", subject="Re: Invoice 100%", to="carl@x", body="plain"
        ),
        3: letters.letter(
            3, sender="Alice <alice@cities.org>", subject="lunch_today", to="bob@x", body="quasar\r\n"
        ),
        4: letters.letter(
            4,
            subject="ÑANDÚ",
            extra="List-Id: <birds.x>\r\nSender: owner@birds.x\r\nCc: alice@cities.org",
            to="birds@x",
        ),
        5: letters.letter(5, subject="last", extra="X-Label: x", body="y" * 3000),
    }
    flags = {1: ("\\Seen",), 2: ("\\Flagged",), 3: ("\\Seen", "\\Answered"), 4: ("\\Deleted", "todo"), 5: ()}
    ids = store.add_messages(inbox, [letters.arrived(n, raw, *flags[n], whole=True) for n, raw in raws.items()])
    letters.bring(store, archive, 9)
    return dict(zip(ids, raws, strict=True))


LIMITS = {
    "": [1, 2, 3, 4, 5],
    "~A": [1, 2, 3, 4, 5],
    "all": [1, 2, 3, 4, 5],
    "~f ann": [1],
    "ann": [1],
    "invoice": [1, 2],
    "Invoice": [1, 2],
    "INVOICE": [],
    "~s ñandú": [4],
    "~f ZOË": [],
    "~f zoë": [2],
    "=s 100%": [1, 2],
    "=s lunch_": [3],
    "~s lunch.t": [3],
    "~s '^re:'": [2],
    "~t carl": [2],
    "~C alice@": [1, 4, 5],
    "~L alice": [1, 3, 5],
    "~c alice": [4],
    "~e owner@": [4],
    "~h x-label": [5],
    "~i m3@x": [3],
    "~x m1@x": [2],
    "~y todo": [4],
    "~b xylophone": [1],
    "~b XYLO": [],
    "~b xylo": [1],
    "~B quasar": [3],
    "~B lunch_": [3],
    "~b 'qua.ar'": [3],
    "~U": [2, 4, 5],
    "~N": [2, 4, 5],
    "~O": [],
    "~R": [1, 3],
    "unread": [2, 4, 5],
    "~F": [2],
    "~D": [4],
    "~Q": [3],
    "~p": [1, 4, 5],
    "~P": [3],
    "~l": [4],
    "~T": [5],
    "tag": [5],
    "~z >2K": [5],
    "~z -2K !~D": [1, 2, 3],
    "~m 2-3": [2, 3],
    "~m 4-": [4, 5],
    "~d 11/8/2005": [1, 2, 3, 4, 5],
    "~d 12/8/05-": [],
    "~r 20050811": [1, 2, 3, 4, 5],
    "~d <1w": [],
    "~d >1y": [1, 2, 3, 4, 5],
    "~(~f ann)": [1, 2],
    "~<(~f ann)": [2],
    "~>(~f zoë)": [1],
    "~$": [2, 3, 4, 5],
    "~f ann | ~F": [1, 2],
    "!~f ann !~F": [3, 4, 5],
    "(~U | ~Q) !(~D | ~F)": [3, 5],
    "from:ann OR is:flagged": [1, 2],
    "is:unread -is:deleted": [2, 5],
    "from:ann subject:invoice": [1],
    "larger:2K": [5],
    "before:2005-08-12 list:birds": [4],
    "after:2005-08": [],
    "in:inbox": [1, 2, 3, 4, 5],
    "in:archive": [],
    "has:label": [4],
    "has:attachment": [],
}


@pytest.mark.parametrize("pattern", LIMITS)
def test_a_limit_shows_what_matches(store, inbox, mail, pattern):
    five = max(mail)
    ids = store.listing(inbox, BY_DATE, pattern, tagged={five})
    assert [mail[message] for message in ids] == LIMITS[pattern]


def test_a_limit_keeps_the_threaded_order(store, inbox, mail):
    ids = store.listing(inbox, Order(), "invoice")
    assert [thread.tree for thread in store.threads(ids)] == ["", "└─>"]


@pytest.mark.parametrize(
    ("query", "found"),
    [("xylophone", 1), ("invoice zoe", 1), ("nandu", 1), ("letter 9", 1), ("nobody", 0), ("body number", 1)],
)
def test_words_are_searched_everywhere(store, mail, query, found):
    assert len(store.search(query)) == found


def test_a_search_with_conditions_is_newest_first(store, inbox, archive, mail):
    assert [mail.get(message, 9) for message in store.search("is:unread")] == [9, 5, 4, 2]
    assert [mail.get(message, 9) for message in store.search("in:archive letter")] == [9]
    assert len(store.search("is:unread", limit=2)) == 2


def test_text_that_arrives_later_is_found(store, inbox, letters):
    raw = letters.letter(1, body="about zeppelins\r\n")
    (message,) = store.add_messages(inbox, [letters.arrived(1, raw)])
    assert not store.search("zeppelins")
    store.put_raw(message, raw)
    assert list(store.search("zeppelins")) == [message]
    assert store.raw(message) == raw


def test_what_is_removed_is_not_found(store, inbox, letters):
    letters.bring(store, inbox, 1)
    store.remove_uids(inbox, [1])
    assert not store.search("letter")


@pytest.mark.parametrize(
    "pattern", ["~j", "~f", "(~U", "~U)", "~s (a+)+", "~d yesterdayish", "is:blue", "~z big", "~V"]
)
def test_a_wrong_pattern_is_refused_in_words(store, inbox, pattern):
    with pytest.raises(PatternError, match="column"):
        store.listing(inbox, BY_DATE, pattern)


def test_text_without_spaces_is_searched_by_its_characters(store, inbox, letters):
    raw = letters.letter(
        1, subject="=?utf-8?b?5Lya6K2w44Gu6K2w5LqL6Yyy?=", body="\u8b70\u4e8b\u9332\u306b\u3064\u3044\u3066"
    )
    (message,) = store.add_messages(inbox, [letters.arrived(1, raw, whole=True)])
    assert list(store.search("議事録")) == [message]
    assert list(store.listing(inbox, BY_DATE, "~s 議事録")) == [message]
    assert list(store.listing(inbox, BY_DATE, "~b 事録")) == [message]


@pytest.mark.parametrize("pattern", [" ".join(["ab"] * 99), "|".join(["~B ab"] * 99), "(" * 40 + "~U" + ")" * 40])
def test_the_largest_patterns_are_answered(store, inbox, mail, pattern):
    store.listing(inbox, BY_DATE, pattern)
    store.search(pattern)


@pytest.mark.parametrize(
    "value", ["; DROP TABLE messages; --", "%", "_", r"a\b", "body : x", "NEAR(a b)", "*", "a OR b", "\x00", "]"]
)
def test_text_of_a_pattern_is_never_sql(store, inbox, mail, value):
    for operator in ("=f", "=b", "=h", "=i", "=y", "=B"):
        store.listing(inbox, BY_DATE, f"{operator} '{value}'")
    store.search(f'"{value}"')
    assert len(store.listing(inbox, BY_DATE)) == 5


def test_text_of_html_and_names_of_attachments_are_found(store, inbox, letters):
    raw = letters.letter(
        1,
        extra="Content-Type: multipart/mixed; boundary=x",
        body="--x\r\nContent-Type: text/html\r\n\r\n<style>p { }</style><p>caf&eacute; <b>con leche</b>\r\n"
        '--x\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="menu.pdf"\r\n'
        "\r\nx\r\n--x--\r\n",
    )
    (message,) = store.add_messages(inbox, [letters.arrived(1, raw, whole=True)])
    for pattern in ("~b café", "~b 'con leche'", "has:pdf", "filename:menu", "~X 1-", "~M application/pdf"):
        assert list(store.listing(inbox, BY_DATE, pattern)) == [message]
    assert not store.listing(inbox, BY_DATE, "~b style")
    assert store.rows([message])[0].has_attachment


def test_a_search_shows_where_the_words_stand(store, inbox, archive, letters):
    body = "Many words come first. " * 20 + "Then the quasar shines at night. " + "And more follows. " * 20
    (message,) = store.add_messages(
        inbox, [letters.arrived(90, letters.letter(90, body=body, subject="sky"), whole=True)]
    )
    pieces = store.snippets("quasar", store.search("quasar"))[message]
    assert [text for text, is_hit in pieces if is_hit] == ["quasar"]
    assert "the quasar shines" in "".join(text for text, _ in pieces)
    assert store.snippets("~s sky", [message]) == {}


def test_a_search_may_keep_to_one_account(store, inbox, letters):
    (home,) = store.put_folders("home", [RemoteFolder(name="INBOX")])
    raw = letters.letter(91, subject="pulsar")
    (theirs,) = store.add_messages(home.folder_id, [letters.arrived(1, raw, whole=True)])
    (ours,) = store.add_messages(inbox, [letters.arrived(91, raw, whole=True)])
    assert set(store.search("pulsar")) == {theirs, ours}
    assert list(store.search("pulsar", account="home")) == [theirs]
    assert list(store.search("~s pulsar", account="work")) == [ours]
