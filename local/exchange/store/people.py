"""Who has a mailbox in the simulated Exchange unless a mailboxes file says otherwise: two companies, a shared mailbox, meeting rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.exchange.store.mailbox import Rights

if TYPE_CHECKING:
    from local.exchange.store.store import Store

CONTOSO = (
    "Anna Berger", "Bob Carter", "Carla Diaz", "David Evans", "Emma Fischer", "Frank Gruber", "Grace Hall", "Henry Ito", "Iris Jansen",
    "Jack King", "Kate Lund", "Liam Moore", "Mia Novak", "Noah Olsen", "Olga Petrova", "Paul Quinn", "Rita Rossi", "Sam Schmidt",
    "Tina Turner", "Umar Usman", "Vera Vogel", "Will Weber", "Xenia Xu", "Yusuf Yilmaz", "Zoe Zimmer", "Jürgen Müller", "Admin Adler", "Engine Room",
)  # fmt: skip
FABRIKAM = (
    "Eve Adams", "Kim Brown", "Alex Clark", "Bea Dubois", "Chris Eng", "Dana Ford", "Elif Guler", "Finn Holm", "Gina Ivanova", "Hugo Jung",
    "Ines Kraus", "Jonas Lang", "Karl Meier", "Lena Nagy", "Max Otto", "Nina Park", "Omar Qadir", "Pia Ruiz", "Ralf Sommer", "Sara Thom",
    "Tom Urban", "Ute Voss", "Viktor Wolf", "Wanda Yang",
)  # fmt: skip
ROOMS = ("Room Aurora", "Room Borealis", "Room Cassiopeia", "Room Draco")
SHARED = "orders@contoso.example"


def password_of(address: str) -> str:
    """The well-known password of a person of the default cast."""
    return f"{address.partition('@')[0].capitalize()}-4711-secret"


def populate(store: Store) -> None:
    for domain, names in (("contoso.example", CONTOSO), ("fabrikam.example", FABRIKAM)):
        for name in names:
            local_part = name.split()[0].lower().replace("ü", "ue")
            address = f"{local_part}@{domain}"
            store.add_mailbox(address, name, password_of(address))
    for name in ROOMS:
        address = f"{name.lower().replace(' ', '.')}@contoso.example"
        store.add_mailbox(address, name, password_of(address), kind="room")
    shared = store.add_mailbox(SHARED, "Contoso Orders", password_of(SHARED), kind="shared")
    shared.rights["anna@contoso.example"] = Rights(full_access=True, send_as=True)
    shared.rights["bob@contoso.example"] = Rights(full_access=True, send_on_behalf=True)
