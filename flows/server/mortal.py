"""``python -m flows.server.mortal MODULE WORDS``: runs a module, and dies at once when its parent has died.

Processes of ``rightsflow up`` are started so: when ``up`` is killed nothing of it stays, and the next one is alone with
the home. Linux alone tells a process of its parent's death (``prctl(2)``, ``PR_SET_PDEATHSIG``); elsewhere they stay.
"""

import ctypes
import os
import runpy
import signal
import sys

PARENT = "RIGHTSFLOW_PARENT"
"""Environment variable with the process that this one shall not outlive."""
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> bool:
    """Have this process killed when its parent dies; whether the machine does that."""
    if sys.platform != "linux":
        return False
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    return True


def main() -> None:
    """Tie this process to its parent, and become the module."""
    if die_with_parent() and os.getppid() != int(os.environ.get(PARENT, os.getppid())):
        raise SystemExit(1)  # it has died meanwhile
    os.environ.pop(PARENT, None)
    module, *words = sys.argv[1:]
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
