"""Signatures by the published vector, addresses, and which facts are offered."""

from base64 import b64decode

import pytest

from guild.webhooks.errors import AddressRefused
from guild.webhooks.rules import (
    OFFERED,
    check_address,
    is_outside,
    new_secret,
    secret_bytes,
    secret_text,
    signature,
)


def test_signature_of_the_published_example() -> None:
    # The example of the Standard Webhooks libraries.
    key = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_two_keys_make_two_signatures() -> None:
    first, second = new_secret(), new_secret()
    both = signature([first, second], "a", 1, b"{}").split()
    assert both == [signature([first], "a", 1, b"{}"), signature([second], "a", 1, b"{}")]
    assert signature([first], "a", 2, b"{}") not in both
    assert secret_bytes(secret_text(first)) == first


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook",
        "ftp://example.org/",
        "https://user@example.org/",
        "https://example.org/#part",
        "https://localhost/hook",
        "https://127.0.0.1/hook",
        "https://10.1.2.3/hook",
        "https://[::1]/hook",
        "https://169.254.169.254/latest",
        "https://[fd00::1]/",
    ],
)
def test_addresses_inside_are_refused_in_production(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(url, production=True)


def test_addresses_outside_are_taken() -> None:
    assert check_address("https://example.org/hook?a=1", production=True)
    assert check_address("http://127.0.0.1:9000/hook", production=False)


def test_a_name_that_leads_inside() -> None:
    assert is_outside(["93.184.216.34"])
    assert not is_outside(["93.184.216.34", "10.0.0.1"])
    assert not is_outside(["fe80::1%eth0"])
    assert not is_outside([])


def test_what_concerns_health_and_names_is_not_offered() -> None:
    rooms = {kind.__module__ for scope in OFFERED.values() for kind in scope.values()}
    assert "InvoiceIssued" in OFFERED["own"]
    assert "StatementImported" in OFFERED["house"]
    assert rooms.isdisjoint({"guild.reputation.events", "guild.compliance.events"})
    from_fund = {name for name, kind in OFFERED["own"].items() if "mutual_fund" in kind.__module__}
    assert from_fund == {"AdvancePaid", "LevyPosted"}
