"""What an operator fills in to register a request that came by letter, e-mail or telephone.

The server checks a form against its JSON Schema before a run exists; everything else is checked after the text was
sealed and wiped from Prefect's database, because an error of a Python validator would quote it there (law 1).
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class RequestForm(BaseModel):
    """A request as an operator types it. Sealed in the vault, then wiped from Prefect."""

    model_config = ConfigDict(hide_input_in_errors=True, extra="ignore")

    email: str = Field(default="", title="E-mail of the data subject", max_length=254, repr=False)
    customer_no: str = Field(default="", title="Customer number", max_length=60, repr=False)
    phone: str = Field(default="", title="Telephone", max_length=40, repr=False)
    name: str = Field(default="", title="Name, as the answer addresses it", max_length=200, repr=False)
    channel: Literal["letter", "email", "form", "api", "phone"] = Field(default="letter", title="How it came")
    received: str = Field(
        default="", title="Day of receipt (YYYY-MM-DD; empty: today)", pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"
    )
    language: Literal["fr", "en"] = Field(default="fr", title="Language of the answer")
    details: str = Field(default="", title="What the data subject writes", max_length=20000, repr=False)

    def identity(self) -> dict[str, list[str]]:
        """Identity keys that were filled in, by kind."""
        typed = {"email": self.email, "customer_no": self.customer_no, "phone": self.phone}
        return {kind: [value] for kind, value in typed.items() if value.strip()}

    @property
    def is_empty(self) -> bool:
        """Whether nobody is named."""
        return not self.identity() and not self.name.strip() and not self.details.strip()
