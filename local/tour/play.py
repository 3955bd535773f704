"""Plays the steps in their order over each kind of connection, and prints what each does and what came of it."""

import os
import time
from pathlib import Path
from types import ModuleType

import requests
from azure.core.exceptions import AzureError

from local.tour import appointment, connect, mail_in, send_mail, survey, trace, watch
from local.tour.doors import DOORS
from local.tour.stage import Disappointed, Stage

# A step is a module with a TITLE and a function play(stage) -> what came of it; later ones build on earlier ones.
STEPS: tuple[ModuleType, ...] = (connect, send_mail, watch, mail_in, survey, appointment)

_FAILURES = (Disappointed, requests.RequestException, AzureError, OSError, KeyError, IndexError, ValueError)


def play(endpoints: Path) -> bool:
    """Whether all of it worked. It ends at the first step that did not: the others build on it."""
    print("\nThe tour", flush=True)
    steps = (*STEPS, trace) if trace.is_printed(os.environ) else STEPS
    with Stage.at(endpoints) as stage:
        for door in DOORS:
            print(f"\n Over {door.title}", flush=True)
            stage.enter(door)
            if not all(_played(number, step, stage) for number, step in enumerate(steps, 1)):
                print("\nThe tour did not come to its end.", flush=True)
                return False
    print(f"\nThe tour: all {len(steps)} steps worked over {len(DOORS)} kinds of connection.", flush=True)
    return True


def _played(number: int, step: ModuleType, stage: Stage) -> bool:
    print(f"  {number}. {step.TITLE}", flush=True)
    began = time.monotonic()
    try:
        outcome = step.play(stage)
    except _FAILURES as failure:
        _show(f"DID NOT WORK: {type(failure).__name__}: {failure}")
        return False
    _show(f"{outcome}\n({time.monotonic() - began:.1f} s)")
    return True


def _show(text: str) -> None:
    for line in text.splitlines():
        print(f"     {line}", flush=True)
