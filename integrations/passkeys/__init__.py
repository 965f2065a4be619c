"""Web Authentication, spoken by the library ``webauthn``."""
