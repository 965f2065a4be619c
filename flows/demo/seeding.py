"""The demo company in a home that is no demo: for whoever starts everything without systems of their own."""

from collections.abc import Callable

from flows import wiring
from flows.demo.registers import enter_demo_registers
from flows.settings import settings

__all__ = ["seed_missing_systems"]


def seed_missing_systems(tell: Callable[[str], None], customers: int = 10_000) -> None:
    """Make the demo company's systems where one has no connection, and enter what its officer would have.

    Args:
        tell: told what is being made.
        customers: how many the company has.
    """
    installation = wiring.Installation(settings())
    is_demo = installation.is_demo_contracts
    try:
        missing = set(installation.contracts.systems) - set(installation.system_urls())
        if missing and is_demo:
            tell("making the demo company")
            installation.seed_demo(customers=customers, today=wiring.utc_now().date(), progress=tell)
    finally:
        installation.close()
    if is_demo:
        with wiring.opened():
            enter_demo_registers()
