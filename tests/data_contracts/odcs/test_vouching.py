"""Who vouches for a key, under which condition it holds, which rows are accounts: one planted mistake at a time."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from data_contracts.odcs.folder import advice, check, load
from data_contracts.vocabulary import Assertion, Right
from tests.data_contracts.folder import (
    Change,
    Files,
    a_column,
    a_relationship,
    add,
    at,
    both,
    column,
    company,
    dsr,
    native,
    table,
    write,
)

CRM, SHOP, VOCABULARY = "crm.odcs.yaml", "shop.odcs.yaml", "vocabulary.yaml"
_GIVEN = {"category": "user.content", "source": "provided"}
_SIGN = {"category": "system.operations"}
_MAIL = {"category": "user.contact.email", "source": "provided", "identity": "email", "assertion": "self_asserted"}
_PHONE = {"category": "user.contact.phone_number", "source": "provided", "identity": "phone", "assertion": "confirmed"}
_KEY = {"category": "user.unique_id", "source": "derived", "identity": "number", "assertion": "assigned"}


def _kind(name: str, **facts: object) -> Change:
    return company("vocabulary", "identities", **{name: facts})


def _phone(place: str = "crm.ticket", *, shared: bool = True, intake: bool = True, **facts: object) -> Change:
    kind = _kind("phone", normalise="phone", shared=shared, intake=intake)
    return both(kind, add(place, "tel", facts={**_PHONE, **facts}))


def _reference(to: str, *, facts: Mapping[str, object] | None = None, **relation: object) -> Change:
    """A further reference of the ticket, to ``table.column``."""
    kind = "string" if to.endswith(("email", "address")) else "integer"
    return add(
        "crm.ticket",
        "other",
        kind,
        facts=None if facts is None else dict(facts),
        relationships=[a_relationship(to, **relation)],
    )


def _pair(*, follow: str = "from", **relation: object) -> Change:
    """A polymorphic association: the note is of a customer, a household or something else."""
    of = a_column("owner_id", "integer", facts=None)
    of["relationships"] = [a_relationship("customer.id", follow=follow, **relation)]
    kind = a_column("owner_type", facts=_SIGN)
    note = {
        "name": "note",
        "customProperties": dsr(erase="delete", purposes=["contract"]),
        "properties": [
            a_column("id", "integer", facts=None, primaryKey=True),
            kind,
            of,
            a_column("text", facts=_GIVEN),
        ],
    }
    return lambda content: content["crm"]["schema"].append(note)


def _eav(**facts: object) -> Change:
    """A table of keys and values, of which some are e-mail addresses."""
    value = a_column("meta_value", facts={**_MAIL, **facts})
    of = a_column("post_id", "integer", facts=None, relationships=[a_relationship("ticket.id", follow="both")])
    meta = {
        "name": "meta",
        "customProperties": dsr(erase="delete", purposes=["contract"]),
        "properties": [of, a_column("meta_key", facts=_SIGN), value],
    }
    return lambda content: content["crm"]["schema"].append(meta)


def _emptied(content: Files) -> None:
    """A list of towns that the household refers to, and that would be deleted with it."""
    town = {"name": "town", "customProperties": dsr(erase="delete"), "properties": []}
    town["properties"] = [a_column("id", "integer", facts=None, primaryKey=True), a_column("name", facts=_SIGN)]
    content["crm"]["schema"].append(town)


def _unsaid(content: Files) -> None:
    column(content, "crm", "ticket", "customer_id")["relationships"] = [{"to": "customer.id"}]


MISTAKES = [
    # who vouches
    ("identity of nobody", at("crm.customer.email", assertion=None), CRM, "customer.email", "who vouches for it"),
    ("assertion of nothing", at("crm.ticket.at", assertion="assigned"), CRM, "ticket.at", "says `assertion`, but"),
    ("condition of nothing", at("crm.ticket.at", when={"agent": "x"}), CRM, "ticket.at", "says `when`, but holds no"),
    ("country of nothing", at("crm.ticket.at", country="agent"), CRM, "ticket.at", "says `country`, but holds no"),
    ("no such word", at("crm.customer.email", assertion="vouched"), CRM, "customer.email", "not one of its values"),
    # countries
    ("country of an address", at("crm.customer.email", country="name"), CRM, "customer.email", "no kind of telephone"),
    ("country nowhere", _phone(country="land"), CRM, "ticket.tel", "from `land`, which is no other column"),
    ("country of itself", _phone(country="tel"), CRM, "ticket.tel", "from `tel`, which is no other column"),
    ("country no text", _phone(country="at"), CRM, "ticket.tel", "from `at`, which is no other column"),
    # kinds
    ("shared or not", _kind("phone", normalise="phone"), VOCABULARY, "identities.phone", "whether people share"),
    (
        "unique and shared",
        company("vocabulary", "identities", "email", shared=True),
        VOCABULARY,
        "identities.email",
        "one value for one person",
    ),
    (
        "kind that is stated",
        _phone(intake=False, assertion="self_asserted"),
        VOCABULARY,
        "identities.phone",
        "leads nowhere",
    ),
    (
        "kind of one table",
        _phone("crm.customer", shared=False, intake=False, erase="clear"),
        VOCABULARY,
        "identities.phone",
        "leads nowhere",
    ),
    (
        "kind of no account",
        both(_phone(shared=False, intake=False), add("crm.household", "tel", facts=_PHONE)),
        VOCABULARY,
        "identities.phone",
        "no account leads on by it",
    ),
    (
        "kind that is shared",
        both(_phone("crm.customer", intake=False, erase="clear"), add("crm.ticket", "tel", facts=_PHONE)),
        VOCABULARY,
        "identities.phone",
        "no account leads on by it",
    ),
    # references
    ("no direction", _unsaid, CRM, "ticket.customer_id", "does not say which way"),
    ("joined by an identity", _reference("customer.email"), CRM, "ticket.other", "it joins by an identity"),
    (
        "joined by what somebody typed",
        _reference("customer.id", facts=_GIVEN),
        CRM,
        "ticket.other",
        "not come from our programs",
    ),
    (
        "joined by a third party",
        _reference("customer.id", facts={**_GIVEN, "source": "third_party"}),
        CRM,
        "ticket.other",
        "not come from our programs",
    ),
    (
        "joined by what is no key",
        _reference("household.address", follow="to"),
        CRM,
        "ticket.other",
        "does not refer to a primary key",
    ),
    (
        "typed here, vouched there",
        _reference("customer.email", facts=_MAIL, assertion="assigned"),
        CRM,
        "ticket.other",
        "identity in this column is `self_asserted`",
    ),
    (
        "typed at the other end",
        both(_reference("customer.email", assertion="confirmed"), at("crm.customer.email", assertion="self_asserted")),
        CRM,
        "ticket.other",
        "identity in `customer.email` is `self_asserted`",
    ),
    # conditions
    (
        "condition nowhere",
        at("crm.customer.email", when={"kind": "x"}),
        CRM,
        "customer.email",
        "no other column of this table",
    ),
    (
        "condition on itself",
        at("crm.customer.email", when={"email": "x"}),
        CRM,
        "customer.email",
        "no other column of this table",
    ),
    (
        "condition of a reference",
        _reference("customer.id", when={"kind": "x"}),
        CRM,
        "ticket.other",
        "no other column of this table",
    ),
    ("condition in words", at("crm.customer.email", when="mail"), CRM, "customer.email", "valid dictionary"),
    (
        "condition without a value",
        at("crm.customer.email", when={"name": []}),
        CRM,
        "customer.email",
        "at least 1 item",
    ),
    ("polymorphic", _pair(), CRM, "note.owner_id", "`owner_type` says to what each row refers"),
    ("keys and values", _eav(), CRM, "meta.meta_value", "`meta_key` says what each value is"),
    # accounts
    ("no accounts", at("crm.customer", account=None), VOCABULARY, "identities", "no table of the contracts says"),
    (
        "account of no kind",
        at("crm.customer", account="login"),
        CRM,
        "customer",
        "no identity kind with `unique: true`",
    ),
    (
        "account many share",
        both(_phone("crm.customer", erase="clear"), at("crm.customer", account="phone")),
        CRM,
        "customer",
        "no identity kind with `unique: true`",
    ),
    ("account without its column", at("crm.ticket", account="email"), CRM, "ticket", "none of its columns holds"),
    (
        "account of two columns",
        add("crm.customer", "mail2", facts={**_MAIL, "erase": "clear"}),
        CRM,
        "customer",
        "several of its columns hold that identity: `email`, `mail2`",
    ),
    (
        "account without a key",
        native("crm.customer.id", primaryKey=None),
        CRM,
        "customer",
        "has no primary key to tell",
    ),
    # erasure
    ("list that is emptied", _emptied, CRM, "town", "no column of it is personal"),
]


@pytest.mark.parametrize(("change", "file", "place", "what"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_mistake_is_told_where_it_is(tmp_path: Path, change: Change, file: str, place: str, what: str) -> None:
    """A planted mistake is named with file, place, line and remedy."""
    faults = check(write(tmp_path, change))

    told = [f for f in faults if what in f"{f.field} {f.what}" and f.file == file]
    assert place in [".".join(p for p in (f.table, f.field) if p) for f in told]
    assert all(f.remedy and f.line for f in told)


def _stated_only(content: Files) -> None:
    """The ticket is reached by nothing but a reference that a customer typed."""
    relation = a_relationship("customer.id", assertion="self_asserted")
    column(content, "crm", "ticket", "customer_id")["relationships"] = [relation]


def _of_nobody(content: Files) -> None:
    """The notes are nobody's."""
    table(content, "crm", "note")["properties"][-1]["customProperties"] = dsr(**_SIGN)
    table(content, "crm", "note")["customProperties"] = dsr(erase="none")


def _numbered(content: Files) -> None:
    """The customer's key is an identity, and what refers to it says who wrote it."""
    _kind("number", unique=True)(content)
    at("crm.customer.id", **_KEY, erase="keep", hold="accounting_10y")(content)
    for system, name in (("crm", "ticket"), ("shop", "order")):
        relation = column(content, system, name, "customer_id")["relationships"][0]
        relation["customProperties"] = dsr(follow="from", assertion="assigned")


SOUND = [
    ("account that nobody confirmed", at("crm.customer.email", assertion="self_asserted")),
    ("unique kind that says it", company("vocabulary", "identities", "email", shared=False)),
    ("stated reference", _reference("customer.email", facts=_MAIL, assertion="self_asserted")),
    ("reference to somebody else", _reference("customer.email", facts=_MAIL, follow="none")),
    ("number with its country", both(add("crm.ticket", "land", facts=_GIVEN), _phone(country="land"))),
    ("polymorphic under a condition", _pair(when={"owner_type": ["customer", "Customer"]})),
    ("polymorphic that is left", both(_pair(follow="none"), _of_nobody)),
    ("keys and values under a condition", _eav(when={"meta_key": "billing_email"})),
    ("type of what the column is named after", add("crm.ticket", "customer_type", facts=_SIGN)),
    ("key of an account", both(_numbered, at("crm.customer", account="number"))),
    (
        "kind led to by an account",
        both(_phone("crm.customer", shared=False, intake=False, erase="clear"), add("crm.ticket", "tel", facts=_PHONE)),
    ),
    (
        "kind of the account that no request names",
        both(company("vocabulary", "identities", "email", intake=False), _phone("crm.customer", erase="clear")),
    ),
    (
        "several tables of accounts",
        both(add("crm.ticket", "mail", facts={**_MAIL, "assertion": "confirmed"}), at("crm.ticket", account="email")),
    ),
    ("keys that make others readable", both(_emptied, at("crm.ticket", erase="shred", shred_key="town"))),
]


@pytest.mark.parametrize("change", [s[1] for s in SOUND], ids=[s[0] for s in SOUND])
def test_sound_set_has_no_fault(tmp_path: Path, change: Change) -> None:
    """What is allowed, also near a rule's edge, is not told as a fault."""
    assert [str(f) for f in check(write(tmp_path, change))] == []


def test_stated_reference_alone_reaches_no_table(tmp_path: Path) -> None:
    """A table that only a typed reference leads to would be called empty: it is told (law 6)."""
    faults = check(write(tmp_path, _stated_only))

    assert [(f.table, f.what) for f in faults] == [
        ("ticket", "holds personal data, but no identity and no followed reference leads to it")
    ]


@pytest.mark.parametrize(
    ("customer", "ticket", "is_reached"),
    [("confirmed", "assigned", True), ("self_asserted", "assigned", False), ("confirmed", "self_asserted", False)],
)
def test_account_leads_by_vouched_keys_alone(tmp_path: Path, customer: str, ticket: str, *, is_reached: bool) -> None:
    """From the account a vouched key is searched in vouched columns; a typed one leads nowhere, at either end."""
    pin = {"category": "user.unique_id", "source": "derived", "identity": "pin"}
    change = both(
        _stated_only,
        _kind("pin", shared=False, intake=False),
        add("crm.customer", "pin", facts={**pin, "assertion": customer, "erase": "clear"}),
        add("crm.ticket", "pin", facts={**pin, "assertion": ticket}),
    )

    told = [f.table for f in check(write(tmp_path, change))]

    assert ("ticket" not in told) is is_reached


def test_remedies_remove_the_cause(tmp_path: Path) -> None:
    """The way to name accounts that the fault tells is one: with it the set has no fault."""
    (fault,) = check(write(tmp_path, at("crm.customer", account=None)))

    assert fault.remedy == "add e.g. `account: email` to the `dsr` of `customer` in crm.odcs.yaml"


def test_set_without_a_unique_kind_is_told_how_to_begin(tmp_path: Path) -> None:
    """Where no kind is unique the remedy shows what to write in three places."""
    kind = company("vocabulary", "identities", email={"normalise": "email", "shared": False})
    faults = check(write(tmp_path, kind, at("crm.customer", account=None)))

    assert ["`customer_no: {unique: true}`" in fault.remedy for fault in faults] == [True]


def test_what_is_vouched_is_read(tmp_path: Path) -> None:
    """Assertions, conditions and accounts come into the contract as they are written."""
    contracts = load(write(tmp_path, _eav(when={"meta_key": ["mail", True]}), _stated_reference))
    customer, meta = contracts.table("crm", "customer"), contracts.table("crm", "meta")

    assert customer.account_columns == (customer.column("email"),)
    assert (customer.column("email").is_vouched, meta.column("meta_value").is_vouched) == (True, False)
    assert [(w.column, w.values) for w in meta.column("meta_value").when] == [("meta_key", ("mail", "true"))]
    said = {r.columns[0]: (r.assertion, r.says_assertion) for r in contracts.table("crm", "ticket").references}
    assert said == {
        "customer_id": (Assertion.ASSIGNED, False),
        "other": (Assertion.SELF_ASSERTED, True),
    }


def _stated_reference(content: Files) -> None:
    _reference("customer.email", facts=_MAIL, assertion="self_asserted")(content)


def _contacts(*systems: str, ways: tuple[str, ...] = ("mail_link",)) -> Change:
    methods = {right.value: list(ways) for right in Right}
    return company("policy", contact_systems=list(systems), identity_methods=methods)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_contacts("crm"), "none of these systems has a column of e-mail addresses that you vouch for"),
        (both(_contacts("crm"), at("crm.customer.email", assertion="confirmed")), ""),
        (_contacts("crm", ways=("call_back",)), ""),
        (_contacts(), ""),
        (_contacts("elsewhere"), ""),
    ],
)
def test_contact_systems_without_an_address_are_advised_about(tmp_path: Path, change: Change, told: str) -> None:
    """It stops nothing: a person then checks each identity."""
    folder = write(tmp_path, both(at("crm.customer.email", assertion="self_asserted"), change))

    assert [str(f) for f in check(folder)] == []
    assert [told in f.what for f in advice(folder)] == ([True] if told else [])


def test_contact_system_that_is_none_is_advised_about(tmp_path: Path) -> None:
    """Beside a system that is known another name may be a mistake in writing; or of a system that is not there yet."""
    folder = write(tmp_path, both(at("crm.customer.email", assertion="confirmed"), _contacts("crm", "cmr")))

    assert [f.what for f in check(folder)] == []
    assert [f.what for f in advice(folder)] == ["`cmr` is the name of no system"]


def test_unreadable_set_is_not_advised_about(tmp_path: Path) -> None:
    """Where the set cannot be read there are faults, and nothing to advise."""
    folder = write(tmp_path)
    (folder / "vocabulary.yaml").write_text("company: [")

    assert advice(folder) == []
