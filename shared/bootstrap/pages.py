"""What only pages need: the tokens of their forms, the folders to choose from, the steps of a test that is still going on."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.appointments import Appointments

if TYPE_CHECKING:
    from shared.domain.form_key import FormKey
    from shared.ports.records import Records
    from shared.use_cases.doctor_notes import DoctorNotes
    from shared.use_cases.form_tokens import FormTokens
    from shared.use_cases.list_folders import ListFolders


class Pages(Appointments):
    @cached_property
    def form_keys(self) -> "Records[FormKey]":
        from shared.domain.form_key import FormKey
        from shared.storage.records import TableRecords

        return TableRecords(self.account, "formkeys", FormKey)

    @cached_property
    def form_tokens(self) -> "FormTokens":
        from shared.use_cases.form_tokens import FormTokens

        return FormTokens(keys=self.form_keys, vault=self.vault, clock=self.clock)

    @property
    def secrets_named(self) -> "list[Callable[[], Iterator[str]]]":
        return [*super().secrets_named, self.form_tokens.secret_names]

    @cached_property
    def list_folders(self) -> "ListFolders":
        from shared.use_cases.list_folders import ListFolders

        return ListFolders(enter=self.enter, connections=self.connections, access=self.access)

    @cached_property
    def doctor_notes(self) -> "DoctorNotes":
        from shared.use_cases.doctor_notes import DoctorNotes

        return DoctorNotes(enter=self.enter, blobs=self.blobs)
