"""Which port the functions get."""

import socket

PREFERRED = 7071


def functions_port(given: int | None) -> int:
    """The given one, else the one that Core Tools use if it is free, else any free one."""
    if given is not None:
        return given
    for port in (PREFERRED, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")
