"""Keys become commands as a mutt user's fingers expect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from termail.commands import COMMANDS, Context, commands_of, default_keys, markdown
from termail.keymap import Found, Keymap, KeymapError, KeyReader, Unbound, Waiting, parse_keys, stroke_of


@pytest.mark.parametrize(
    ("key", "character", "stroke"),
    [
        ("d", "d", "d"),
        ("D", "D", "D"),
        ("upper_d", "D", "D"),
        ("ctrl+d", "\x04", "^D"),
        ("alt+d", "d", "M-d"),
        ("alt+shift+v", "V", "M-V"),
        ("alt+slash", None, ""),
        ("slash", "/", "/"),
        ("tab", "\t", "Tab"),
        ("space", " ", "Space"),
        ("enter", "\r", "Enter"),
        ("pagedown", None, "PgDn"),
        ("escape", "\x1b", "Esc"),
        ("ñ", "ñ", "ñ"),
        ("f5", None, "F5"),
        ("ignore", None, ""),
    ],
)
def test_a_key_event_becomes_a_stroke(key: str, character: str | None, stroke: str) -> None:
    assert stroke_of(key, character) == stroke


@pytest.mark.parametrize(
    ("written", "strokes"),
    [
        ("d", ("d",)),
        ("gg", ("g", "g")),
        ("^D", ("^D",)),
        ("\\Cd", ("^D",)),
        ("M-d", ("M-d",)),
        ("\\ed", ("M-d",)),
        ("<Esc>d", ("M-d",)),
        ("Tab", ("Tab",)),
        ("<tab>", ("Tab",)),
        ("M-Tab", ("M-Tab",)),
        ("<", ("<",)),
        ("^", ("^",)),
        ("\\", ("\\",)),
        ("g^N", ("g", "^N")),
    ],
)
def test_every_way_to_write_a_key_is_understood(written: str, strokes: tuple[str, ...]) -> None:
    assert parse_keys(written) == strokes


@given(st.text(max_size=12))
def test_any_text_is_a_key_or_a_clear_error(text: str) -> None:
    try:
        assert parse_keys(text)
    except KeymapError as error:
        assert "allowed" in str(error)


def test_escape_before_a_key_is_meta() -> None:
    reader = KeyReader(Keymap(), Context.INDEX)
    assert reader.feed("Esc") == Waiting("Esc")
    assert reader.feed("l") == Found("show-limit")
    assert reader.feed("l") == Found("limit")


def test_meta_in_one_stroke_is_the_same() -> None:
    assert KeyReader(Keymap(), Context.INDEX).feed("M-l") == Found("show-limit")


def test_digits_begin_a_message_number_only_where_there_are_numbers() -> None:
    assert KeyReader(Keymap(), Context.INDEX, numbers=True).feed("4") == Found("jump", 4)
    assert isinstance(KeyReader(Keymap(), Context.FOLDERS).feed("4"), Unbound)


def test_a_context_hides_the_generic_key() -> None:
    keymap = Keymap()
    assert keymap.lookup(Context.GENERIC, ("L",)) == "bottom-page"
    assert keymap.lookup(Context.INDEX, ("L",)) == "list-reply"
    assert keymap.keys_of(Context.INDEX, "bottom-page") == []


def test_the_user_rebinds_unbinds_and_binds_sequences() -> None:
    keymap = Keymap({"index": {"gg": "first-entry", "g": "noop", "d": "noop", "\\Ck": "delete-message"}})
    reader = KeyReader(keymap, Context.INDEX)
    assert isinstance(reader.feed("d"), Unbound)
    assert reader.feed("^K") == Found("delete-message")
    assert keymap.keys_of(Context.INDEX, "first-entry")[0] == "gg"


def test_a_sequence_waits_for_its_end() -> None:
    reader = KeyReader(Keymap({"folders": {"gg": "first-entry"}}), Context.FOLDERS)
    assert reader.feed("g") == Waiting("g")
    assert reader.feed("g") == Found("first-entry")
    assert reader.feed("g") == Waiting("g")
    assert reader.feed("x") == Unbound("gx")


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"inbox": {"d": "quit"}}, "allowed are generic, index"),
        ({"index": {"d": "remove"}}, "no command is called 'remove'"),
        ({"index": {"<Hyper>": "quit"}}, "no key is called <Hyper>"),
    ],
)
def test_errors_name_what_is_allowed(overrides: dict[str, dict[str, str]], words: str) -> None:
    with pytest.raises(KeymapError, match=words):
        Keymap(overrides)


def test_every_command_has_help_and_a_place() -> None:
    for command in COMMANDS.values():
        assert command.help.strip(), command.name
        assert command.help[0].isupper(), command.name
        assert command.keys, command.name


def test_no_default_key_is_given_twice_in_one_context() -> None:
    for context in Context:
        keys = [key for command in COMMANDS.values() for key in command.keys.get(context, ())]
        assert sorted(keys) == sorted(set(keys)), context
        assert {parse_keys(key) for key in keys} == {parse_keys(key) for key in default_keys(context)}


def test_the_readme_list_names_every_command() -> None:
    text = markdown()
    assert all(f"| {name} |" in text for name in COMMANDS)


def test_mutts_index_keys_mean_what_they_mean_in_mutt() -> None:
    expected = {
        "j": "next-undeleted", "k": "previous-undeleted", "J": "next-entry", "=": "first-entry", "*": "last-entry",
        "d": "delete-message", "u": "undelete-message", "^D": "delete-thread", "M-d": "delete-subthread",
        "F": "flag-message", "N": "toggle-new", "t": "tag-entry", "T": "tag-pattern", ";": "tag-prefix",
        "l": "limit", "M-l": "show-limit", "o": "sort-mailbox", "O": "sort-reverse", "s": "save-message",
        "C": "copy-message", "c": "change-folder", "y": "folder-list", "m": "mail", "r": "reply",
        "g": "group-reply",
        "L": "list-reply", "f": "forward-message", "b": "bounce-message", "R": "recall-message",
        "v": "view-attachments", "h": "display-toggle-headers", "|": "pipe-message", "!": "shell-escape",
        "$": "sync-mailbox", "q": "quit", "x": "exit", "^N": "next-thread", "P": "parent-message",
        "M-v": "collapse-thread", "M-V": "collapse-all", "Tab": "next-new", "/": "search", "M-/": "search-reverse",
        "^R": "read-thread", "@": "display-address", "?": "help", ":": "enter-command", "^L": "redraw",
    }  # fmt: skip
    keymap = Keymap()
    assert {key: keymap.lookup(Context.INDEX, (key,)) for key in expected} == expected


def test_each_context_has_commands() -> None:
    assert all(list(commands_of(context)) for context in Context)
