"""What a developer can choose, from the environment and the command line."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Tour(StrEnum):
    YES = "yes"
    ONLY = "only"
    NO = "no"


class WrongOption(Exception):
    """The message names the option and what it takes."""


@dataclass(frozen=True, slots=True)
class Options:
    """``port`` None: 7071 if it is free, else any free one."""

    app_dir: Path
    folder: Path
    tour: Tour
    port: int | None
    workers: int

    @property
    def endpoints(self) -> Path:
        return self.folder / "endpoints.json"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"


def read_options(arguments: Sequence[str], environ: Mapping[str, str]) -> Options:
    """Raises WrongOption."""
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description="Runs the connector with everything around it on this machine.",
        epilog="Environment: TOUR (yes, only, no), FUNCTIONS_PORT, FUNCTIONS_WORKER_PROCESS_COUNT, LOCAL_DIR, "
        "LOCAL_QUEUE_LEASE, and every setting of the functions (see README).",
    )
    parser.add_argument("--app-dir", type=Path, default=ROOT, help="the folder of function_app.py and host.json")
    given = parser.parse_args(arguments)
    tour = environ.get("TOUR", "") or Tour.YES
    if tour not in set(Tour):
        raise WrongOption(f"TOUR is {tour!r}; it can be yes, only or no.")
    port = environ.get("FUNCTIONS_PORT", "")
    return Options(
        app_dir=given.app_dir.resolve(),
        folder=Path(environ.get("LOCAL_DIR", "") or ".local").resolve(),
        tour=Tour(tour),
        port=_whole("FUNCTIONS_PORT", port) if port else None,
        workers=_whole("FUNCTIONS_WORKER_PROCESS_COUNT", environ.get("FUNCTIONS_WORKER_PROCESS_COUNT", "") or "1"),
    )


def _whole(name: str, text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise WrongOption(f"{name} is {text!r}; it takes a positive whole number.")
    return int(text)
