"""Connectors: how we talk to the systems that hold personal data; :mod:`integrations.systems.kinds` lists them."""
