"""The life of a case beside its act: turns, extension, withdrawal, refusal, archive."""
