"""The tokens of the voting page: random, bound to a survey and a recipient, kept only as a hash.

The first part says where the ballot lies, so that it is found by one read; the second is the secret.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe

from shared.domain.survey import Ballot

_PLACE = re.compile(r"(\d{1,4})\.([a-z0-9][a-z0-9-]{0,39})\.([A-Za-z0-9._-]{1,64})")
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Token:
    organization: str
    survey: str
    number: int
    secret: str

    @classmethod
    def fresh(cls, organization: str, survey: str, number: int) -> "Token":
        return cls(organization, survey, number, token_urlsafe(32))

    @property
    def text(self) -> str:
        place = f"{self.number}.{self.organization}.{self.survey}".encode()
        return f"{urlsafe_b64encode(place).decode().rstrip('=')}.{self.secret}"

    @property
    def hashed(self) -> str:
        """All that is kept. The place is part of it: a token of another ballot never fits."""
        return sha256(f"{self.organization}/{self.survey}/{self.number}/{self.secret}".encode()).hexdigest()

    def opens(self, ballot: Ballot) -> bool:
        """Compares with every token of the ballot, in a time that does not depend on them."""
        fitting = [hmac.compare_digest(self.hashed, one) for one in ballot.tokens.values()]
        return any(fitting)

    def form(self, revision: int) -> str:
        """What a form of the page carries: it is good for one vote on the ballot as it was shown."""
        return hmac.new(self.secret.encode(), f"vote/{revision}".encode(), sha256).hexdigest()

    def made_form(self, form: str, revision: int) -> bool:
        return hmac.compare_digest(self.form(revision), form)


def read_token(text: str) -> Token | None:
    """None for what cannot be one; whether it is one only its ballot knows."""
    place, dot, secret = text.partition(".")
    if len(text) > _LONGEST or not dot or not _SECRET.fullmatch(secret):
        return None
    try:
        found = _PLACE.fullmatch(urlsafe_b64decode(place + "=" * (-len(place) % 4)).decode("ascii"))
    except (Base64Error, ValueError):
        return None
    return Token(found[2], found[3], int(found[1]), secret) if found else None
