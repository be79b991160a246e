"""The folder list as lines: accounts as headings, levels by indentation, counts at the right."""

from termail.mime.sanitize import clean_line
from termail.model.folder import Folder
from termail.widgets.ink import Run, fit

_ROLE_ORDER = ("inbox", "drafts", "outbox", "sent", "archive", "junk", "trash", "")


def sorted_folders(folders: list[Folder]) -> list[Folder]:
    """By account; the folders with a role first, in the order people expect, then by name."""

    tops = {(folder.account, folder.name): folder.role for folder in folders}

    def key(folder: Folder) -> tuple[str, int, str]:
        role = tops.get((folder.account, folder.name.partition("/")[0]), folder.role)
        return folder.account, _ROLE_ORDER.index(role if role in _ROLE_ORDER else ""), folder.name.lower()

    return sorted(folders, key=key)


def folder_line(
    folder: Folder, width: int, *, current: bool = False, level: int = 0, above: str = ""
) -> list[Run]:
    """One folder: its name below the folder `above`, then unread and total; `level` folders are above it."""
    name = clean_line(folder.name.removeprefix(f"{above}/"))
    counts = f"{folder.unread:,}" if folder.unread else ""
    total = (f"{folder.total:>10,}" if folder.total else " " * 10) if width >= 40 else ""
    role = "new" if folder.unread else "text"
    name_width = max(4, width - 4 - 2 * level - len(counts) - len(total))
    runs: list[Run] = [
        ("▌ " if current else "  ", "accent"),
        ("  " * level, "text"),
        (fit(name, name_width), "accent" if current and not folder.unread else role),
        (f" {counts}", "accent"),
    ]
    if total:
        runs.append((total, "dim"))
    return runs


def account_line(account: str) -> list[Run]:
    """The heading above an account's folders, and above the virtual ones."""
    return [("  " + (clean_line(account) or "everywhere"), "dim")]


def folder_tree(folders: list[Folder], width: int, current_id: int) -> tuple[list[list[Run]], list[Folder | None]]:
    """The lines of all folders under the headings of their accounts, and the folder of each line."""
    lines: list[list[Run]] = []
    shown: list[Folder | None] = []
    account = None
    names = {(folder.account, folder.name) for folder in folders}
    for folder in sorted_folders(folders):
        if folder.account != account or not lines:
            account = folder.account
            heading = [[], account_line(account)] if lines else [account_line(account)]
            lines += heading
            shown += [None] * len(heading)
        above = [name for name in _levels(folder.name) if (account, name) in names]
        lines.append(
            folder_line(
                folder,
                width,
                current=folder.folder_id == current_id,
                level=len(above),
                above=above[-1] if above else "",
            )
        )
        shown.append(folder)
    return lines, shown


def _levels(name: str) -> list[str]:
    """The names above a name, the outermost first. Not each of them need be a folder."""
    parts = name.split("/")[:-1]
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
