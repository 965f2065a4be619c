"""What the library raises for bytes that are no certificate: some of it is neither ``ValueError`` nor ``TypeError``.

Source: the errors that ``cryptography.x509`` documents for reading a certificate, its key and its extensions.
"""

from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import (
    DuplicateExtension,
    ExtensionNotFound,
    InvalidVersion,
    UnsupportedGeneralNameType,
)

NO_CERTIFICATE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    InvalidVersion,
    DuplicateExtension,
    ExtensionNotFound,
    UnsupportedGeneralNameType,
)
"""Errors of reading a certificate, its key or its extensions."""
