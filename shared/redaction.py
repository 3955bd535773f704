"""Keeps secrets, contents and addresses out of the log, whoever writes it and at whatever level.

It sits where records are made, so that a logger that is switched to DEBUG later, or a handler that somebody adds,
cannot go round it. Libraries that print what they send and get are reduced to the fact that they said something.
"""

import logging
import re
import traceback
from hashlib import sha256
from typing import Any

# They log requests, responses, tokens or whole envelopes; exchangelib does at ERROR too.
_TALKATIVE = (
    "exchangelib",
    "msal",
    "msal_extensions",
    "azure.core",
    "azure.identity",
    "azure.storage",
    "azure.data",
    "azure.keyvault",
    "urllib3",
    "requests",
    "requests_ntlm",
    "requests_oauthlib",
    "oauthlib",
    "spnego",
    "http.client",
)
_NAMES = (
    r"password|passwort|pwd|client_?secret|client_?assertion|assertion|certificate_?password|certificate|private_?key|"
    r"access_?token|refresh_?token|id_?token|account_?key|shared_?access_?signature|secret|sig|signature|"
    r"x-identity-header|x-ms-client-principal|api-?key"
)
_PATTERNS = (
    (re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL), "(pem)"),
    (re.compile(r"(?i)\b(proxy-)?authorization(['\"]?\s*[:=]\s*['\"]?)[^\r\n,}'\"]+"), r"\1authorization\2(hidden)"),
    (re.compile(r"(?i)\b(bearer|basic|ntlm|negotiate|sharedkey)\s+[A-Za-z0-9+/=._:~-]{8,}"), r"\1 (hidden)"),
    (
        re.compile(rf"(?i)\b({_NAMES})(['\"]?\s*[:=]\s*)(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s&;,}}\"']+)"),
        r"\1\2(hidden)",
    ),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=]+"), "whsec_(hidden)"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), "(token)"),
)
_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_LONGEST = 8000


def redacted(text: str) -> str:
    """Without what looks like a secret; addresses become a short hash, so that lines about one person still match."""
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return _ADDRESS.sub(lambda found: f"(address {sha256(found[0].lower().encode()).hexdigest()[:8]})", text)


def install() -> None:
    """Idempotent, and cheap once it is done."""
    if isinstance(logging.getLogRecordFactory(), _Redacting):
        return
    logging.setLogRecordFactory(_Redacting(logging.getLogRecordFactory()))
    for library in _TALKATIVE:
        logger = logging.getLogger(library)
        if logger.level == logging.NOTSET:
            # What it would say is withheld anyway; unsaid it costs nothing either.
            logger.setLevel(logging.WARNING)


class _Redacting:
    def __init__(self, make: Any) -> None:
        self.make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = self.make(*args, **kwargs)
        if _is_talkative(record.name):
            _withhold(record)
        else:
            _redact(record)
        return record


def _is_talkative(name: str) -> bool:
    return any(name == library or name.startswith(f"{library}.") for library in _TALKATIVE)


def _withhold(record: logging.LogRecord) -> None:
    kind = record.exc_info[0] if record.exc_info else None
    record.msg = f"{record.module}:{record.lineno} (withheld)" + (f" {kind.__name__}" if kind else "")
    record.args, record.exc_info, record.stack_info = (), None, None


def _redact(record: logging.LogRecord) -> None:
    try:
        record.msg = redacted(record.getMessage())
    except (TypeError, ValueError, KeyError):
        record.msg = f"{record.module}:{record.lineno} (a log line that does not fit its arguments)"
    record.args = ()
    if record.exc_info and record.exc_info[1]:
        record.exc_text = redacted("".join(traceback.format_exception(*record.exc_info)))
        # Handlers that format exceptions by themselves would not look at exc_text.
        record.exc_info = None
    if record.stack_info:
        record.stack_info = redacted(record.stack_info)
