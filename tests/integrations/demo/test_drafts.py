"""A draft of the demo company's systems, beside the contracts that people wrote for them."""

from pathlib import Path
from typing import Any

import pytest

from data_contracts.odcs.drafts.drafting import draft_document
from data_contracts.odcs.folder import load
from data_contracts.odcs.marks import TODO
from integrations.demo import DemoCompany
from integrations.systems.drafting import look_at

_CONTRACTS = Path(__file__).parents[3] / "data_contracts"


def _blocks(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The ``dsr`` block of every column, empty for a bare key."""
    return {
        (table["name"], column["name"]): next((item["value"] for item in column.get("customProperties", [])), {})
        for table in document["schema"]
        for column in table["properties"]
    }


@pytest.mark.parametrize(
    ("system", "right"),
    [("crm", 20), ("billing", 6), ("marketing", 6), ("support", 9), ("weblogs", 4), ("adtech", 1)],
)
def test_draft_beside_the_contract(company: DemoCompany, system: str, right: int) -> None:
    """Nine of ten columns that people declared personal are proposed as personal, so many under the very category."""
    contract = load(_CONTRACTS).systems[system]
    blocks = _blocks(draft_document(look_at(company.urls[system])))

    told = {(t.name, c.name): c.category for t in contract.tables for c in t.columns if c.is_personal and c.category}
    proposed = {place: blocks[place].get("category", TODO) for place in told if blocks[place]}
    is_personal = [place for place in proposed if proposed[place] not in {TODO, "system.operations"}]

    assert len(is_personal) >= 0.9 * len(proposed)
    assert len([place for place in proposed if proposed[place] == told[place]]) >= right


@pytest.mark.parametrize("system", ["crm", "billing", "marketing", "support", "weblogs", "adtech"])
def test_no_search_key_of_others_is_proposed(company: DemoCompany, system: str) -> None:
    """What people declared to be about somebody else is never proposed as an identity."""
    contract = load(_CONTRACTS).systems[system]
    blocks = _blocks(draft_document(look_at(company.urls[system])))

    others = [(t.name, c.name) for t in contract.tables for c in t.columns if c.about != "subject"]

    assert [place for place in others if blocks[place].get("guess", {}).get("identity")] == []
