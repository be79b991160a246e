"""The one command table: names, help and default keys, feeding keymap, palette, help screen and README."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Context(StrEnum):
    """Where a key is pressed. GENERIC keys work in every other context that does not rebind them."""

    GENERIC = "generic"
    INDEX = "index"
    PAGER = "pager"
    COMPOSE = "compose"
    ATTACHMENTS = "attachments"
    FOLDERS = "folders"
    LISTS = "lists"
    SCRIPTS = "scripts"
    WIRE = "wire"
    JOURNEY = "journey"
    CONSOLE = "console"
    ANATOMY = "anatomy"
    WORLD = "world"
    LESSON = "lesson"


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a user can do. `name` follows mutt's function names; `keys` are the defaults by context."""

    name: str
    help: str
    keys: dict[Context, tuple[str, ...]] = field(default_factory=dict)

    @property
    def handler(self) -> str:
        """The method a screen (or its helper) answers this command with."""
        return "do_" + self.name.replace("-", "_")


def _command(name: str, help_text: str, **keys: str) -> Command:
    return Command(name, help_text, {Context(context): tuple(text.split()) for context, text in keys.items()})


def _mail(name: str, help_text: str, keys: str) -> Command:
    """A command of both index and pager, with the same keys."""
    return _command(name, help_text, index=keys, pager=keys)


_MOTIONS = (
    _command("next-entry", "Move to the next entry", generic="j Down", index="J", pager="M-J"),
    _command("previous-entry", "Move to the previous entry", generic="k Up", index="K", pager="K M-K"),
    _command("next-page", "Next page", generic="z Right PgDn", pager="Space PgDn"),
    _command("previous-page", "Previous page", generic="Z Left PgUp", pager="- PgUp"),
    _command("half-down", "Half a page down", generic="]"),
    _command("half-up", "Half a page up", generic="["),
    _command("next-line", "One line down", generic=">", pager="Enter Down"),
    _command("previous-line", "One line up", generic="<", pager="Backspace Up"),
    _command("first-entry", "First entry, or the top of the text", generic="= Home", pager="^ Home"),
    _command("last-entry", "Last entry, or the bottom of the text", generic="* End", pager="End"),
    _command("top-page", "Top of the screen", generic="H"),
    _command("middle-page", "Middle of the screen", generic="M"),
    _command("bottom-page", "Bottom of the screen", generic="L"),
    _command("jump", "Go to a message by its number: type the digits", index="", pager=""),
    _command("search", "Search forwards", generic="/"),
    _command("search-reverse", "Search backwards", generic="M-/"),
    _command("search-next", "Next match in the direction of the search", generic="n"),
    _command("search-opposite", "Next match in the other direction", generic="M-N"),
)

_EVERYWHERE = (
    _command("help", "Show the keys that work here", generic="?"),
    _command("enter-command", "Type a command by its name", generic=":"),
    _command("command-palette", "Find a command in the palette", generic="M-x"),
    _command("redraw", "Draw the screen again", generic="^L"),
    _command("shell-escape", "Run a shell command", generic="!"),
    _command("quit", "Leave: this screen, or from the index the program (with sync)", generic="q"),
    _command("sync-now", "Check every account now", generic="G"),
    _command("undo", "Undo the last action, or take back the mail just sent", generic="X"),
    _command("outbox", "Show the mail on its way out", generic="M-o"),
    _command("operations", "Show what still waits to reach the server, and what failed", generic="M-j"),
    _command("log", "Show the messages of this session", generic="M-m"),
    _command("reload-settings", "Read the settings again: keys, searches, formats, accounts", generic=""),
    _command("theme", "Change the theme: dark, light, high-contrast, terminal", generic="M-s"),
)

_MESSAGES = (
    _command("display-message", "Read the message", index="Enter Space"),
    _command(
        "exit",
        "Leave without changes: marks of this visit are undone",
        index="x",
        pager="i x",
        lists="i x",
        scripts="i x",
    ),
    _command("next-undeleted", "Next message that is not deleted", index="j Down", pager="j Right"),
    _command("previous-undeleted", "Previous message that is not deleted", index="k Up", pager="k Left"),
    _mail("next-new", "Next new, then next unread message", "Tab"),
    _mail("previous-new", "Previous new, then previous unread message", "M-Tab BackTab"),
    _mail("next-thread", "Next thread", "^N"),
    _mail("previous-thread", "Previous thread", "^P"),
    _mail("next-subthread", "Next subthread", "M-n"),
    _mail("previous-subthread", "Previous subthread", "M-p"),
    _mail("parent-message", "Go to the message this one answers", "P"),
    _mail("delete-message", "Mark as deleted", "d"),
    _mail("undelete-message", "Take the delete mark away", "u"),
    _mail("delete-thread", "Mark the whole thread as deleted", "^D"),
    _mail("undelete-thread", "Take the delete marks of the thread away", "^U"),
    _mail("delete-subthread", "Mark this message and the answers to it as deleted", "M-d"),
    _mail("undelete-subthread", "Take the delete marks of the subthread away", "M-u"),
    _command("delete-pattern", "Mark messages matching a pattern as deleted", index="D"),
    _command("undelete-pattern", "Undelete messages matching a pattern", index="U"),
    _mail("flag-message", "Flag as important, or take the flag away", "F"),
    _mail("toggle-new", "Mark as unread, or as read", "N"),
    _mail("read-thread", "Mark the whole thread as read", "^R"),
    _mail("set-flag", "Set a flag: N new, O old, r replied, ! important, D deleted", "w"),
    _mail("clear-flag", "Clear a flag", "M-w"),
    _mail("tag-entry", "Tag, or untag", "t"),
    _command("tag-pattern", "Tag messages matching a pattern", index="T"),
    _command("untag-pattern", "Untag messages matching a pattern", index="^T"),
    _mail("tag-thread", "Tag the thread", "M-t"),
    _command("tag-prefix", "Apply the next command to the tagged messages", index=";"),
    _mail("break-thread", "Break the thread: this message becomes the first of its own", "#"),
    _mail("link-threads", "Link the tagged messages to this one, as answers", "&"),
    _command("toggle-threads", "By date, in threads, or in conversations with Sent", index="M-T"),
    _command("limit", "Show only messages matching a pattern", index="l"),
    _command("show-limit", "Tell which limit is on", index="M-l"),
    _command("sort-mailbox", "Sort the messages", index="o"),
    _command("sort-reverse", "Sort the messages in reverse", index="O"),
    _command("collapse-thread", "Collapse or open the thread", index="M-v"),
    _command("collapse-all", "Collapse or open all threads", index="M-V"),
    _mail("save-message", "Move to another folder", "s"),
    _mail("copy-message", "Copy to another folder", "C"),
    _mail("junk-message", "Junk: into the Junk folder; in it: no junk, back to the inbox", "M-!"),
    _mail("explain-spam", "Why is this spam, or not? What every filter of the server said", "M-?"),
    _mail("pipe-message", "Pipe the message to a shell command", "|"),
    _command("print-message", "Print the message, or the part", index="p", pager="p", attachments="p"),
    _command(
        "view-raw", "Show the message (or part) as it came, octet by octet", index="V", pager="V", attachments="V"
    ),
    _mail("edit-raw", "Edit the message as it came; the changed one takes its place", "e"),
    _command("save-attachments", "Save all attachments", index="M-S", pager="M-S", attachments="S"),
    _command(
        "open-in-browser", "Open the HTML in the browser, made safe", index="M-B", pager="M-B", attachments="B"
    ),
    _command("read-whole-thread", "Read the whole thread as one text, or the message alone", pager="M-W"),
    _command("explain-trust", "Explain what is known of the sender, and who says so", pager="M-i"),
    _mail("unsubscribe-list", "Leave the mailing list this came by", "M-U"),
    _mail("extract-keys", "Import PGP keys of the message, or look for the signer's", "^K"),
    _command("answer-invitation", "Accept or decline the invitation", pager="M-c"),
    _mail("edit-label", "Change the labels (IMAP keywords)", "Y"),
    _mail("create-alias", "Make an alias for the sender", "a"),
    _mail("query", "Find somebody in the address book and write to them", "Q"),
    _mail("display-address", "Show the full address of the sender", "@"),
    _command("display-toggle-headers", "Show all headers, or the usual ones", index="h", pager="h"),
    _mail("view-attachments", "Show the parts and attachments", "v"),
)

_WRITING = (
    _mail("mail", "Write a new message", "m"),
    _mail("reply", "Reply to the sender", "r"),
    _mail("group-reply", "Reply to everybody", "g"),
    _command("list-reply", "Reply to the mailing list", index="L", pager="L"),
    _command("forward-message", "Forward", index="f", pager="f", attachments="f"),
    _mail("forward-attached", "Forward as an attachment (after ; all tagged messages)", "M-A"),
    _mail("bounce-message", "Send on unchanged to somebody else (Resent-To)", "b"),
    _mail("resend-message", "Use this message as a new one", "M-e"),
    _mail("recall-message", "Go on with a postponed message", "R"),
    _mail("background-compose-menu", "Show the messages being written, to go on with one", "B"),
)

_PLACES = (
    _mail("change-folder", "Open another folder", "c"),
    _command("change-folder-readonly", "Open another folder read-only", index="M-c"),
    _command("toggle-write", "Forbid changes of this folder, or allow them", index="%"),
    _mail("folder-list", "Show the folders", "y"),
    _command("next-unread-folder", "Open the next folder with new mail", index="."),
    _command("search-everywhere", "Search all mail, as you type", index="M-f", pager="M-f", lists="M-f"),
    _command("search-account", "Search the mail of this account, as you type", index="M-F", pager="M-F"),
    _command("sync-mailbox", "Remove the messages marked as deleted for good", index="$", pager="$"),
)

_PAGER = (
    _command("toggle-quoted", "Show or fold quoted text", pager="T"),
    _command("skip-quoted", "Go past the quoted text", pager="S"),
    _command("open-link", "Open a link of the message by its number", pager="o ^B"),
    _command("journey", "The way of the message through all agents", index="M-J", pager="J", lists="J", wire="J"),
    _command("toggle-html", "Read the HTML or the plain text of the message", pager="M-h"),
    _command("skip-headers", "Go past the headers", pager="H"),
    _command("search-toggle", "Show or hide the colour of the search", pager="\\"),
)

_COMPOSE = (
    _command("send-message", "Send the message", compose="y"),
    _command("edit-message", "Edit the text in $EDITOR", compose="e"),
    _command("edit-here", "Edit the text in the built-in editor", compose="M-e Enter"),
    _command("edit-from", "Edit From", compose="M-f"),
    _command("edit-to", "Edit To", compose="t"),
    _command("edit-cc", "Edit Cc", compose="c"),
    _command("edit-bcc", "Edit Bcc", compose="b"),
    _command("edit-subject", "Edit Subject", compose="s"),
    _command("edit-fcc", "Edit Fcc, the folder that keeps a copy", compose="f"),
    _command("edit-reply-to", "Edit Reply-To", compose="r"),
    _command("edit-with-headers", "Edit the text and the headers in the editor", compose="E"),
    _command("filter-message", "Filter the text through a shell command", compose="F"),
    _command("check-spelling", "Check the spelling with aspell", compose="i"),
    _command("write-to-folder", "Keep a copy in a folder", compose="w"),
    _command("attach-file", "Attach a file", compose="a"),
    _command("attach-message", "Attach a message of the folder, by its number", compose="A"),
    _command("detach-file", "Remove the attachment", compose="D"),
    _command("edit-description", "Describe the attachment", compose="d"),
    _command("edit-type", "Change the type of the attachment", compose="^T"),
    _command("rename-attachment", "Give the attachment another name", compose="R"),
    _command("postpone-message", "Keep it as a draft for later", compose="P"),
    _command("edit-encoding", "Choose how the attachment is encoded", compose="^E"),
    _command("toggle-disposition", "Show the attachment in the text, or as a file", compose="^D"),
    _command("pgp-menu", "Sign or encrypt with PGP", compose="p"),
    _command("smime-menu", "Sign or encrypt with S/MIME", compose="S"),
    _command("find-key", "Look for the recipients' PGP keys", compose="^K"),
    _command("toggle-markdown", "Send the text as Markdown (plain text and HTML), or plain", compose="m"),
    _command("toggle-report", "Ask the servers to report the delivery", compose="N"),
    _command("send-later", "Choose when it is sent: tomorrow 9am, in 2 hours", compose="Y"),
    _command("insert-template", "Begin with a template", compose="T"),
)

_LISTS = (
    _command("select-entry", "Open the entry", generic="Enter Space"),
    _command("save-attachment", "Save to a file", attachments="s"),
    _command("pipe-attachment", "Pipe to a shell command", attachments="|"),
    _command("delete-attachment", "Take the part out of the message for good", attachments="d"),
    _command("view-mailcap", "Show by the mailcap's program", attachments="m"),
    _command("view-text", "Show as text", attachments="T"),
    _command("collapse-parts", "Fold or show what stands below this part", attachments="v"),
    _command("next-with-new", "Go to the next folder with unread mail", folders="Tab"),
    _command("subscribe-folder", "Subscribe to the folder", folders="s"),
    _command("unsubscribe-folder", "Unsubscribe from the folder", folders="u"),
    _command("toggle-subscribed", "Show subscribed folders alone, or all", folders="T"),
    _command("create-folder", "Create a folder", folders="C"),
    _command("delete-folder", "Delete the folder and what is in it", folders="d"),
    _command("rename-folder", "Rename the folder", folders="r"),
    _command("cancel-entry", "Take back: a queued message, or a pending operation", lists="d"),
    _command("retry-entry", "Try to send the message now", lists="r"),
)

_SCRIPTS = (
    _mail("scripts", "The Sieve scripts that sort this account's mail at the server", "M-k"),
    _command("edit-script", "Edit the script; the server checks it before it keeps it", scripts="e"),
    _command("check-script", "Let the server check the script", scripts="c"),
    _command("trace-script", "Explain line by line what the script does to the message at hand", scripts="t"),
    _command("new-script", "Write a new script", scripts="a"),
    _command("rename-script", "Give the script another name", scripts="r"),
    _command("delete-script", "Delete the script", scripts="d"),
)

_CLASSROOM = (
    _command("wire", "Show or hide the protocol dialogue", index="W", pager="W", lists="W", folders="W"),
    _command("wire-beside", "The dialogue beside the mail, or under it", generic="F6"),
    _command("wire-view", "The protocol dialogue on the whole screen", generic="F5 M-5"),
    _command("wire-pause", "Pause the protocol dialogue, or let it go on", generic="F7", wire="p"),
    _command("wire-step", "One more line of the paused dialogue", generic="F8", wire="s"),
    _command(
        "wire-slow", "Slow motion: the dialogue line by line, slower, at once again", generic="M-F8 M-z", wire="S"
    ),
    _command("wire-place", "Whose dialogue: this client's, one host's, everybody's", generic="F9", wire="w"),
    _command("wire-tls", "What TLS carries, what travels, or both", generic="M-F9 M-y", wire="t"),
    _command("wire-explain", "Explain the line, or hide the explanations", wire="Enter Space"),
    _command("wire-connection", "This connection alone, or all", wire="c"),
    _command("wire-message", "The message of this line alone, or all", wire="m"),
    _command("wire-agent", "The agent of this line alone, or all", wire="a"),
    _command("wire-protocol", "The protocol of this line alone, or all", wire="o"),
    _command("wire-all", "Take all filters away", wire="x"),
    _command("journey-next", "The next moment of the journey", journey="Right l Tab n"),
    _command("journey-previous", "The moment before", journey="Left h BackTab p"),
    _command("journey-timeline", "The timeline, or one moment", journey="t Enter"),
    _command("journey-wire", "The dialogue of this message in the wire view", journey="w"),
    _command("journey-export", "Save the journey: .svg, .json or .txt", journey="e"),
    _command("anatomy", "Take the message apart: envelope, header, MIME tree, encodings", index="F4", pager="F4"),
    _command("anatomy-next-part", "The next MIME part", anatomy="Tab"),
    _command("anatomy-tree", "The tree of the parts, or the lines", anatomy="t"),
    _command("anatomy-travel", "The lines as they travel through SMTP: dots doubled", anatomy="d"),
    _command("console", "Talk SMTP, POP3 or IMAP by hand, with help", generic="F3"),
    _command("console-type", "Type a line; Tab completes, Esc comes back to the keys", console="Enter i"),
    _command("console-connect", "Connect to a port of the world, or to HOST:PORT", console="o"),
    _command("console-smtp", "The lecture's SMTP session, line by line", console="1"),
    _command("console-pop3", "The lecture's POP3 session, line by line", console="2"),
    _command("console-imap", "The lecture's IMAP session, line by line", console="3"),
    _command("console-next", "Say the next line of the session", console="n Space"),
    _command("console-hang-up", "Hang up", console="x"),
    _command("console-save", "Save the dialogue as a transcript", console="e"),
    _command("world", "The practice world: hosts, faults, clock, snapshots", generic="F2"),
    _command("fault-toggle", "Let it go wrong, or mend it", world="Enter Space"),
    _command("fault-clear-all", "Mend everything", world="C"),
    _command("clock-faster", "The world's clock runs ten times as fast", world="f +"),
    _command("clock-slower", "The world's clock runs a tenth as fast", world="F -"),
    _command("clock-pause", "Stop the world's clock, or let it go on", world="p"),
    _command("clock-advance", "Put the world's clock ahead: 30m, 2h, 5d", world="a"),
    _command("world-snapshot", "Keep the world as it is now", world="s"),
    _command("world-reset", "The world as it was: at its start, or at a snapshot", world="r"),
    _command("lesson", "The lesson at hand, or the list of lessons", generic="F1 M-1"),
    _command("lesson-next", "The next step of the lesson", lesson="n Right"),
    _command("lesson-previous", "Read the step before", lesson="p Left"),
    _command("lesson-hint", "A hint", lesson="h"),
    _command("lesson-solve", "Let the lesson do the step itself", lesson="s"),
    _command("lesson-open", "Go where the step happens: the console, a mailbox", lesson="o Enter"),
    _command("lesson-list", "Choose another lesson", lesson="c"),
    _command("lesson-leave", "Leave the lesson", lesson="x"),
    _command("presenter", "Presenting: large, keys shown, names of others covered", generic="F10 M-P"),
    _command("presenter-next", "The next step of the lesson, shown in the narration bar", generic="M-Right M-."),
    _command("presenter-previous", "The step before, shown in the narration bar", generic="M-Left M-,"),
    _command("narrate", "Write something into the narration bar", generic="M-F1 M-a"),
    _command("record", "Record the screen as an asciicast, or end the recording", generic="M-F10 M-r"),
    _command("wire-export", "Save the dialogue: .txt, .json, .pcap for Wireshark, .mmd for Mermaid", wire="e"),
)

GROUPS: dict[str, tuple[Command, ...]] = {
    "Moving": _MOTIONS,
    "Messages": _MESSAGES,
    "Writing": _WRITING,
    "Folders": _PLACES,
    "Pager": _PAGER,
    "Compose": _COMPOSE,
    "Lists": _LISTS,
    "Scripts": _SCRIPTS,
    "Classroom": _CLASSROOM,
    "Everywhere": _EVERYWHERE,
}

COMMANDS: dict[str, Command] = {command.name: command for group in GROUPS.values() for command in group}


def commands_of(context: Context) -> Iterator[Command]:
    """The commands with a key in `context`, generic ones included."""
    for command in COMMANDS.values():
        if context in command.keys or Context.GENERIC in command.keys:
            yield command


def default_keys(context: Context) -> dict[str, str]:
    """Key → command name, for this context alone."""
    return {key: command.name for command in COMMANDS.values() for key in command.keys.get(context, ())}


def markdown() -> str:
    """The key list of the README."""
    lines: list[str] = []
    for title, group in GROUPS.items():
        lines += [f"**{title}**", "", "| keys | command | what it does |", "|---|---|---|"]
        lines += [_markdown_line(command) for command in group]
        lines.append("")
    return "\n".join(lines)


def _markdown_line(command: Command) -> str:
    by_keys: dict[tuple[str, ...], list[str]] = {}
    for context, keys in command.keys.items():
        by_keys.setdefault(keys, []).append(context.value)
    shown = [
        (" ".join(f"`{key}`" for key in keys) or "digits")
        + ("" if contexts == ["generic"] else f" ({', '.join(contexts)})")
        for keys, contexts in by_keys.items()
    ]
    return f"| {'; '.join(shown).replace('|', chr(92) + '|')} | {command.name} | {command.help} |"


if __name__ == "__main__":
    if sys.argv[1:] == ["--markdown"]:
        sys.stdout.write(markdown())
    else:
        sys.exit("usage: python -m termail.commands --markdown")
