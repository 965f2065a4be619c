"""Documents for people: answer packages, reports, registers and dossiers in words."""

from dataclasses import dataclass

from data_contracts.company.company import Organisation
from data_contracts.company.contract import Contracts
from integrations.channels.package.package import AnswerPackage
from integrations.channels.reports.audit import AuditPages
from integrations.channels.reports.dossier import DossierPages
from integrations.channels.reports.incident import IncidentPages
from integrations.channels.reports.monthly import MonthlyPages
from integrations.channels.reports.pdf import ReportPages
from integrations.channels.reports.registers import RegisterPages

__all__ = ["Pages"]


@dataclass(frozen=True)
class Pages:
    """Documents of one organisation."""

    organisation: Organisation

    def package(self, contracts: Contracts) -> AnswerPackage:
        """The answer package of a case."""
        return AnswerPackage(contracts, self.organisation)

    @property
    def reports(self) -> ReportPages:
        """Reports as PDF."""
        return ReportPages(self.organisation)

    @property
    def audit(self) -> AuditPages:
        """Findings of audits in words."""
        return AuditPages(self.organisation)

    @property
    def incident(self) -> IncidentPages:
        """Incidents in words."""
        return IncidentPages(self.organisation)

    @property
    def monthly(self) -> MonthlyPages:
        """The monthly report in words."""
        return MonthlyPages(self.organisation)

    def registers(self, contracts: Contracts) -> RegisterPages:
        """Registers and the record of processing in words."""
        return RegisterPages(contracts, self.organisation)

    @property
    def dossier(self) -> DossierPages:
        """The dossier in words."""
        return DossierPages(self.organisation)
