"""A fresh proof by a passkey, bound to what is done with it."""
