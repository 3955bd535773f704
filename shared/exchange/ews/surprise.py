"""What EWS answered and nobody here expected."""

from shared.exchange.surprise import Surprise


class EwsSurprise(Surprise):
    """``code`` is Microsoft's ResponseCode or an HTTP status."""

    def __init__(self, code: str, operation: str = "") -> None:
        super().__init__(code, f"Exchange answered {code} to {operation or 'a request'}")
