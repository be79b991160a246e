"""The folder list as lines: accounts as headings, levels by indentation, counts at the right."""

from termail.mime.sanitize import clean_line
from termail.model.folder import Folder
from termail.widgets.ink import Run, fit

_ROLE_ORDER = ("inbox", "drafts", "outbox", "sent", "archive", "junk", "trash", "")


def sorted_folders(folders: list[Folder]) -> list[Folder]:
    """By account; the folders with a role first, in the order people expect, then by name."""

    def key(folder: Folder) -> tuple[str, int, str]:
        role = folder.role if folder.role in _ROLE_ORDER else ""
        return folder.account, _ROLE_ORDER.index(role), folder.name.lower()

    return sorted(folders, key=key)


def folder_line(folder: Folder, width: int, *, current: bool = False) -> list[Run]:
    """One folder: name, then unread and total."""
    level = folder.name.count("/")
    name = clean_line(folder.name.rpartition("/")[2])
    counts = f"{folder.unread}" if folder.unread else ""
    total = f"{folder.total:,}" if width >= 40 else ""
    role = "new" if folder.unread else "text"
    name_width = max(4, width - 4 - 2 * level - len(counts) - (10 if total else 0))
    runs: list[Run] = [
        ("▌ " if current else "  ", "accent"),
        ("  " * level, "text"),
        (fit(name, name_width), "accent" if current and not folder.unread else role),
        (f" {counts}", "accent"),
    ]
    if total:
        runs.append((f"{total:>10}", "dim"))
    return runs


def account_line(account: str) -> list[Run]:
    """The heading above an account's folders."""
    return [("  " + clean_line(account), "dim")]
