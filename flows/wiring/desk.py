"""The operators' desk, and the pages of the data protection officer."""

from integrations.intake.desk.app import desk_app
from integrations.intake.desk.officer import officer_page

__all__ = ["desk_app", "officer_page"]
