"""SQL databases: any that SQLAlchemy knows, proven on PostgreSQL, MariaDB and SQLite."""
