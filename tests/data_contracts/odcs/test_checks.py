"""One planted mistake at a time: what is wrong in the company of the other files."""

from pathlib import Path

import pytest

from data_contracts.odcs.folder import check
from tests.data_contracts.folder import (
    Change,
    Files,
    a_relationship,
    add,
    at,
    both,
    column,
    company,
    dsr,
    native,
    sla,
    write,
)

_OBSERVED = {"category": "user.behavior", "source": "observed"}


def _twice(system: str, kind: str) -> Change:
    def change(content: Files) -> None:
        places = content[system]["schema"] if kind == "table" else content[system]["schema"][1]["properties"]
        places.append(dict(places[-1]))

    return change


def _second_retention(**facts: object) -> Change:
    def change(content: Files) -> None:
        first = content["crm"]["slaProperties"][0]
        content["crm"]["slaProperties"].append({**first, "id": "second", "customProperties": dsr(**facts)})

    return change


def _same_retention_id(content: Files) -> None:
    first = content["crm"]["slaProperties"][0]
    second = {**first, "element": "ticket.at", "customProperties": dsr(then="delete")}
    content["crm"]["slaProperties"].append(second)


def _circle(content: Files) -> None:
    at("crm.household", erase="delete")(content)
    add("crm.household", "ticket_id", "integer", facts=None, relationships=[a_relationship("ticket.id")])(content)
    add("crm.ticket", "household_id", "integer", facts=None, relationships=[a_relationship("household.id")])(content)


def _strategy(name: str, **native_: object) -> Change:
    """The customer's e-mail, erased otherwise."""

    def change(content: Files) -> None:
        at("crm.customer.email", erase=name)(content)
        native("crm.customer.email", **native_)(content)

    return change


def _replaced(value: object, **native_: object) -> Change:
    """The customer's e-mail, masked by a constant of the contract's own."""

    def change(content: Files) -> None:
        at("crm.customer.email", erase="mask", replacement=value)(content)
        native("crm.customer.email", **native_)(content)

    return change


def _unshared(content: Files) -> None:
    column(content, "crm", "customer", "household_id")["relationships"] = [a_relationship("household.id")]
    at("crm.household.address", identity="email", assertion="confirmed")(content)


def _cleared_reference(content: Files) -> None:
    _unshared(content)
    facts = dsr(category="user.unique_id", source="derived", erase="clear")
    column(content, "crm", "customer", "household_id")["customProperties"] = facts


def _by_phone(assertion: str, *places: str) -> Change:
    """A telephone of the customer, or of the tables named."""
    facts = {"category": "user.contact.phone_number", "source": "provided", "identity": "phone", "assertion": assertion}
    return both(*(add(place, "tel", facts=facts) for place in places or ("crm.ticket",)))


def _cut_off(content: Files) -> None:
    column(content, "crm", "ticket", "customer_id")["relationships"] = [a_relationship("customer.id", follow="none")]
    add("crm.ticket", "text", facts=_OBSERVED)(content)


def _rectified(path: str, how: str = "declared") -> Change:
    return at(path, category="user.unique_id", source="derived", rectify=how)


def _rows_lost(content: Files) -> None:
    mail = {
        "category": "user.contact.email",
        "source": "provided",
        "identity": "email",
        "assertion": "confirmed",
        "rectify": "declared",
    }
    native("crm.ticket.id", primaryKey=None, relationships=[a_relationship("household.id")])(content)
    add("crm.ticket", "from", facts=mail)(content)


def _referring(how: str | None) -> Change:
    """A ticket that refers to its customer by the address, which is rectified."""
    facts = {"category": "user.contact.email", "source": "provided", "rectify": how}

    def change(content: Files) -> None:
        at("crm.customer.email", rectify="declared")(content)
        given = {key: value for key, value in facts.items() if value}
        add(
            "crm.ticket", "by_mail", facts=given, relationships=[a_relationship("customer.email", assertion="assigned")]
        )(content)

    return change


def _left_behind(content: Files) -> None:
    _referring(None)(content)


def _allowing(*values: str) -> Change:
    checks = [{"type": "library", "metric": "invalidValues", "arguments": {"validValues": list(values)}, "mustBe": 0}]
    return native("crm.customer.email", logicalTypeOptions={"maxLength": 3}, quality=checks)


def _purpose(**facts: object) -> Change:
    return company("vocabulary", "purposes", "contract", **facts)


def _party(**facts: object) -> Change:
    return company("vocabulary", "parties", "printer", **facts)


CRM, SHOP = "crm.odcs.yaml", "shop.odcs.yaml"


def _facts(*names: str, label: bool = True) -> Change:
    """Facts that may be asked, each a column with a label unless said otherwise."""

    def change(content: Files) -> None:
        company("policy", identity_facts=list(names))(content)
        for name in dict.fromkeys(names) if label else ():
            at(name, label={"en": "What"})(content)

    return change


def _space(**keys: str) -> Change:
    """A client space whose claims are these keys."""
    return company("organisation", client_space={"issuer": "https://x.example", "client_id": "us", "keys": keys})


def _two(**own: str) -> Change:
    """A client space, and operators who sign in at the same issuer."""

    def change(content: Files) -> None:
        _space(email="email")(content)
        company("organisation", operators_sign_in={"issuer": "https://x.example", **own})(content)

    return change


VOCABULARY, ORGANISATION, POLICY = "vocabulary.yaml", "organisation.yaml", "policy.yaml"
HEALTH = {"category": "user.health_and_medical", "source": "provided", "erase": "clear"}

MISTAKES = [
    # names
    ("same system twice", native("shop", id="crm"), CRM, "id", "another contract has the id"),
    ("unusable system id", native("shop", id="Shop"), SHOP, "id", "is not usable"),
    ("same table twice", _twice("shop", "table"), SHOP, "order", "the table is declared twice"),
    ("same column twice", _twice("crm", "column"), CRM, "ticket.agent", "the column is declared twice"),
    ("no column", native("crm.household", properties=[]), CRM, "household", "has no column"),
    ("key positions", native("crm.customer.id", primaryKeyPosition=2), CRM, "customer", "do not count 1, 2"),
    # words
    ("controller", at("crm", controller="nobody"), CRM, "", "the controller `nobody`"),
    ("controller that is a processor", at("crm", controller="printer"), CRM, "", "the controller `printer`"),
    ("controller of a table", at("crm.ticket", controller="nobody"), CRM, "ticket", "the controller `nobody`"),
    ("recipient", at("crm", recipients=["nobody"]), CRM, "", "the recipient `nobody`"),
    ("recipient of a table", at("crm.ticket", recipients=["nobody"]), CRM, "ticket", "the recipient `nobody`"),
    ("purpose of a table", at("crm.ticket", purposes=["resale"]), CRM, "ticket", "the purpose `resale`"),
    ("purpose", at("crm.ticket.at", purposes=["resale"]), CRM, "ticket.at", "the purpose `resale`"),
    ("hold of a table", at("shop.order", hold="forever"), SHOP, "order", "the hold `forever`"),
    ("hold", at("crm.customer.name", hold="forever"), CRM, "customer.name", "the hold `forever`"),
    ("hold of a retention", _second_retention(then="delete", hold="forever"), CRM, "second", "the hold `forever`"),
    ("identity kind", at("crm.customer.email", identity="mail"), CRM, "customer.email", "the identity kind `mail`"),
    # columns
    ("no category", at("crm.ticket.at", category=None), CRM, "ticket.at", "has no category"),
    ("category near a key", at("crm.ticket.at", category="user.behaviour"), CRM, "ticket.at", "not in fideslang"),
    ("category", at("crm.ticket.at", category="zzz"), CRM, "ticket.at", "not in fideslang"),
    ("no purpose", at("crm.ticket", purposes=None), CRM, "ticket.at", "has no purpose"),
    (
        "Art. 9 ground",
        add("crm.customer", "h", facts=HEALTH, classification="restricted"),
        CRM,
        "customer.h",
        "Art. 9(2)",
    ),
    (
        "Art. 9 classification",
        add("crm.customer", "h", facts=HEALTH),
        CRM,
        "customer.h",
        "not classified as restricted",
    ),
    (
        "third party disclosed",
        at("crm.ticket.agent", about="third_party", access="include"),
        CRM,
        "ticket.agent",
        "about a third party, but would be disclosed",
    ),
    ("employee disclosed", at("crm.ticket.agent", access=None), CRM, "ticket.agent", "about an employee, but would be"),
    ("searching by another person", at("crm.ticket.agent", identity="email"), CRM, "ticket.agent", "is searched by"),
    ("marker", at("crm.ticket.at", marker="art18"), CRM, "ticket.at", "but no boolean"),
    # identities
    ("identity no text", native("crm.customer.email", logicalType="integer"), CRM, "customer.email", "is no string"),
    ("normalised", at("crm.ticket.agent", normalised=True), CRM, "ticket.agent", "holds no identity"),
    (
        "kind nowhere used",
        company("vocabulary", "identities", phone={}),
        VOCABULARY,
        "identities.phone",
        "no column holds",
    ),
    (
        "kind no one can give",
        both(company("vocabulary", "identities", phone={"intake": False, "shared": False}), _by_phone("confirmed")),
        VOCABULARY,
        "identities.phone",
        "leads nowhere",
    ),
    ("table nobody reaches", _cut_off, CRM, "ticket", "no identity and no followed reference"),
    # references
    (
        "reference said in a word",
        native(
            "crm.ticket.customer_id",
            relationships=[{"to": "customer.id", "customProperties": [{"property": "dsr", "value": "from"}]}],
        ),
        CRM,
        "ticket.customer_id",
        "`dsr`",
    ),
    (
        "types",
        native("crm.ticket.customer_id", logicalType="string"),
        CRM,
        "ticket.customer_id",
        "is string, but refers",
    ),
    (
        "walk between people",
        add("crm.customer", "referred_by", "integer", facts=None, relationships=[a_relationship("customer.id")]),
        CRM,
        "customer.referred_by",
        "another",
    ),
    # erasure
    ("kept table without hold", at("shop.order", hold=None), SHOP, "order", "is kept, but names no hold"),
    ("kept column without hold", at("crm.customer.email", erase="keep"), CRM, "customer.email", "names no hold"),
    ("keyed hash without hold", at("crm.customer.email", erase="hmac"), CRM, "customer.email", "names no hold"),
    ("hold passed over", at("crm.ticket", hold="accounting_10y"), CRM, "ticket", "its rows are not kept by it"),
    ("no strategy", at("crm.customer.email", erase=None), CRM, "customer.email", "does not say how it is erased"),
    ("strategy never carried out", at("crm.ticket.at", erase="clear"), CRM, "ticket.at", "is never carried out"),
    ("forgotten table", at("crm.ticket", erase="none"), CRM, "ticket", "but holds personal data"),
    ("clear but required", native("crm.customer.email", required=True), CRM, "customer.email", "but it is required"),
    ("mask but unique", _strategy("mask", unique=True), CRM, "customer.email", "its values are unique"),
    ("mask without constant", _strategy("mask", logicalType="vector"), CRM, "customer.email", "has no constant"),
    (
        "replacement too long",
        _replaced("abc", physicalType="char(2)"),
        CRM,
        "customer.email",
        "has 3",
    ),
    ("replacement of no mask", at("crm.customer.email", replacement="x"), CRM, "customer.email", "is not masked"),
    (
        "replacement that is no value",
        _replaced("x", enum=[{"value": "f"}, {"value": "m"}]),
        CRM,
        "customer.email",
        "none of its valid values",
    ),
    (
        "replacement that fits no pattern",
        _replaced("x", logicalTypeOptions={"pattern": ".*@.*"}),
        CRM,
        "customer.email",
        "does not fit its pattern",
    ),
    (
        "replacement of another type",
        _replaced("x", logicalType="integer"),
        CRM,
        "customer.email",
        "is no integer",
    ),
    ("token has no form", _strategy("token", logicalType="boolean"), CRM, "customer.email", "no form for boolean"),
    (
        "hash has no form",
        at("crm.customer.ended_on", erase="hmac", hold="identity_5y"),
        CRM,
        "customer.ended_on",
        "no form for date",
    ),
    ("hash too long", _strategy("hmac", logicalTypeOptions={"maxLength": 31}), CRM, "customer.email", "writes 32"),
    (
        "key moved with a hold",
        at("crm.customer.id", erase="token", hold="identity_5y", category="user.unique_id", source="derived"),
        CRM,
        "customer.id",
        "takes no `hold`",
    ),
    (
        "key moved by a period",
        at("crm.customer.id", erase="token", category="user.unique_id", source="derived"),
        CRM,
        "customer.id",
        "by a retention period",
    ),
    (
        "key changed",
        at("crm.customer.household_id", erase="mask", category="user.unique_id", source="derived"),
        CRM,
        "customer.household_id",
        "would change a key",
    ),
    ("rows that stay refer", _unshared, CRM, "household", "which stay, refer to them"),
    ("circle", _circle, CRM, "household", "part of a circle"),
    (
        "no primary key",
        native("crm.customer.id", primaryKey=None, relationships=[a_relationship("household.id")]),
        CRM,
        "customer",
        "no primary key",
    ),
    # rectification
    ("supplement", at("crm.customer.ended_on", marker="supplement"), CRM, "customer.ended_on", "but is no string"),
    ("key rectified", _rectified("shop.order.no"), SHOP, "order.no", "changes the primary key"),
    ("identity without key", _rows_lost, CRM, "ticket.from", "in a table without primary key"),
    ("somebody else", at("crm.ticket.agent", rectify="proof"), CRM, "ticket.agent", "but it is about somebody else"),
    ("reference left behind", _left_behind, CRM, "ticket.by_mail", "refers to `crm.customer.email`"),
    ("pattern", native("crm.customer.email", logicalTypeOptions={"pattern": "("}), CRM, "customer.email", "no regular"),
    ("values", _allowing("M.", "Madame"), CRM, "customer.email", "allows 1 values that its own"),
    (
        "length",
        native("crm.customer.name", logicalTypeOptions={"minLength": 81}),
        CRM,
        "customer.name",
        "longer than the longest",
    ),
    # retention
    ("start unknown", sla("crm", element="customer.left_on"), CRM, "keep_name", "which is not declared"),
    ("start no date", sla("crm", element="customer.name"), CRM, "keep_name", "which is string"),
    ("same id", _same_retention_id, CRM, "keep_name", "two retention items have this id"),
    ("same hold", _second_retention(then="delete", hold="identity_5y"), CRM, "second", "clashes"),
    (
        "columns of rows",
        sla("shop", customProperties=dsr(then="columns", hold="accounting_10y")),
        SHOP,
        "keep_orders",
        "says `then: columns`",
    ),
    (
        "hold without end",
        sla("shop", customProperties=dsr(then="delete")),
        SHOP,
        "order",
        "no retention item says when",
    ),
    (
        "hold that ends elsewhere",
        at("crm.customer.email", hold="accounting_10y"),
        CRM,
        "customer.email",
        "with a start column of `customer`",
    ),
    (
        "shredding without a key",
        at("crm.ticket", erase="shred"),
        CRM,
        "ticket",
        "names no table of keys",
    ),
    (
        "shredding with a key that stays",
        at("crm.ticket", erase="shred", shred_key="customer"),
        CRM,
        "ticket",
        "names no table of keys",
    ),
    ("key of nothing", at("crm.ticket", shred_key="household"), CRM, "ticket", "but is not shredded"),
    # the company
    (
        "kinds a recipient knows",
        _party(art19={"via": "email", "to": "dpo@printer.example", "keys": ["email", "zzz"]}),
        VOCABULARY,
        "parties.printer",
        "told of data subjects by `zzz`",
    ),
    ("own party", company("vocabulary", "company", key="printer"), VOCABULARY, "company.key", "not in `parties`"),
    ("no own party", company("vocabulary", "company", key="zzz"), VOCABULARY, "company.key", "not in `parties`"),
    ("processor for nobody", _party(for_=None, **{"for": None}), VOCABULARY, "parties.printer", "`for` names no"),
    ("recipient for somebody", _party(role="recipient"), VOCABULARY, "parties.printer", "but says `for`"),
    ("transfer", _party(transfer=None), VOCABULARY, "parties.printer", "outside the EEA"),
    ("no country", _party(country="XX"), VOCABULARY, "parties.printer.country", "code of no country"),
    ("country in words", _party(country="France"), VOCABULARY, "parties.printer.country", "`country` is wrong"),
    ("basis", _purpose(basis="A6-1-g"), VOCABULARY, "purposes.contract.basis", "`basis` is not one of its values"),
    ("no law", _purpose(basis="A6-1-c"), VOCABULARY, "purposes.contract", "names no law"),
    ("no interest", _purpose(basis="A6-1-f"), VOCABULARY, "purposes.contract", "does not say which"),
    ("special ground", _purpose(special="A9-2-z"), VOCABULARY, "purposes.contract", "no ground of Art. 9(2)"),
    ("marketing", _purpose(direct_marketing=True), VOCABULARY, "purposes.contract", "is direct marketing"),
    (
        "hold without letter",
        company("vocabulary", "holds", "identity_5y", art17_3=None),
        VOCABULARY,
        "holds.identity_5y.art17_3",
        "`art17_3` is missing",
    ),
    (
        "hold without law",
        company("vocabulary", "holds", "identity_5y", law=" "),
        VOCABULARY,
        "holds.identity_5y",
        "no law",
    ),
    (
        "open end",
        company("vocabulary", "holds", "identity_5y", open_ended=True),
        VOCABULARY,
        "holds.identity_5y",
        "who ends it",
    ),
    (
        "unknown key",
        company("vocabulary", "holds", "identity_5y", leter="b"),
        VOCABULARY,
        "holds.identity_5y.leter",
        "`leter` is no key",
    ),
    (
        "profile of no country",
        company("organisation", countries={"XX": {}}),
        ORGANISATION,
        "countries.XX",
        "`XX` is the code of no country",
    ),
    ("no court", company("organisation", court={"fr": "le tribunal"}), ORGANISATION, "court", "in `en` which court"),
    (
        "no court in a country",
        company("organisation", countries={"BE": {"court": {"en": "the court"}}}),
        ORGANISATION,
        "countries.BE.court",
        "in `fr` which court",
    ),
    (
        "contact in no country",
        company("organisation", countries={"BE": {"dpo": {"name": "D", "address": {"lines": ["x"], "country": "XX"}}}}),
        ORGANISATION,
        "countries.BE.dpo.address.country",
        "code of no country",
    ),
    ("time zone", company("organisation", time_zone="Paris"), ORGANISATION, "time_zone", "is no time zone"),
    ("year end", company("organisation", financial_year_end="02-31"), ORGANISATION, "financial_year_end", "no day"),
    ("gate", company("policy", "gates", "erasure", mismatch=None), POLICY, "gates.erasure", "the gate `mismatch`"),
    ("no gates", company("policy", gates={"erasure": {}}), POLICY, "gates.access", "the gate `identity` of access"),
    ("methods", company("policy", "identity_methods", access=None), POLICY, "identity_methods", "enough for access"),
    (
        "no such fact",
        company("policy", identity_facts=["crm.customer.x"] * 2),
        POLICY,
        "identity_facts",
        "is no column",
    ),
    ("few facts", _facts("crm.customer.name"), POLICY, "identity_facts_needed", "2 facts must fit, and 1 can be"),
    (
        "fact without a label",
        _facts("crm.customer.name", "crm.customer.name", label=False),
        POLICY,
        "identity_facts",
        "has no label",
    ),
    ("unreached fact", _facts("crm.ticket.at", "crm.ticket.at"), POLICY, "identity_facts", "no key of a"),
    ("claim", _space(shoe="size"), ORGANISATION, "client_space.keys", "a claim is `shoe`"),
    ("one client", _two(client_id="us"), ORGANISATION, "operators_sign_in.client_id", "sign in to one client"),
    ("pale", company("organisation", colours={"light": "#eeeeee"}), ORGANISATION, "colours.light", "cannot be read"),
    ("dim", company("organisation", colours={"dark": "#222222"}), ORGANISATION, "colours.dark", "cannot be read"),
]


@pytest.mark.parametrize(("change", "file", "place", "what"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_mistake_is_told_where_it_is(tmp_path: Path, change: Change, file: str, place: str, what: str) -> None:
    """A planted mistake is named with file, place, line and remedy."""
    folder = write(tmp_path, change)

    faults = check(folder)

    told = [f for f in faults if what in f.what and f.file == file]
    assert place in [".".join(p for p in (f.table, f.field) if p) for f in told]
    assert all(f.remedy and f.line for f in told)


SOUND = [
    ("court as everywhere", company("organisation", countries={"BE": {"letters": {"place": {"fr": "Bruxelles"}}}})),
    (
        "open-ended hold",
        company("vocabulary", "holds", "accounting_10y", open_ended=True, note="until the lawsuit ends"),
    ),
    ("hold that ends elsewhere, for what is kept", at("crm.customer.email", erase="keep", hold="accounting_10y")),
    ("keyed hash for as long as its hold", at("crm.customer.email", erase="hmac", hold="accounting_10y")),
    ("pseudonym", _strategy("token", required=True)),
    ("shredding", at("crm.ticket", erase="shred", shred_key="household")),
    ("backups", at("crm", backups={"kept_days": 35})),
    ("public", at("crm.ticket", public=True)),
    ("mask", _strategy("mask", physicalType="text")),
    ("replacement", _replaced("nobody@example.org", physicalType="text")),
    ("integer and number", native("crm.ticket.customer_id", logicalType="number")),
    ("table of its own controller", at("crm.ticket", controller="acme", recipients=["printer"])),
    ("table without personal data", at("crm.ticket.at", category="system.operations", source=None)),
    ("key positions", native("crm.customer.id", primaryKeyPosition=1)),
    ("art. 18", add("crm.customer", "r", "boolean", facts={"category": "system.operations", "marker": "art18"})),
    ("rectified with what refers to it", _referring("declared")),
    ("values that fit", _allowing("M.", "Mme")),
    ("rectified by a document", at("crm.customer.email", rectify="corrective_document")),
    (
        "self-reference",
        add(
            "crm.customer",
            "by",
            "integer",
            facts=None,
            relationships=[a_relationship("customer.id", follow="none")],
        ),
    ),
    (
        "thread of a ticket",
        add("crm.ticket", "parent", "integer", facts=None, relationships=[a_relationship("ticket.id")]),
    ),
    (
        "special category",
        lambda content: [
            _purpose(special="A9-2-a")(content),
            add("crm.customer", "h", facts=HEALTH, classification="restricted")(content),
        ],
    ),
    (
        "cleared reference",
        _cleared_reference,
    ),
    ("two holds of one table", lambda content: [_second_retention(then="delete", hold="accounting_10y")(content)]),
    (
        "other custom properties",
        lambda content: content["crm"]["customProperties"].append({"property": "fides", "value": "x"}),
    ),
    ("client space", _space(email="email")),
    ("facts", _facts("crm.customer.name", "crm.customer.email")),
]


@pytest.mark.parametrize("change", [s[1] for s in SOUND], ids=[s[0] for s in SOUND])
def test_sound_set_has_no_fault(tmp_path: Path, change: Change) -> None:
    """What is allowed, also near a rule's edge, is not told as a fault."""
    folder = write(tmp_path, change)

    faults = check(folder)

    assert [str(f) for f in faults] == []
