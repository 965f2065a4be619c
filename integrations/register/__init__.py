"""Our case database, the truth about every case (law 2), on SQLite or PostgreSQL.

:func:`upgrade` brings a database to the tables of this version, :class:`SqlRegister` is the port ``Register`` and the
port ``DataKeys`` over it, and :func:`memory_register` is the same register in memory, for tests and dry runs.
"""

from integrations.register.register import SqlRegister, memory_register
from integrations.register.schema import upgrade

__all__ = ["SqlRegister", "memory_register", "upgrade"]
