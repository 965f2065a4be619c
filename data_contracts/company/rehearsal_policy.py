"""The part ``rehearsal`` of a policy: how orders are tried before people decide (law 13)."""

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from data_contracts.vocabulary import Right


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class RehearsalPolicy(_Strict):
    """How the orders of an act are tried before people decide (law 13)."""

    rights: list[Right] = Field(
        default_factory=lambda: [Right.ERASURE, Right.RECTIFICATION, Right.RESTRICTION, Right.OBJECTION]
    )
    """Rights whose orders are tried; of the others, what a system refuses is found out after people approved."""
    lock_seconds: PositiveInt = 5
    """The longest wait for a lock that another session holds."""
    total_seconds: PositiveInt = 300
    """The longest rehearsal in one system; its locks are held for no longer."""
