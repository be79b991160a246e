"""Where this run's settings and mail are, from the options, the environment or the XDG places."""

import argparse
from pathlib import Path

from termail.cli.errors import UserError
from termail.config import Account, Settings, SettingsError, config_folder, data_folder, load


def config_path(options: argparse.Namespace) -> Path:
    """--config, else $TERMAIL_CONFIG_DIR, else the XDG place."""
    return Path(options.config) if options.config is not None else config_folder()


def data_path(options: argparse.Namespace) -> Path:
    """--data, else $TERMAIL_DATA_DIR, else the XDG place."""
    return Path(options.data) if options.data is not None else data_folder()


def settings_of(options: argparse.Namespace, *, need_account: bool = True) -> Settings:
    """The settings, or a line that says what to do."""
    try:
        settings = load(config_path(options))
    except SettingsError as error:
        raise UserError(str(error), 2) from error
    if need_account and not settings.accounts:
        raise UserError(
            f"no account in {config_path(options) / 'config.toml'}: "
            "`termail account add` makes one, `termail practice` needs none",
            2,
        )
    return settings


def chosen_account(settings: Settings, name: str | None) -> tuple[str, Account]:
    """The account called `name`, else the first."""
    if name is None:
        return next(iter(settings.accounts.items()))
    if name not in settings.accounts:
        raise UserError(f"no account {name!r}: there are {', '.join(settings.accounts) or 'none'}", 2)
    return name, settings.accounts[name]
