"""A register that moves from one database to another."""

from integrations.register.copying import copy_tables
from integrations.register.moving import move_register, remove_moved

__all__ = ["copy_tables", "move_register", "remove_moved"]
