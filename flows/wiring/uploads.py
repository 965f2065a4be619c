"""Documents that people hand in, looked at before they are kept."""

from integrations.intake.web.uploads import DocumentRefused, read_document

__all__ = ["DocumentRefused", "read_document"]
