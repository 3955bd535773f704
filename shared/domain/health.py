"""What a monitor asks every minute."""

from typing import Literal

from shared.domain.model import Model


class Health(Model):
    status: Literal["ok"] = "ok"
    version: str
