"""The property by which a mail or appointment of ours is known again, the same behind both doors."""

MARKER_SET = "6d5ff0f5-2f6c-4a0e-9d0b-5c6f5a8c1e27"
"""A property set of our own, so that no other program's property is mistaken for ours."""
MARKER_NAME = "ConnectorMarker"
CHANGE_NAME = "ConnectorChange"
"""What was last done with an appointment of ours."""

COMMON_SET = "00062008-0000-0000-c000-000000000046"
"""PSETID_Common, [MS-OXPROPS] 1.3.2."""
VERB_STREAM = 0x8520
"""PidLidVerbStream: the voting buttons of an outgoing mail."""
VERB_RESPONSE = 0x8524
"""PidLidVerbResponse: the option that a recipient chose."""
SEARCH_KEY = 0x300B
"""PidTagSearchKey: stays the same when a mail moves."""
MESSAGE_FLAGS = 0x0E07
"""PidTagMessageFlags."""
MESSAGE_SIZE = 0x0E08
"""PidTagMessageSize: in bytes, everything attached included."""
SUBMITTED = 0x4
"""mfSubmitted in PidTagMessageFlags."""
SENDER_SMTP = 0x5D01
"""PidTagSenderSmtpAddress: an address where the sender itself is given as an X.500 name."""
REPRESENTING_SMTP = 0x5D02
"""PidTagSentRepresentingSmtpAddress."""


def of_mail(found: str | None, item_class: str) -> str:
    """Empty for a meeting's messages too: they may inherit the marker of their appointment."""
    return "" if item_class.lower().startswith("ipm.schedule.") else found or ""
