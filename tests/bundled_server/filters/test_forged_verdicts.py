"""Fields that claim to be verdicts of this host."""

import pytest

from bundled_server.filters.result_fields import is_forged_result

OWN = "mx.cities.org"


@pytest.mark.parametrize(
    ("name", "value", "forged"),
    [
        ("authentication-results", "mx.cities.org; spf=pass", True),
        ("Authentication-Results", "MX.Cities.Org 1; spf=pass", True),
        ("authentication-results", " mx.cities.org. ; none", True),
        ("authentication-results", "", True),
        ("authentication-results", "(a (nested) \\) comment) mx.cities.org; spf=pass", True),
        ("authentication-results", '"mx.cities.org" 1; spf=pass', True),
        ("authentication-results", "(never ending mx.other.test; spf=pass", True),
        ("authentication-results", "(mx.cities.org) mx.other.test; spf=pass", False),
        ("authentication-results", "mx.other.test; spf=pass", False),
        ("authentication-results", "mx.cities.org.evil.test; spf=pass", False),
        ("x-spam-status", "No", True),
        ("X-Spam-Action", "none", True),
        ("X-Spam-Verdict", "mx.other.test; a pass", True),
        ("subject", "mx.cities.org; spf=pass", False),
    ],
)
def test_only_our_own_id_is_a_forgery(name: str, value: str, forged: bool) -> None:
    assert is_forged_result(name, value, OWN) is forged
