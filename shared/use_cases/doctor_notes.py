"""The steps of an examination that is still going on, so that a page can show each as it ends. Gone when it is over."""

import json
import re
from hashlib import sha256

from shared.domain.caller import Caller
from shared.domain.connection_form import StepView
from shared.domain.permissions import Operation
from shared.errors import ConnectorError, NotFound
from shared.ports.blobs import Blobs
from shared.use_cases.organization_access import OrganizationAccess


class DoctorNotes:
    """``run`` is the number that the page gave its examination; nobody but the person who began it reads the steps."""

    def __init__(self, *, enter: OrganizationAccess, blobs: Blobs) -> None:
        self._enter = enter
        self._blobs = blobs

    def write(self, caller: Caller, organization: str, run: str, steps: list[StepView]) -> None:
        """Failing is no failure: the report shows all of them anyway."""
        try:
            text = json.dumps([step.model_dump(mode="json") for step in steps])
            self._blobs.put(_path(caller, organization, run), text.encode(), content_type="application/json")
        except ConnectorError:
            return

    def read(self, caller: Caller, organization: str, run: str) -> list[StepView]:
        """Raises NotFound, Forbidden."""
        self._enter(caller, organization, Operation.MANAGE_CONNECTIONS)
        try:
            return [
                StepView.model_validate(step) for step in json.loads(self._blobs.get(_path(caller, organization, run)))
            ]
        except NotFound:
            return []

    def forget(self, caller: Caller, organization: str, run: str) -> None:
        try:
            self._blobs.delete(_path(caller, organization, run))
        except ConnectorError:
            return


def _path(caller: Caller, organization: str, run: str) -> str:
    """Raises NotFound for what is no number of a run."""
    if not re.fullmatch(r"[0-9a-f-]{8,40}", run):
        raise NotFound("There is no such examination.")
    whose = sha256(f"{caller.object_id}/{run}".encode()).hexdigest()[:40]
    return f"state/{organization}/examinations/{whose}"
