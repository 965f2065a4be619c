"""Which ways of checking identity are enough for a case: its right, who asks, and how sensitive what it reaches is."""

from data_contracts.vocabulary import Right, Sensitivity
from tasks.case.sealed import typed_request
from tasks.rules.people.assurance import highest
from tasks.rules.people.eligibility import accepted_methods
from tasks.services import services


def ways_of(case_id: str) -> tuple[str, ...]:
    """Ways that are enough, the least intrusive first.

    Raises:
        SettingsInvalid: when the policy names none.
    """
    provided = services()
    right, requester = provided.register.case(case_id).right, typed_request(case_id).statement.requester
    return accepted_methods(provided.policy, right, requester, sensitivity=sensitivity_reached(right))


def sensitivity_reached(_right: Right) -> Sensitivity:
    """The most sensitive that the contracts declare: before anything is located, nobody knows what is there."""
    return highest(column.sensitivity for table in services().contracts.tables() for column in table.columns)
