"""Keys of systems that ask us something, as digests."""

import sqlalchemy as sa

from data_contracts.doors.api_keys import ApiKey
from integrations.register.store import Store
from integrations.register.tables import tables

_A = tables.api_keys.c
_KEYS = sa.select(_A.name, _A.digest, _A.scopes, _A.valid_until, _A.is_active)


class ApiKeyStore(Store):
    """The part of the register that knows which systems may ask what."""

    def put_api_key(self, key: ApiKey) -> None:
        """Add a key, or replace the one of that name."""
        facts = {
            "digest": key.digest,
            "scopes": list(key.scopes),
            "valid_until": key.valid_until,
            "is_active": key.is_active,
        }
        add = self._insert(tables.api_keys).values(name=key.name, **facts)
        with self._database.write() as connection:
            connection.execute(add.on_conflict_do_update(index_elements=["name"], set_=facts))

    def api_key_of(self, digest: str) -> ApiKey | None:
        """The key with that digest; None when there is none."""
        with self._database.read() as connection:
            row = connection.execute(_KEYS.where(_A.digest == digest)).one_or_none()
        return None if row is None else _api_key(row)

    def api_keys(self) -> list[ApiKey]:
        """All keys by name."""
        with self._database.read() as connection:
            return [_api_key(row) for row in connection.execute(_KEYS.order_by(_A.name))]


def _api_key(row: "sa.Row[tuple[object, ...]]") -> ApiKey:
    name, digest, scopes, valid_until, is_active = row
    return ApiKey(name, digest, tuple(scopes), valid_until, is_active)
