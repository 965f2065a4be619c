"""Time stamps of checkpoints (RFC 3161): asked of an authority, verified against the certificates that are trusted."""

from integrations.evidence.stamps.asking import Authority, authority_at
from integrations.evidence.stamps.checking import Reply, StampCheck, StampsSeen, check_of, look_at

__all__ = ["Authority", "Reply", "StampCheck", "StampsSeen", "authority_at", "check_of", "look_at"]
