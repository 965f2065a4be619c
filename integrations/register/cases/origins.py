"""Programs and agents that make requests, their cases, and who wants to be told."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from data_contracts.case.origins import Agent, DoorProtocol, Origin
from data_contracts.doors.webhooks import Webhook
from integrations.register.store import Store
from integrations.register.tables import tables

_O = tables.case_origins.c
_A = tables.agents.c
_W = tables.webhooks.c


class OriginStore(Store):
    """The part of the register that knows where cases came from, and who wants to be told of them."""

    def put_origin(self, origin: Origin) -> Origin:
        """Keep where a case came from; the one that is kept, where there was one of that case already."""
        row = {
            "case_id": origin.case_id,
            "client": origin.client,
            "protocol": origin.protocol.value,
            "external_id": origin.external_id,
            "callback": origin.callback,
        }
        with self._database.write() as connection:
            connection.execute(self._insert(tables.case_origins).values(row).on_conflict_do_nothing())
        return self.origin(origin.case_id) or origin

    def origin(self, case_id: str) -> Origin | None:
        """Where the case came from; None for people."""
        return self._one_origin(_O.case_id == case_id)

    def origin_of(self, client: str, external_id: str) -> Origin | None:
        """The case that a client calls so; None when there is none."""
        return self._one_origin(sa.and_(_O.client == client, _O.external_id == external_id))

    def origins_of(self, client: str) -> list[Origin]:
        """Cases of a client, by name of the case."""
        own = sa.select(tables.case_origins).where(_O.client == client).order_by(_O.case_id)
        with self._database.read() as connection:
            return [_origin(row) for row in connection.execute(own)]

    def put_agent(self, agent: Agent) -> None:
        """Add an agent, or replace the one of that id."""
        facts = {
            "name": agent.name,
            "verify_key": agent.verify_key,
            "token_digest": agent.token_digest,
            "address": agent.address,
            "is_active": agent.is_active,
        }
        add = self._insert(tables.agents).values(agent_id=agent.agent_id, **facts)
        with self._database.write() as connection:
            connection.execute(add.on_conflict_do_update(index_elements=["agent_id"], set_=facts))

    def agent(self, agent_id: str) -> Agent | None:
        """The agent; None when there is none."""
        return next((agent for agent in self.agents() if agent.agent_id == agent_id), None)

    def agents(self) -> list[Agent]:
        """All agents by id."""
        with self._database.read() as connection:
            return [Agent(*row) for row in connection.execute(sa.select(tables.agents).order_by(_A.agent_id))]

    def put_webhook(self, webhook: Webhook) -> None:
        """Add a subscriber, or replace the one of that name."""
        facts = {
            "url": webhook.url,
            "client": webhook.client,
            "secret": webhook.secret,
            "states": list(webhook.states),
            "is_active": webhook.is_active,
        }
        add = self._insert(tables.webhooks).values(name=webhook.name, **facts)
        with self._database.write() as connection:
            connection.execute(add.on_conflict_do_update(index_elements=["name"], set_=facts))

    def webhook(self, name: str) -> Webhook | None:
        """The subscriber; None when there is none."""
        return next((webhook for webhook in self.webhooks() if webhook.name == name), None)

    def webhooks(self) -> list[Webhook]:
        """All subscribers by name."""
        with self._database.read() as connection:
            return [_webhook(row) for row in connection.execute(sa.select(tables.webhooks).order_by(_W.name))]

    def _one_origin(self, which: "sa.ColumnElement[bool]") -> Origin | None:
        with self._database.read() as connection:
            row = connection.execute(sa.select(tables.case_origins).where(which)).one_or_none()
        return None if row is None else _origin(row)


def _origin(row: Row[Any]) -> Origin:
    return Origin(row.case_id, row.client, DoorProtocol(row.protocol), row.external_id, row.callback)


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(row.name, row.url, row.client, bytes(row.secret), tuple(row.states), row.is_active)
