"""Scripts as text: what is wrong is told by line, and no text crashes the parser."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bundled_server.sieve.checker import check
from bundled_server.sieve.errors import SieveError
from bundled_server.sieve.parser import parse
from bundled_server.sieve.printer import printed
from bundled_server.sieve.tree import Node, Number, Strings, Tag


@pytest.mark.parametrize(
    ("script", "line", "words"),
    [
        ('keep;\nfileinto "A";', 2, 'needs require "fileinto"'),
        ('require "fileinto";\nfileintoo "A";', 2, 'did you mean "fileinto"?'),
        ('if header :contans "a" "b" { keep; }', 1, "its tags: :is, :contains"),
        ('require ["fileinto",\n"imap4flag"];', 1, 'did you mean "imap4flags"?'),
        ("keep\nstop;", 1, 'is a semicolon missing before "stop"?'),
        ("if true {\nkeep;\n", 1, 'a "}" is missing'),
        ('redirect "a@b.c;\n', 1, "is not closed"),
        ("/* never\nclosed", 1, "write */"),
        ("reject text:\nwords\n", 1, "a line with a single dot is missing"),
        ("keep;\n\nelse { keep; }", 3, 'has no "if" before it'),
        ("if true { keep; }\nkeep \N{LATIN SMALL LETTER E WITH ACUTE};", 2, "strings need quotes"),
        ("if size :over 99999999999999999999 { keep; }", 1, "too large"),
        ('require "include"; include "../other";', 1, "cannot be the name of a script"),
        ('require "variables"; set "a.b" "c";', 1, "cannot be the name of a variable"),
        ("keep;\0", 1, "NUL"),
    ],
)
def test_what_is_wrong_is_told_by_line(script: str, line: int, words: str) -> None:
    with pytest.raises(SieveError) as caught:
        check(parse(script))
    assert caught.value.line == line
    assert words in caught.value.text


@pytest.mark.parametrize(
    "script",
    [
        "if true {" * 5000,
        "if not " * 5000 + "true {}",
        'redirect ["' + '","' * 20_000 + '"];',
        "keep;" * 20_000,
        "if anyof (" * 5000,
    ],
    ids=["blocks", "tests", "strings", "commands", "lists of tests"],
)
def test_a_bomb_is_refused(script: str) -> None:
    with pytest.raises(SieveError):
        check(parse(script))


def test_line_ends_in_strings_are_crlf() -> None:
    (node,) = parse('reject "one\ntwo\r\nthree";')
    assert node.arguments == (Strings(("one\r\ntwo\r\nthree",), 1),)


# letters that make words of the language more often than chance would
PIECES = st.sampled_from(
    ['"', "\\", "{", "}", "[", "]", "(", ")", ";", ",", ":is", "if ", "keep", "text:\n", ".\n", "#", "/*", "*/",
     "1K", "require", '"fileinto"', "header", "not ", "anyof", "\n", " ", "é", "\0", "${"]
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES | st.text(max_size=3), max_size=30).map("".join))
def test_no_text_crashes_parser_or_checker(script: str) -> None:
    try:
        check(parse(script))
    except SieveError as fault:
        assert 1 <= fault.line <= script.count("\n") + 1


NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
# a bare CR is no line end of Sieve's, and LF comes back as CRLF: both are for the test above
TEXTS = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=8)
ARGUMENTS = st.one_of(
    st.builds(Tag, NAMES, st.just(0)),
    st.builds(Number, st.integers(0, 2**63 - 1), st.just(0)),
    st.builds(lambda text: Strings((text,), 0), TEXTS),
    st.builds(lambda texts: Strings(tuple(texts), 0, is_list=True), st.lists(TEXTS, min_size=1, max_size=3)),
)
TESTS = st.recursive(
    st.builds(lambda name, words: Node(name, 0, tuple(words)), NAMES, st.lists(ARGUMENTS, max_size=3)),
    lambda inner: st.builds(
        lambda name, tests: Node(name, 0, (), tuple(tests)), NAMES, st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=5,
)
COMMANDS = st.recursive(
    st.builds(
        lambda name, words, tests: Node(name, 0, tuple(words), tuple(tests)),
        NAMES,
        st.lists(ARGUMENTS, max_size=3),
        st.lists(TESTS, max_size=2),
    ),
    lambda inner: st.builds(
        lambda name, tests, block: Node(name, 0, (), tuple(tests), tuple(block)),
        NAMES,
        st.lists(TESTS, max_size=1),
        st.lists(inner, max_size=3),
    ),
    max_leaves=6,
)


def without_lines(node: Node) -> object:
    arguments = tuple((type(a).__name__, getattr(a, "values", None) or getattr(a, "value", None) or
                       getattr(a, "name", None), getattr(a, "is_list", None)) for a in node.arguments)  # fmt: skip
    tests = tuple(without_lines(test) for test in node.tests)
    block = None if node.block is None else tuple(without_lines(inner) for inner in node.block)
    return node.name, arguments, tests, block


@settings(max_examples=40, deadline=None)
@given(st.lists(COMMANDS, max_size=4))
def test_what_is_printed_is_parsed_as_the_same_tree(commands: list[Node]) -> None:
    again = parse(printed(tuple(commands)))
    assert [without_lines(node) for node in again] == [without_lines(node) for node in commands]
