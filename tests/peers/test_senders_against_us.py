"""curl, swaks and msmtp submit mail to our server."""

from pathlib import Path

import pytest

LETTER = "From: curl@cities.org\r\nTo: alice@cities.org\r\nSubject: {}\r\n\r\nEsto es una prueba\r\n"


@pytest.mark.peer("curl")
def test_curl_submits_with_starttls(server, program, run, tmp_path: Path) -> None:
    letter = tmp_path / "letter.eml"
    letter.write_text(LETTER.format("by curl"), newline="")
    run(
        program, "-sSk", "--ssl-reqd", "--user", "curl:123456", "--mail-from", "curl@cities.org",
        "--mail-rcpt", "alice@cities.org", "-T", str(letter), f"smtp://127.0.0.1:{server.ports['submission']}/me",
    )  # fmt: skip
    server.wait_for("alice", "by curl")


@pytest.mark.peer("curl")
def test_curl_submits_over_implicit_tls(server, program, run, tmp_path: Path) -> None:
    letter = tmp_path / "letter.eml"
    letter.write_text(LETTER.format("by curl over tls"), newline="")
    run(
        program, "-sSk", "--user", "curl:123456", "--mail-from", "curl@cities.org",
        "--mail-rcpt", "alice@cities.org", "-T", str(letter), f"smtps://127.0.0.1:{server.ports['submissions']}/me",
    )  # fmt: skip
    server.wait_for("alice", "by curl over tls")


@pytest.mark.peer("swaks")
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_swaks_submits_with_tls_and_auth(server, program, run, mechanism: str) -> None:
    said = run(
        program, "--server", "127.0.0.1", "--port", str(server.ports["submission"]), "--tls", "--auth", mechanism,
        "--auth-user", "juan", "--auth-password", "123456", "--from", "juan@cities.org",
        "--to", "alice@cities.org", "--header", f"Subject: by swaks {mechanism}",
    )  # fmt: skip
    assert "=== TLS started" in said
    server.wait_for("alice", f"by swaks {mechanism}")


@pytest.mark.peer("swaks")
def test_swaks_pipelines_to_port_25(server, program, run) -> None:
    run(
        program, "--server", "127.0.0.1", "--port", str(server.ports["smtp"]), "--pipeline",
        "--from", "bob@other.test", "--to", "alice@cities.org,juan@cities.org",
        "--header", "Subject: by swaks in one breath",
    )  # fmt: skip
    server.wait_for("alice", "by swaks in one breath")
    server.wait_for("juan", "by swaks in one breath")


@pytest.mark.peer("msmtp")
def test_msmtp_submits_for_a_local_program(server, program, run, tmp_path: Path) -> None:
    settings = tmp_path / "msmtprc"
    settings.write_text(
        f"account default\nhost 127.0.0.1\nport {server.ports['submission']}\nfrom juan@cities.org\n"
        "auth plain\nuser juan\npassword 123456\ntls on\ntls_starttls on\ntls_certcheck off\n"
    )
    settings.chmod(0o600)
    run(program, "-C", str(settings), "alice@cities.org", text="Subject: by msmtp\n\nEsto es una prueba\n")
    server.wait_for("alice", "by msmtp")
