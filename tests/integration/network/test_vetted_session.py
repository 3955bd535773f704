"""The way out: a lying resolver, certificates that do not fit, redirects and proxies, against a real TLS server."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from local.certificates import Certificates, make_certificates
from shared.errors import NotNow, Rejected, Unanswered
from shared.network.session import Network
from tests.integration.ews.strange_server import Answer, StrangeServer, strange_server


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def server(certificates: Certificates) -> Iterator[StrangeServer]:
    with strange_server(certificates) as running:
        yield running


@pytest.fixture
def network(certificates: Certificates, server: StrangeServer) -> Network:
    server.requests.clear()
    server.answer = lambda _: Answer(200, b"fine")
    return Network(("localhost",), str(certificates.ca))


def resolver(*answers: list[str]) -> Callable[[str, int], list[str]]:
    """Answers one after the other, the last one for ever."""
    left = list(answers)
    return lambda _host, _port: left.pop(0) if len(left) > 1 else left[0]


def test_a_named_host_is_reached_under_its_name_and_its_connection_kept(
    network: Network, server: StrangeServer
) -> None:
    with network.session() as session:
        for _ in range(3):
            assert session.post(server.url, data=b"x").text == "fine"
    assert {request.headers["Host"] for request in server.requests} == {f"localhost:{server.port}"}


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["168.63.129.16"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["52.96.0.1", "127.0.0.1"],
        ["127.0.0.1", "52.96.0.1"],
        ["fe80::1%eth0"],
    ],
    ids=str,
)
def test_a_name_that_leads_inside_is_refused_before_anything_is_connected(addresses: list[str]) -> None:
    network = Network((), None, resolver(addresses))
    with network.session() as session, pytest.raises(Rejected) as refused:
        session.get("https://mail.attacker.example/")
    assert refused.value.code == "address_refused"


def test_a_name_that_changes_its_address_after_the_check_is_checked_again(
    server: StrangeServer, certificates: Certificates
) -> None:
    """DNS rebinding: the address that was judged is the one that is connected to, at each new connection."""
    resolve = resolver(["127.0.0.1"], ["169.254.169.254"])
    network = Network(("localhost",), str(certificates.ca), resolve)
    with network.session() as session:
        assert session.get(server.url).status_code == 200
    with network.session() as session, pytest.raises(Rejected):
        session.get(server.url)


def test_a_glob_does_not_admit_loopback(server: StrangeServer, certificates: Certificates) -> None:
    network = Network(("local*",), str(certificates.ca))
    with network.session() as session, pytest.raises(Rejected) as refused:
        session.get(server.url.replace(f":{server.port}", ""))
    assert refused.value.code == "address_refused"


@pytest.mark.parametrize(
    "url", ["http://localhost/", "https://127.0.0.1/", "https://other.example/", "https://localhost@evil.example/"]
)
def test_a_url_of_another_form_is_refused_at_use_too(network: Network, url: str) -> None:
    with network.session() as session, pytest.raises(Exception) as refused:  # noqa: PT011 - http:// is requests' own refusal
        session.get(url)
    assert isinstance(refused.value, Rejected) or "http" in str(refused.value)


def test_the_first_address_that_answers_is_taken(server: StrangeServer, certificates: Certificates) -> None:
    network = Network(("localhost",), str(certificates.ca), resolver(["127.7.7.7", "::1", "127.0.0.1"]))
    with network.session() as session:
        assert session.get(server.url).status_code == 200


def test_a_redirect_is_handed_over_and_not_followed(network: Network, server: StrangeServer) -> None:
    server.answer = lambda _: Answer(302, headers={"Location": "http://169.254.169.254/metadata"})
    with network.session() as session:
        answer = session.get(server.url, allow_redirects=True)
    assert answer.status_code == 302
    assert len(server.requests) == 1


def test_proxies_of_the_environment_and_netrc_are_not_asked(
    network: Network, server: StrangeServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login anna password Blue-42\n", encoding="ascii")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with network.session() as session:
        assert session.get(server.url).status_code == 200
        assert session.get(server.url, proxies={"https": "http://127.0.0.1:9"}).status_code == 200
    assert not any(request.carries_credentials for request in server.requests)


@pytest.mark.parametrize("verify", [None, False, True, "/dev/null"])
def test_an_unknown_authority_is_refused_whatever_the_caller_says(server: StrangeServer, verify: object) -> None:
    with Network(("localhost",)).session() as session, pytest.raises(NotNow) as failed:
        session.get(server.url, verify=verify)
    assert failed.value.code == "tls_failed"
    assert not isinstance(failed.value, Unanswered)
    assert "certificate" in failed.value.message


def test_a_certificate_for_another_name_is_refused(server: StrangeServer, certificates: Certificates) -> None:
    network = Network(("mail.contoso.example",), str(certificates.ca), resolver(["127.0.0.1"]))
    with network.session() as session, pytest.raises(NotNow) as failed:
        session.get(f"https://mail.contoso.example:{server.port}/")
    assert failed.value.code == "tls_failed"


def test_the_bundle_may_be_pem_text_in_one_line(server: StrangeServer, certificates: Certificates) -> None:
    text = certificates.ca.read_text(encoding="ascii")
    for bundle in (text, text.replace("\n", "\\n"), str(certificates.ca)):
        with Network(("localhost",), bundle).session() as session:
            assert session.get(server.url).status_code == 200


def test_a_bundle_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ValueError, match="EXCHANGE_CA_BUNDLE"):
        Network((), "/nowhere/ca.pem")


def test_what_did_not_leave_is_unreachable_and_what_did_is_in_doubt(network: Network, server: StrangeServer) -> None:
    with network.session() as session, pytest.raises(NotNow) as refused:
        session.get("https://localhost:9/")
    assert type(refused.value) is NotNow
    assert refused.value.code == "unreachable"
    server.answer = lambda _: Answer(silent=True)
    with network.session() as session, pytest.raises(Unanswered):
        session.post(server.url, data=b"x")


def test_a_name_without_an_address_is_unreachable() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise OSError(host, port)

    for resolve in (nowhere, resolver([])):
        with Network((), None, resolve).session() as session, pytest.raises(NotNow) as failed:
            session.get("https://mail.contoso.example/")
        assert failed.value.code == "unreachable"


def test_silence_ends(network: Network, server: StrangeServer) -> None:
    import time

    server.answer = lambda _: time.sleep(1) or Answer()  # type: ignore[func-returns-value]
    with network.session(answer_within=timedelta(seconds=0.2)) as session, pytest.raises(Unanswered):
        session.get(server.url)
