"""How to talk to the world: adapters to the ports of ``data_contracts``; they do not know each other (Rightsflow)."""
