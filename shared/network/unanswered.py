"""A request that left and was not answered: whatever requests and urllib3 call it, the server may have carried it out."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

from requests.exceptions import RequestException
from urllib3.exceptions import EmptyPoolError, HTTPError

from shared.errors import NotNow, Unanswered


@contextmanager
def unanswered(host: str) -> Iterator[None]:
    """Failing to connect is translated elsewhere (``VettedConnection``), so everything here happened afterwards."""
    try:
        yield
    except EmptyPoolError as exc:
        raise NotNow("server_busy", f"All connections to {host} are in use.") from exc
    except (RequestException, HTTPError, HTTPException, OSError) as exc:
        raise Unanswered("unreachable", f"{host} did not answer the request, or not completely.") from exc
