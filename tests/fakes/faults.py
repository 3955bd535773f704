"""How a fake is told to fail: before its effect, or after it (the answer gets lost)."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock


@dataclass
class _Fault:
    method: str | None
    error: BaseException
    after: bool
    left: int


class Failing:
    """``calls`` counts every call by method, the failed ones included."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._faults: list[_Fault] = []
        self._faults_lock = Lock()

    def fail_next(self, error: BaseException, *, times: int = 1, after: bool = False) -> None:
        """Whatever is called next fails."""
        self._faults.append(_Fault(None, error, after, times))

    def fail_on(self, method: str, error: BaseException, *, times: int = 1, after: bool = False) -> None:
        self._faults.append(_Fault(method, error, after, times))

    def mend(self) -> None:
        self._faults.clear()

    @contextmanager
    def _call(self, method: str) -> Iterator[None]:
        fault = self._take_fault(method)
        if fault and not fault.after:
            raise fault.error
        yield
        if fault:
            raise fault.error

    def _take_fault(self, method: str) -> _Fault | None:
        with self._faults_lock:
            self.calls[method] += 1
            for fault in self._faults:
                if fault.left and fault.method in (None, method):
                    fault.left -= 1
                    return fault
            return None
