"""Loggers of libraries that write credentials or mails are switched off for good, whatever level anybody sets.

spnego logs NTLM tokens at DEBUG, from which a weak password can be computed; exchangelib logs Authorization headers at
DEBUG and whole requests at ERROR (both measured with the pinned versions).
"""

import logging

_TALKERS = ("exchangelib", "spnego", "requests_ntlm", "ntlm_auth")


def keep_quiet() -> None:
    for name in (*_TALKERS, *logging.root.manager.loggerDict):
        if name.partition(".")[0] in _TALKERS:
            logging.getLogger(name).disabled = True
