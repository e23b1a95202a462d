"""Whether this Python is one that the pinned packages are made for; any Python 3 can ask."""

import sys

FIRST, LAST = (3, 11), (3, 13)

if not FIRST <= sys.version_info[:2] <= LAST:
    sys.exit(
        f"PYTHON: expected one of 3.11 to 3.13, found {sys.version_info[0]}.{sys.version_info[1]} "
        f"in {sys.executable}; the pinned packages are not made for it; install one of the others, "
        "or name it: `make setup PYTHON=python3.12`."
    )
