"""Makes the home of an earlier version; see :mod:`tests.homes.making`."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.homes.making import LANDED, make_home

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in LANDED and len(sys.argv) == 3:
        with TemporaryDirectory() as folder:
            sys.stdout.write(f"{make_home(sys.argv[1], Path(sys.argv[2]).absolute(), Path(folder))}\n")
    else:
        sys.exit(f"give a version ({', '.join(LANDED)}) and a folder")
