"""The pieces of the EWS wire that need no server: what is streamed out, what is streamed in, what a server offers."""

import base64
from collections.abc import Iterator
from io import BytesIO, RawIOBase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPHeaderDict

from shared.domain.mail import OutgoingAttachment
from shared.errors import NotNow, Unanswered
from shared.exchange.ews.answer import read_answer
from shared.exchange.ews.challenge import chosen, offered
from shared.exchange.ews.request_body import Placeholders
from shared.exchange.ews.streamed import StreamedText


class Pieces:
    """An answer that comes in pieces of some size."""

    def __init__(self, whole: bytes, size: int) -> None:
        self.whole = whole
        self.size = size

    def stream(self, _: int, *, decode_content: bool) -> Iterator[bytes]:
        assert decode_content
        for at in range(0, len(self.whole), self.size):
            yield self.whole[at : at + self.size]


def envelope(content: str) -> bytes:
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="urn:m" xmlns:t="urn:t"><s:Body>'
        f"<m:ResponseCode>NoError</m:ResponseCode><t:Name>&#x1;</t:Name>{content}</s:Body></s:Envelope>"
    ).encode()


def file(content: bytes, *, size: int | None = None) -> OutgoingAttachment:
    return OutgoingAttachment("a", "text/plain", len(content) if size is None else size, lambda: BytesIO(content))


@given(st.lists(st.binary(max_size=500), max_size=4))
def test_files_stand_in_the_request_as_base64_and_its_length_is_known(contents: list[bytes]) -> None:
    files = Placeholders()
    xml = "".join(f"<f>{files.put(file(content))}</f>" for content in contents)
    body = files.fill(f"<a>{xml}</a>".encode())
    expected = "".join(f"<f>{base64.b64encode(content).decode()}</f>" for content in contents)
    for _ in range(2):  # it may have to be sent again
        sent = b"".join(body)
        assert sent == f"<a>{expected}</a>".encode()
        assert len(sent) == body.length


def test_a_stream_that_gives_little_at_a_time_is_encoded_as_a_whole() -> None:
    class Trickle(RawIOBase):
        left = 100

        def read(self, _: int = -1) -> bytes:
            self.left, piece = max(0, self.left - 7), b"x" * min(7, self.left)
            return piece

    files = Placeholders()
    trickling = OutgoingAttachment("a", "text/plain", 100, Trickle)  # type: ignore[arg-type]
    assert b"".join(files.fill(files.put(trickling).encode())) == base64.b64encode(b"x" * 100)


@pytest.mark.parametrize("size", [3, 5])
def test_a_file_that_changed_meanwhile_breaks_the_request_off(size: int) -> None:
    files = Placeholders()
    body = files.fill(files.put(file(b"four", size=size)).encode())
    with pytest.raises(NotNow) as broken:
        b"".join(body)
    assert broken.value.code == "storage_unavailable"


@given(st.binary(max_size=2000), st.integers(1, 300))
def test_a_streamed_content_is_the_same_in_pieces_of_any_size(content: bytes, size: int) -> None:
    text = StreamedText("Content")
    whole = envelope(f"<t:Content>{base64.encodebytes(content).decode()}</t:Content>")
    response: Any = Pieces(whole, size)
    assert b"".join(text.read(response)) == content
    assert text.found
    assert text.code == "NoError"


@pytest.mark.parametrize("cut", [30, 150, 230, -1, -12])
def test_a_cut_answer_is_never_taken_for_a_whole_one(cut: int) -> None:
    whole = envelope(f"<t:Content>{base64.b64encode(bytes(90)).decode()}</t:Content>")
    response: Any = Pieces(whole[:cut], 40)
    with pytest.raises(Unanswered):
        b"".join(StreamedText("Content").read(response))
    with pytest.raises(Unanswered):
        read_answer(response)


def test_an_answer_cannot_make_us_read_files_or_grow() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd"><!ENTITY c "cccc">]>' + envelope(
        "<t:Content>&b;&c;</t:Content>"
    )
    response: Any = Pieces(bomb, 1000)
    root = read_answer(response)
    assert "root:" not in "".join(root.itertext())


@pytest.mark.parametrize(
    ("lines", "expected", "choice"),
    [
        (["NTLM"], {"ntlm": ""}, "ntlm"),
        (["Negotiate", "NTLM", 'Basic realm="mail"'], {"ntlm": "", "basic": ""}, "ntlm"),
        (['Basic realm="mail"'], {"basic": ""}, "basic"),
        (['Negotiate, NTLM, Basic realm="a, ntlm b"'], {"ntlm": "", "basic": ""}, "ntlm"),
        (["NTLM TlRMTVNTUAACAAAA=="], {"ntlm": "TlRMTVNTUAACAAAA=="}, "ntlm"),
        (["Bearer client_id=1", "Negotiate"], {}, None),
        (["NTLMv9"], {}, None),
        ([], {}, None),
    ],
)
def test_what_a_server_offers_is_read_from_its_headers(
    lines: list[str], expected: dict[str, str], choice: str | None
) -> None:
    headers = HTTPHeaderDict()
    for line in lines:
        headers.add("WWW-Authenticate", line)
    assert offered(headers) == expected
    assert chosen(headers) == choice
