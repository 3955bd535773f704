"""``python -m local``: the whole product on this machine, the tour, then until Ctrl-C."""

import sys

from local.launcher.run import main

if __name__ == "__main__":
    sys.exit(main())
