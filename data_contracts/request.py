"""What a data subject wrote, as it is sealed in the vault: the one shape that carries who they are.

Everything here is personal data: it lives in memory and in the vault, never in the register or in Prefect.
"""

from pydantic import BaseModel, ConfigDict, Field


class SubjectRequest(BaseModel):
    """The sealed content of a request.

    Errors of this model never quote what was typed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    identity: dict[str, list[str]] = Field(default_factory=dict, repr=False)
    """Values by identity kind of the vocabulary, as typed."""
    name: str = Field(default="", repr=False)
    """How the data subject is addressed."""
    reply_to: str = Field(default="", repr=False)
    """E-mail address for notices; empty: by post."""
    details: str = Field(default="", repr=False)
    """The letter's text, or what the form said, word for word."""

    def __str__(self) -> str:
        """Nothing about anybody."""
        return "SubjectRequest(sealed)"
