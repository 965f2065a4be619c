"""A mail server on this machine, for a block."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller

from flows.server.machine import free_port


@contextmanager
def serving_mail(handler: object) -> Iterator[int]:
    """Serve mail while the block runs; the port.

    Args:
        handler: takes each message over, as aiosmtpd's handlers do.
    """
    port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port, ready_timeout=30)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
