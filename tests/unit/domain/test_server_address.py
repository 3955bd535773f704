"""Which URLs are taken at save, and to which addresses we connect."""

import pytest

from shared.domain.server_address import acceptable_address, host_of, is_literal, url_errors

LOCAL = ("localhost", "127.0.0.1")
HOUSE = ("mail.contoso.example", "*.intern.contoso.example", "10.1.2.3", "[fd00::25]")


@pytest.mark.parametrize(
    "url",
    [
        "https://mail.contoso.example/EWS/Exchange.asmx",
        "https://mail.contoso.example:443/EWS/Exchange.asmx",
        "https://MAIL.contoso.example/EWS/Exchange.asmx?x=1",
        "https://bücher.example/EWS/Exchange.asmx",
        "https://xn--bcher-kva.example/EWS/Exchange.asmx",
        "https://exchange_1.contoso.example/EWS/Exchange.asmx",
        "https://mail.contoso.example/",
    ],
)
def test_any_host_by_name_is_taken_when_no_list_is_set(url: str) -> None:
    assert url_errors(url, ()) == []


@pytest.mark.parametrize(
    ("url", "because"),
    [
        ("http://mail.contoso.example/EWS/Exchange.asmx", "https"),
        ("ftp://mail.contoso.example/", "https"),
        ("mail.contoso.example/EWS/Exchange.asmx", "host"),
        ("https:///EWS/Exchange.asmx", "host"),
        ("https://", "host"),
        ("", "host"),
        ("https://anna@mail.contoso.example/", "user name"),
        ("https://anna:secret@mail.contoso.example/", "user name"),
        ("https://@mail.contoso.example/", "user name"),
        ("https://mail.contoso.example/#top", "fragment"),
        ("https://mail.contoso.example/#", "fragment"),
        ("https://mail.contoso.example:8443/", "port"),
        ("https://mail.contoso.example:0/", "port"),
        ("https://mail.contoso.example:99999/", "host"),
        ("https://mail.contoso.example:x/", "host"),
        ("https://mail.contoso.example./", "host"),
        ("https://mail..example/", "host"),
        ("https://-mail.example/", "host name"),
        (f"https://{'a' * 64}.example/", "host"),
        ("https://mail.contoso.example /", "spaces"),
        ("https://mail.contoso.example\\@127.0.0.1/", "spaces"),
        ("https://mail.contoso.example/\r\nHost: x", "spaces"),
        ("https://mail%2econtoso.example/", "host"),
        ("https://mail.contoso.example/" + "x" * 2048, "at most"),
        ("https://[::1", "host"),
    ],
)
def test_a_url_of_another_form_is_refused_with_the_reason(url: str, because: str) -> None:
    (error,) = url_errors(url, ())
    assert error.field == "url"
    assert because in error.message


LITERALS = [
    "127.0.0.1",
    "8.8.8.8",
    "2130706433",
    "0x7f000001",
    "0x7F.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.1",
    "127.0.1",
    "0x7f.1",
    "0",
    "0x",
    "1.2.3.4.5",
    "\uff11\uff12\uff17.0.0.1",  # full-width digits
    "\u2460\u2461\u2466.0.0.1",  # circled digits
    "127\u30020\u30020\u30021",  # ideographic full stops
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:a9fe:a9fe]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[2603:1026::1]",
]


@pytest.mark.parametrize("host", LITERALS)
def test_an_address_in_whatever_spelling_is_no_host(host: str) -> None:
    assert is_literal(host_of(f"https://{host}/"))
    assert url_errors(f"https://{host}/EWS/Exchange.asmx", ())
    assert url_errors(f"https://{host}/EWS/Exchange.asmx", ("*",))


def test_an_address_is_taken_only_as_it_is_listed() -> None:
    assert url_errors("https://10.1.2.3/EWS/Exchange.asmx", HOUSE) == []
    assert url_errors("https://[fd00::25]/EWS/Exchange.asmx", HOUSE) == []
    assert url_errors("https://0x0a010203/EWS/Exchange.asmx", HOUSE)
    assert url_errors("https://10.1.515/EWS/Exchange.asmx", HOUSE)
    assert url_errors("https://[fd00:0::25]/EWS/Exchange.asmx", HOUSE)


def test_a_list_admits_what_it_names_and_what_its_globs_match() -> None:
    assert url_errors("https://mail.contoso.example/", HOUSE) == []
    assert url_errors("https://ex01.intern.contoso.example/", HOUSE) == []
    (error,) = url_errors("https://mail.fabrikam.example/", HOUSE, field="deliver.url")
    assert error.field == "deliver.url"
    assert "EXCHANGE_ALLOWED_HOSTS" in error.message


def test_another_port_needs_the_host_in_full() -> None:
    assert url_errors("https://mail.contoso.example:8443/", HOUSE) == []
    assert url_errors("https://localhost:50443/EWS/Exchange.asmx", LOCAL) == []
    assert url_errors("https://ex01.intern.contoso.example:8443/", HOUSE)


NEVER = [
    "0.0.0.0",  # noqa: S104 - an address to be refused
    "169.254.1.1",
    "169.254.169.254",
    "168.63.129.16",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "::",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "::ffff:168.63.129.16",
    "::169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b::168.63.129.16",
    "64:ff9b:1::169.254.169.254",
    "2002:a9fe:a9fe::1",
    "2002:a83f:8110::1",
    "2001:0:a9fe:a9fe::1",
    "2001:db8::5efe:169.254.169.254",
    "not an address",
]
LOOPBACK = ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1", "2002:7f00:1::1", "::127.0.0.1"]
PRIVATE = [
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "100.64.0.1",
    "fd12:3456::1",
    "::ffff:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "2002:c0a8:101::1",
]
PUBLIC = ["52.96.1.1", "8.8.8.8", "2603:1026::1", "::ffff:52.96.1.1", "64:ff9b::52.96.1.1"]


@pytest.mark.parametrize("ip", NEVER)
@pytest.mark.parametrize("listed", [(), ("mail.contoso.example",), ("*",)])
def test_inner_addresses_of_the_cloud_are_never_connected_to(ip: str, listed: tuple[str, ...]) -> None:
    assert not acceptable_address(ip, "mail.contoso.example", listed)


@pytest.mark.parametrize("ip", LOOPBACK)
def test_loopback_is_only_for_hosts_named_in_full(ip: str) -> None:
    assert not acceptable_address(ip, "mail.contoso.example", ())
    assert not acceptable_address(ip, "mail.contoso.example", ("*.contoso.example",))
    assert acceptable_address(ip, "mail.contoso.example", ("mail.contoso.example",))


@pytest.mark.parametrize("ip", PRIVATE)
def test_private_addresses_are_only_for_listed_hosts(ip: str) -> None:
    assert not acceptable_address(ip, "mail.contoso.example", ())
    assert acceptable_address(ip, "mail.contoso.example", ("*.contoso.example",))
    assert not acceptable_address(ip, "mail.fabrikam.example", ("*.contoso.example",))


@pytest.mark.parametrize("ip", PUBLIC)
def test_public_addresses_are_for_every_host_unless_a_list_is_set(ip: str) -> None:
    assert acceptable_address(ip, "mail.contoso.example", ())
    assert acceptable_address(ip, "mail.contoso.example", ("mail.contoso.example",))
    assert not acceptable_address(ip, "mail.fabrikam.example", ("mail.contoso.example",))
