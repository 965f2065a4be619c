"""How web applications are served: bounded connections, and proxies that are believed."""

from integrations.intake.web.connections import BoundedConnections
from integrations.intake.web.proxies import BehindProxies, read_networks

__all__ = ["BehindProxies", "BoundedConnections", "read_networks"]
