"""Answer packages, unpacked for an operator."""

from integrations.channels.package.unpacking import unpack as unpack_package

__all__ = ["unpack_package"]
