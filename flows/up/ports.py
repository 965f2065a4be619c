"""Where everything listens."""

from dataclasses import dataclass

__all__ = ["Ports"]


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens on this machine; 0: it is not served.

    Attributes:
        prefect: our door, behind which people open the Prefect UI.
        site: the pages that people come to.
        permissions: the API that other programs ask before they use data.
        desk: the operators' desk.
        metrics: figures for Prometheus.
    """

    prefect: int
    site: int = 0
    permissions: int = 0
    desk: int = 0
    metrics: int = 0

    @property
    def served(self) -> list[int]:
        """Those that are served."""
        every = (self.prefect, self.site, self.permissions, self.desk, self.metrics)
        return [port for port in every if port]
