"""`termail-server user show` and `user app-password`, and the settings of logins in TOML."""

import imaplib
import json
import re


def test_app_passwords_are_made_shown_once_used_and_revoked(running, termail_server):
    def user(*arguments):
        return termail_server("user", *arguments, "--data", running.data)

    made = user("app-password", "create", "alice", "phone")
    password = made.stdout.splitlines()[0]
    assert re.fullmatch(r"(?:[a-z2-9]{4}-){4}[a-z2-9]{4}", password)
    with imaplib.IMAP4("127.0.0.1", running.ports["imap"]) as client:
        assert "AUTH=SCRAM-SHA-256" not in client.capabilities
        client.login("alice", password)
    listed = user("app-password", "list", "alice")
    assert re.fullmatch(r"phone, made [-\d]+ [\d:]+, last used [-\d]+ [\d:]+\n", listed.stdout)
    assert password not in listed.stdout
    shown = user("show", "alice")
    assert shown.stdout.startswith("alice: store answers for the password\napp password phone, ")
    running.process.terminate()
    running.process.wait(60)
    assert user("app-password", "revoke", "alice", "phone").stdout.startswith("phone revoked")
    assert user("app-password", "list", "alice").stdout == "no app passwords\n"
    again = user("app-password", "revoke", "alice", "phone")
    assert (again.returncode, again.stderr) == (1, "termail-server: alice has no app password 'phone'\n")
    nobody = user("show", "nobody")
    assert (nobody.returncode, nobody.stderr) == (1, "termail-server: there is no user nobody\n")


def test_scram_is_offered_again_when_the_last_user_with_an_app_password_goes(running, termail_server):
    def offers_scram() -> bool:
        with imaplib.IMAP4("127.0.0.1", running.ports["imap"]) as client:
            return "AUTH=SCRAM-SHA-256" in client.capabilities

    assert offers_scram()
    termail_server("user", "app-password", "create", "alice", "phone", "--data", running.data)
    assert not offers_scram()
    assert termail_server("user", "remove", "alice", "--data", running.data).returncode == 0
    assert offers_scram()


def test_the_settings_name_the_back_ends_in_their_order(run_host, termail_server, tmp_path):
    hashed = "{SSHA512}" + "A" * 86 + "=="
    (tmp_path / "passwd").write_text("pedro:$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5\n")
    settings = tmp_path / "host.toml"
    settings.write_text('[[auth]]\nkind = "passwd-file"\npath = "passwd"\n\n[[auth]]\nkind = "store"\n')
    running = run_host("--config", str(settings))
    with imaplib.IMAP4("127.0.0.1", running.ports["imap"]) as client:
        client.login("pedro", "Hello world!")
    shown = json.loads(termail_server("user", "show", "pedro", "--data", running.data, "--json").stdout)
    assert (shown["answers"], shown["has_mailbox"]) == ("passwd-file", True)
    (tmp_path / "passwd").write_text(f"pedro:{hashed}\n")
    refused = termail_server("run", "--config", settings, "--data", tmp_path / "other", "--domain", "cities.org")
    assert refused.returncode == 1
    assert "passwd, line 1 ('pedro'): this is no {SSHA512} hash" in refused.stderr


def test_a_wrong_kind_of_back_end_is_named(termail_server, tmp_path):
    settings = tmp_path / "host.toml"
    settings.write_text('[[auth]]\nkind = "radius"\n')
    refused = termail_server("run", "--config", settings, "--data", tmp_path / "host", "--domain", "cities.org")
    assert refused.returncode == 2
    assert "host.toml: auth: Invalid value 'radius'" in refused.stderr
