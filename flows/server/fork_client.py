"""What a worker runs for a flow run: asks the process that has everything imported for a fork, and stands for it.

Run as ``python -S -I flows/server/fork_client.py``; it imports nothing of ours, so that it is there in 20 ms. The flow
run gets its environment, folder and output. A signal that comes here is passed on; when this process is killed, the
flow run is killed; it ends as the flow run ends. Where nobody forks, it becomes ``python -m prefect.engine`` itself.
"""

import array
import json
import os
import signal
import socket
import sys

ADDRESS = "RIGHTSFLOW_FORKING"
"""Environment variable that names the socket; none: nobody forks."""
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main() -> None:
    """Stand for one flow run."""
    asked = _ask()
    if asked is None:
        os.execv(sys.executable, [sys.executable, "-m", "prefect.engine"])  # noqa: S606  # our own interpreter
    status = _wait(asked)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status))


def _ask() -> "socket.socket | None":
    """A connection over which a flow run was asked for; None where nobody answers."""
    address = os.environ.get(ADDRESS, "")
    if not address:
        return None
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    wanted = json.dumps({"environment": dict(os.environ), "folder": os.getcwd()}).encode()  # noqa: PTH109  # pathlib takes as long as all the rest
    try:
        line.connect(address)
        # The words are too many for one packet: they go by a file that has no name.
        words = os.memfd_create("wanted")
        os.write(words, wanted)
        line.sendmsg([b"run"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2, words]))])
        os.close(words)
    except OSError:
        line.close()
        return None
    return line


def _wait(line: socket.socket) -> int:
    """The wait status of the flow run, once it has ended."""
    for number in _PASSED_ON:
        signal.signal(number, lambda number, _frame: line.send(str(int(number)).encode()))
    told = line.recv(64)
    if not told:
        os._exit(1)  # whoever forks has died, and the flow run with it
    return int(told)


if __name__ == "__main__":
    main()
