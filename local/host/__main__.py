"""``python -m local.host --app-dir DIR``: settings come from the environment, as in Azure."""

import argparse
import os
import sys
from pathlib import Path

from local.host.logs import log_to_stderr
from local.host.process import Arguments, main


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(prog="python -m local.host", description="Azure Functions on one machine")
    parser.add_argument("--app-dir", type=Path, required=True, help="the folder of function_app.py and host.json")
    parser.add_argument("--port", type=int, default=0, help="for HTTP on 127.0.0.1; a free one if not given")
    parser.add_argument("--worker-index", type=int, default=0, help="0 serves HTTP and timers; all take queue messages")
    parser.add_argument("--drain", type=float, default=20.0, help="seconds that running functions get to finish")
    parser.add_argument("--with-parent", action="store_true", help="end when the starting process is gone")
    given = parser.parse_args()
    return Arguments(given.app_dir.resolve(), given.port, given.worker_index, given.drain, given.with_parent)


if __name__ == "__main__":
    arguments = _arguments()
    log_to_stderr(os.environ.get("LOCAL_LOG_LEVEL", "INFO"), arguments.app_dir)
    # The promise that only this host's word about who is there reaches the functions, as authsettingsV2 makes in Azure.
    os.environ.setdefault("TRUST_CLIENT_PRINCIPAL", "AppServiceAuthentication")
    code = main(arguments, os.environ)
    sys.stderr.flush()
    sys.stdout.flush()
    # A thread of a function that did not finish in time would keep the interpreter from ending.
    os._exit(code)
