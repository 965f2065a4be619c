"""``rightsflow up``: the whole system on this machine until Ctrl-C."""

from flows.up.ports import Ports
from flows.up.starting import up

__all__ = ["Ports", "up"]
