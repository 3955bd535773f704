"""The processes of the functions: started together, started again when they die, drained together."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from local.launcher.child import Child
from local.launcher.terminal import Terminal

_LOOK_SECONDS = 0.25
_LONGEST_PAUSE = 3.0
_SHORT_LIFE = 5.0
_DRAIN_SECONDS = 8.0


class Functions:
    """The first child serves HTTP. ``changed`` hears the new process ids after each restart."""

    def __init__(
        self, children: Sequence[Child], environment: Mapping[str, str], changed: Callable[[list[int]], None]
    ) -> None:
        self._children = children
        self._environment = environment
        self._changed = changed
        self._ending = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="functions", daemon=True)
        self._terminal: Terminal | None = None
        self._started: dict[str, float] = {}

    @property
    def pids(self) -> list[int]:
        return [child.pid for child in self._children]

    def start(self) -> None:
        """Raises ChildFailed."""
        for child in self._children:
            self._start(child)
        for child in self._children:
            child.ready()

    def keep_alive(self, terminal: Terminal) -> None:
        """From now on a dead process is started again, and the terminal says so."""
        self._terminal = terminal
        self._watcher.start()

    def end(self) -> None:
        self._ending.set()
        if self._watcher.is_alive():
            self._watcher.join()
        for child in self._children:
            child.tell_to_end()
        deadline = time.monotonic() + _DRAIN_SECONDS
        for child in self._children:
            child.wait(max(0.1, deadline - time.monotonic()))

    def _start(self, child: Child) -> None:
        self._started[child.name] = time.monotonic()
        child.start(self._environment)

    def _watch(self) -> None:
        pause: dict[str, float] = {}
        while not self._ending.wait(_LOOK_SECONDS):
            for child in self._children:
                if child.exit_code is None:
                    continue
                lived = time.monotonic() - self._started[child.name]
                # One that dies at once is given a little time, so that its log stays readable.
                pause[child.name] = min(_LONGEST_PAUSE, 2 * pause.get(child.name, 0.25)) if lived < _SHORT_LIFE else 0
                self._restart(child, pause[child.name])

    def _restart(self, child: Child, pause: float) -> None:
        code, pid = child.exit_code, child.pid
        if self._ending.wait(pause):
            return
        child.wait(0)
        self._start(child)
        self._changed(self.pids)
        if self._terminal:
            self._terminal.note(f"{child.name} (pid {pid}) ended with {code}; started again as pid {child.pid}")
