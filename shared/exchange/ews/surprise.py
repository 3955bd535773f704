"""What EWS answered and nobody here expected: a bug or news, raised as it is and never reported as the user's failure."""


class EwsSurprise(Exception):
    """``code`` is Microsoft's ResponseCode or an HTTP status; texts of the server stay out, they may quote a mail."""

    def __init__(self, code: str, operation: str = "") -> None:
        super().__init__(f"Exchange answered {code} to {operation or 'a request'}")
        self.code = code
