"""Homes as earlier versions left them, each kept as a script that makes it (:mod:`tests.homes.making`)."""
