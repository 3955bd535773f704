"""The client of the process platform that owns connections; never Entra's tenant."""

from shared.domain.model import DisplayName, Instant, OrganizationId, PersonName, Record


class Organization(Record):
    """Empty ``members`` means: administrators only. ``*@domain`` and ``*`` are allowed in ``members``.

    ``rewritten_message_ids``: some mail of its connections went out under another Message-ID (``domain.alias``).
    """

    id: OrganizationId
    display_name: DisplayName
    exchange_enabled: bool = False
    administrators: tuple[PersonName, ...] = ()
    members: tuple[PersonName, ...] = ()
    managed_identity_mailboxes: tuple[str, ...] = ()
    rewritten_message_ids: bool = False
    created_at: Instant
    updated_at: Instant
