"""What a server answered and nobody here expected: a bug or news, raised as it is and never reported as the user's failure."""


class Surprise(Exception):
    """``code`` is the vendor's code or an HTTP status, safe to log; texts of the server stay out, they may quote a mail."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
