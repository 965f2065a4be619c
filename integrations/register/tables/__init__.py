"""The register's tables; their shape is made by the migrations."""
