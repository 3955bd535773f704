"""The order in which everything starts and ends. Ending goes the other way round and leaves nothing behind."""

import json
import os
import secrets
import threading
from contextlib import ExitStack
from typing import Any

from local.azurite import Azurite, AzuriteFailed
from local.certificates import bundle_with_certifi, make_certificates
from local.host.sign_in import write_sign_in
from local.launcher import endpoints
from local.launcher.child import Child
from local.launcher.environment import Surroundings, functions_environment, write_bundle
from local.launcher.functions import Functions
from local.launcher.options import Options
from local.launcher.organization import make_organization
from local.launcher.people import Identities, sign_in
from local.launcher.ports import functions_port
from local.launcher.resources import make_resources
from local.launcher.terminal import Terminal
from local.launcher.warden import Warden
from local.standins.config import Config

_END_SECONDS = 5.0


class Stack:
    """``around`` and ``described`` are there after ``start``; ``broken`` names a part that died on its own."""

    def __init__(self, options: Options, terminal: Terminal, parts: ExitStack) -> None:
        self._options = options
        self._terminal = terminal
        self._parts = parts
        self._warden = parts.enter_context(Warden())
        self._azurite = Azurite()
        self._starting: threading.Thread | None = None
        self._standins = Child("standins", ("-m", "local.standins", "--config", str(options.folder / "standins.json")),
                               logs=options.logs, warden=self._warden)  # fmt: skip
        self._writing = threading.Lock()
        self.described: dict[str, Any] = {}

    def start(self) -> None:
        """Raises ChildFailed, AzuriteFailed, NotMade, OSError."""
        with self._terminal.step("storage, Exchange, Entra, Key Vault"):
            around = self._surroundings()
        functions = self._functions(around)
        count = self._options.workers
        with self._terminal.step(f"functions ({count} process{'es' if count > 1 else ''})"):
            self._parts.callback(functions.end)
            functions.start()
        with self._terminal.step("organization contoso"):
            make_organization(around.base_url)
        self.described = endpoints.describe(around, functions.pids)
        self._parts.callback(self._retract)
        endpoints.write(self._options.endpoints, self.described)
        functions.keep_alive(self._terminal)

    @property
    def broken(self) -> str:
        if self._azurite.pid is None:
            return "Azurite ended."
        if self._standins.exit_code is not None:
            return f"The stand-ins ended.\n{self._standins.tail()}"
        return ""

    def _surroundings(self) -> Surroundings:
        identities, header = Identities(), secrets.token_hex(16)
        certificates = make_certificates(self._options.folder / "certificates")
        bundle = write_bundle(
            self._options.folder / "ca-bundle.pem",
            bundle_with_certifi(certificates.ca),
            os.environ.get("EXCHANGE_CA_BUNDLE", ""),
        )
        config = Config(
            ca=certificates.ca,
            server=certificates.server,
            tenant_id=identities.tenant_id,
            client_id=identities.client_id,
            client_secret=identities.client_secret,
            managed_identity=identities.managed_identity,
            identity_header=header,
        )
        (self._options.folder / "standins.json").write_text(config.model_dump_json(by_alias=True), encoding="utf-8")
        standins = self._start_surroundings()
        sign_in_file = self._options.folder / "sign-in.json"
        write_sign_in(sign_in_file, sign_in(identities))
        storage = os.environ.get("AzureWebJobsStorage") or self._azurite.connection_string  # noqa: SIM112 - its name
        make_resources(storage)
        base_url = f"http://127.0.0.1:{functions_port(self._options.port)}"
        return Surroundings(storage, base_url, standins, identities, header, bundle, sign_in_file)

    def _start_surroundings(self) -> dict[str, Any]:
        """Both at once: each takes a second or two."""
        self._parts.callback(self._end_surroundings)
        failures: list[AzuriteFailed] = []
        starting = self._starting = threading.Thread(target=self._start_azurite, args=(failures,), daemon=True)
        starting.start()
        self._standins.start(os.environ)
        seen = None
        while starting.is_alive():
            starting.join(0.02)
            if self._azurite.pid not in {seen, None}:
                seen = self._azurite.pid
                self._warden.watch(seen or 0)
        if failures:
            raise failures[0]
        said: dict[str, Any] = json.loads(self._standins.ready())
        return said

    def _start_azurite(self, failures: list[AzuriteFailed]) -> None:
        try:
            self._azurite.start()
        except AzuriteFailed as failure:
            failures.append(failure)

    def _end_surroundings(self) -> None:
        self._standins.tell_to_end()
        pid = self._azurite.pid
        self._azurite.stop()
        if self._starting:  # an interrupted start may have got further in the meantime
            self._starting.join(_END_SECONDS)
            self._azurite.stop()
        if pid:
            self._warden.forget(pid)
        self._standins.wait(_END_SECONDS)

    def _functions(self, around: Surroundings) -> Functions:
        environment = functions_environment(os.environ, around)
        port = around.base_url.rpartition(":")[2]
        app = str(self._options.app_dir)
        arguments = ("-m", "local.host", "--app-dir", app, "--port", port, "--drain", "5", "--with-parent")
        children = [
            Child(
                "functions" if index == 0 else f"functions-{index}",
                (*arguments, "--worker-index", str(index)),
                logs=self._options.logs,
                warden=self._warden,
            )
            for index in range(self._options.workers)
        ]
        return Functions(children, environment, self._restarted)

    def _restarted(self, pids: list[int]) -> None:
        with self._writing:
            if self.described:
                self.described |= endpoints.pids(pids)
                endpoints.write(self._options.endpoints, self.described)

    def _retract(self) -> None:
        """Before anything ends, so that no script finds a stack that is half gone."""
        with self._writing:
            self.described = {}
            self._options.endpoints.unlink(missing_ok=True)
