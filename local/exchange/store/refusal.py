"""What the mailbox store says no to; the codes are Microsoft's ResponseCodes, which EWS and Graph share."""


class Refused(Exception):
    """`code` such as ErrorItemNotFound; the faces translate it into their own form of an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
