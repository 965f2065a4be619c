"""What operators prove themselves with: their passkeys, the organisation's sign-in, and gates decided by a touch."""
