"""The content of one attachment or mail, in pieces, its connection given back when the last one was taken."""

from collections.abc import Iterator

from shared.errors import Rejected, RejectedCode
from shared.exchange.ews import verdicts
from shared.exchange.ews.streamed import StreamedText
from shared.exchange.ews.visit import Streaming

_FINE = {"NoError", ""}


def stream_content(streaming: Streaming, elements: tuple[str, ...], missing: RejectedCode) -> Iterator[bytes]:
    """Raises the verdicts at the latest before its end; ``missing`` where the server has no such content."""
    text = StreamedText(*elements)
    for response in streaming.responses():
        yield from text.read(response)
    code = text.code.rpartition(":")[2]
    if code not in _FINE:
        raise verdicts.of_code(code, streaming.operation)
    if not text.found:
        raise Rejected(missing, "The server has no content for it.")
