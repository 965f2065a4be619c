"""The mailbox: mails to the organisation are taken in, and those whose words say which right they exercise opened."""

from prefect import flow

from flows import wiring
from flows.operator.arrivals import read_once
from tasks.steps.step import guarded


@flow(name="mailbox", persist_result=False)
def mailbox() -> str:
    """Take in what waits in the mailbox; what nobody can tell waits for a person (``rightsflow arrivals``)."""
    with wiring.opened():  # one installation for the whole run
        return str(guarded(lambda _: read_once(), "read mailbox")(""))
