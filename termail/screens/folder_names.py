"""Folder names as users type them: completion, mutt's shortcuts, other accounts."""

from termail.model.folder import Folder

_SHORTCUTS = {"!": "inbox", "<": "sent", ">": "archive"}


def complete_folder(text: str, folders: list[Folder], account: str) -> list[str]:
    """The folders a name may go on to: those of this account by name, of others as ACCOUNT/NAME."""
    wanted = text.lstrip("=+").lower()
    names = [folder.name if folder.account == account else f"{folder.account}/{folder.name}" for folder in folders]
    starting = sorted(name for name in names if name.lower().startswith(wanted))
    return starting or sorted(name for name in names if wanted in name.lower())


def folder_called(text: str, folders: list[Folder], here: Folder, previous_id: int = 0) -> Folder | None:
    """The folder a user means: a name, ACCOUNT/NAME, or mutt's `!` inbox, `<` sent, `>` archive, `^` this one,
    `-` the last one, `=name` and `+name`."""
    name = text.strip()
    if name == "^":
        return here
    if name == "-":
        return next((folder for folder in folders if folder.folder_id == previous_id), None)
    if name in _SHORTCUTS:
        role = _SHORTCUTS[name]
        return next((folder for folder in folders if folder.role == role and folder.account == here.account), None)
    name = name.lstrip("=+")
    for same_account in (True, False):
        for folder in folders:
            names = (folder.name,) if same_account else (f"{folder.account}/{folder.name}", folder.name)
            if (folder.account == here.account or not same_account) and name in names:
                return folder
    lowered = [folder for folder in folders if folder.name.lower() == name.lower()]
    return lowered[0] if len(lowered) == 1 else None
