"""What ``policy.yaml`` says of looking: how much the witness may take, and for which rights it looks."""

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from data_contracts.vocabulary import Right


class WitnessPolicy(BaseModel):
    """How the witness looks for keys beside the contracts, before and after an act (law 7)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    rights: list[Right] = Field(default_factory=lambda: [Right.ERASURE])
    """Rights whose cases have a witness; none: no erasure is ever *proven*."""
    place_seconds: PositiveInt = 120
    """The longest look at one table or file."""
    total_seconds: PositiveInt = 1800
    """The longest look at one system; the largest tables come last."""
    rows_per_second: NonNegativeInt = 0
    """The pace that is not exceeded; 0: none."""
