"""What tests of several rooms of the server need."""

import socket

import pytest


@pytest.fixture
def address_off_loopback() -> str:
    """An address of this machine that is not 127.0.0.1; nothing leaves the machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # chooses a route, sends nothing
        except OSError:
            pytest.skip("this machine has loopback only")
        address = str(probe.getsockname()[0])
    if address.startswith("127."):
        pytest.skip("this machine has loopback only")
    return address
