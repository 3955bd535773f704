"""No log line tells a secret, a body or an address, at whatever level and from whichever library."""

import io
import logging
from collections.abc import Iterator

import pytest

from shared.redaction import install, redacted

PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Basic b3JkZXJzOkJsdWUtNDI=", "b3JkZXJzOkJsdWUtNDI"),
        ("{'Authorization': 'Bearer abcdefghijkl'}", "abcdefghijkl"),
        ("headers Bearer abcdefghijklmn and more", "abcdefghijklmn"),
        ('{"password": "Blue \\"42\\" Moon"}', "Moon"),
        ("grant_type=password&password=Blue-42&scope=x", "Blue-42"),
        ("client_secret=s3cr3t-value", "s3cr3t-value"),
        ("'clientSecret': 's3cr3t-value'", "s3cr3t-value"),
        ("AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==", "Eby8"),
        ("https://x.blob.core.windows.net/c/b?sv=1&sig=abc%2Fdef", "abc%2Fdef"),
        (PEM, "MIIEvQ"),
        ("token eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiJ4In0.c2ln", "eyJhbGci"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8"),
        ("mail to kim.lee@fabrikam.example failed", "kim.lee"),
    ],
)
def test_what_looks_like_a_secret_or_an_address_is_hidden(text: str, secret: str) -> None:
    assert secret not in redacted(text)


def test_lines_about_one_person_still_match() -> None:
    one, other = redacted("sent to Kim@fabrikam.example"), redacted("sent to kim@FABRIKAM.example")
    assert one == other


def test_a_plain_line_stays_as_it_is() -> None:
    line = "connection 0b6c1d2e-0000-4000-8000-000000000001 suspended: password_refused"
    assert redacted(line) == line


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, at DEBUG, by a handler that was there before."""
    stream, handler = io.StringIO(), None
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    root, level, factory = logging.getLogger(), logging.getLogger().level, logging.getLogRecordFactory()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    install()
    install()
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)
    logging.setLogRecordFactory(factory)


@pytest.mark.parametrize(
    "name",
    [
        "exchangelib.util",
        "azure.core.pipeline.policies.http_logging_policy",
        "urllib3.connectionpool",
        "msal.application",
        "spnego._ntlm",
    ],
)
def test_talkative_libraries_say_only_that_they_spoke(log: io.StringIO, name: str) -> None:
    logger = logging.getLogger(name)
    # The EWS door switches some of them off for the whole process; here they shall speak.
    off, logger.disabled = logger.disabled, False
    logger.setLevel(logging.DEBUG)
    logger.debug("Request: %s", "<t:Body>Dear Kim, the offer</t:Body>")
    logger.error("Body: <t:Subject>Merger</t:Subject>")
    logger.setLevel(logging.NOTSET)
    logger.disabled = off
    assert name in log.getvalue()
    assert "Kim" not in log.getvalue()
    assert "Merger" not in log.getvalue()


def test_exceptions_are_searched_too(log: io.StringIO) -> None:
    try:
        int("password=Blue-42 for kim@fabrikam.example")
    except ValueError:
        logging.getLogger("shared.test").exception("it failed")
    assert "ValueError" in log.getvalue()
    assert "Blue-42" not in log.getvalue()
    assert "kim@" not in log.getvalue()


def test_arguments_are_searched_as_part_of_the_line(log: io.StringIO) -> None:
    logging.getLogger("shared.test").info("password=%s", "Blue-42")
    assert "Blue-42" not in log.getvalue()


def test_a_line_that_does_not_fit_its_arguments_is_no_way_round(log: io.StringIO) -> None:
    logging.getLogger("shared.test").info("two %s %s", *["Blue-42"])
    assert "Blue-42" not in log.getvalue()
