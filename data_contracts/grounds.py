"""Grounds that a person names by code: why a request is refused, why its answer takes longer.

The values are what is typed at a gate, kept in evidence and put into words for the data subject, so they never change.
"""

from enum import StrEnum


class RefusalGround(StrEnum):
    """Why a request is refused, in whole or in part (Art. 12(4))."""

    REFUSED_BY_PERSON = "refused_by_person"
    """No ground of this list: what the person writes says it."""
    MANIFESTLY_UNFOUNDED = "manifestly_unfounded"
    """Art. 12(5); the burden of showing it is the controller's."""
    EXCESSIVE = "excessive"
    """Art. 12(5), in particular because of its repetitive character; their number alone is not enough."""
    LEGAL_OBLIGATION = "legal_obligation"
    """Art. 17(3)(b)."""
    LEGAL_CLAIMS = "legal_claims"
    """Art. 17(3)(e)."""
    RIGHTS_OF_OTHERS = "rights_of_others"
    """Art. 15(4), 20(4)."""
    COMPELLING_GROUNDS = "compelling_grounds"
    """Art. 21(1)."""
    NOT_PORTABLE = "not_portable"
    """Art. 20(1)."""
    IDENTITY_FAILED = "identity_failed"
    """Art. 12(6), 12(2): who asks is not the data subject, or could not show it."""
    IDENTITY_NOT_PROVEN = "identity_not_proven"
    """Art. 12(6): no proof came in time."""
    STOPPED_AT_OLD_CONTACT = "stopped_at_old_contact"
    """Art. 12(6), 32(1): who is reached at the contact that was to be replaced says that it was not them."""


class ExtensionReason(StrEnum):
    """Why an answer may take two months longer; the law knows these two alone (Art. 12(3))."""

    COMPLEXITY = "complexity"
    NUMBER_OF_REQUESTS = "number_of_requests"
