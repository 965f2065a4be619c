"""Where a live schema is not what the contract says."""

from dataclasses import replace

import pytest

from data_contracts.company.company import IdentityKind
from data_contracts.company.contract import Column, Reference, SystemContract, Table
from data_contracts.connectors.connecting import Container, Holds, LiveColumn, LiveReference, LiveSchema
from data_contracts.connectors.obstacles import Obstacle, ObstacleKind
from data_contracts.inside.paths import Inside
from data_contracts.officer.findings import FindingKind
from data_contracts.vocabulary import ColumnErasure, Follow, TableErasure
from tasks.rules.search.drift import Drift, Effect, drift, forbids
from tasks.rules.search.routes import plan_routes
from tests.tasks.rules.examples import a_column, a_key, a_reference, a_table, contracts_of


def _contract(erase: TableErasure = TableErasure.COLUMNS) -> SystemContract:
    columns = (
        Column("id", "integer", primary_key=True, required=True, is_personal=False),
        Column("email", "string", erase=ColumnErasure.CLEAR),
        Column("name", "string", required=True, erase=ColumnErasure.TOKEN),
    )
    product = Table("crm", "product", (Column("id", "integer", is_personal=False),), TableErasure.NONE)
    return SystemContract("crm", "CRM", "1", "acme", (Table("crm", "customer", columns, erase), product))


def _live(**changes: LiveColumn | None) -> LiveSchema:
    """The live schema of :func:`_contract`, with columns of ``customer`` changed, added or (None) taken away."""
    columns = {
        "id": LiveColumn("id", "INTEGER", nullable=False),
        "email": LiveColumn("email", "TEXT", nullable=True),
        "name": LiveColumn("name", "TEXT", nullable=False),
    }
    wanted = {name: column for name, column in {**columns, **changes}.items() if column is not None}
    return LiveSchema({"customer": wanted, "product": {"id": columns["id"]}}, primary_keys={"customer": ("id",)})


def test_schema_as_declared_has_no_drift() -> None:
    """Nothing is found when all is as the contract says."""
    assert drift(_contract(), _live()) == []


def test_missing_table_forbids_searching() -> None:
    """Law 6: a table that is not there is no table in which nothing was found."""
    found = drift(_contract(), replace(_live(), tables={"product": _live().tables["product"]}))

    assert [(f.table, f.column, f.effect) for f in found] == [("customer", "", Effect.FORBIDS_SEARCHING)]
    assert str(found[0]).startswith("crm.customer: the table is not in the live system. Remedy: create")


@pytest.mark.parametrize(
    ("name", "live", "effect"),
    [
        ("email", None, Effect.FORBIDS_SEARCHING),
        ("email", LiveColumn("email", "TEXT", nullable=False), Effect.FORBIDS_ERASING),
        ("name", LiveColumn("name", "TEXT", nullable=True), Effect.WARNING),
        ("phone", LiveColumn("phone", "TEXT", nullable=True), Effect.WARNING),
    ],
    ids=["missing column", "clear on NOT NULL", "required but nullable", "undeclared column"],
)
def test_column_drift_has_its_effect(name: str, live: LiveColumn | None, effect: Effect) -> None:
    """What a column's drift forbids depends on what the contract would do with it."""
    found = drift(_contract(), _live(**{name: live}))

    assert [(f.column, f.effect) for f in found] == [(name, effect)]


def test_nullable_key_is_no_drift() -> None:
    """SQLite says of a primary key that it takes NULL; nobody is harmed."""
    assert drift(_contract(), _live(id=LiveColumn("id", "INTEGER", nullable=True))) == []


@pytest.mark.parametrize(
    ("erase", "effect"), [(TableErasure.COLUMNS, Effect.FORBIDS_ERASING), (TableErasure.DELETE, Effect.WARNING)]
)
def test_other_primary_key_forbids_what_needs_it(erase: TableErasure, effect: Effect) -> None:
    """Law 7: rows that stay are told apart by their key when an erasure is proven."""
    found = drift(_contract(erase), replace(_live(), primary_keys={"customer": ("id", "name")}))

    assert [f.effect for f in found] == [effect]


def test_unknown_primary_key_is_not_judged() -> None:
    """A system that cannot tell its keys (Parquet) does not drift by it."""
    assert drift(_contract(), replace(_live(), primary_keys={})) == []


@pytest.mark.parametrize(
    ("target", "effects"),
    [("customer", [Effect.FORBIDS_ERASING]), ("product", [Effect.WARNING]), ("order", [])],
)
def test_undeclared_referrer_forbids_erasing(target: str, effects: list[Effect]) -> None:
    """Rows that refer to a person's row may be that person's; what refers to things only is told."""
    reference = LiveReference("loan", ("x",), target, ("id",))

    found = drift(_contract(), replace(_live(), references=(reference,)))

    assert [f.effect for f in found] == effects


def _referring(*own: Reference, personal: bool = True, erase: ColumnErasure | None = None) -> list[Drift]:
    """What is found where a live foreign key leads from the numbers of letters to customers."""
    customer, product = _contract().tables
    columns = (replace(customer.column("id"), erase=erase), *customer.columns[1:])
    words = Column("words", "string", is_personal=personal)
    letter = Table(
        "crm", "letter", (Column("no", "integer", is_personal=False), words), TableErasure.DELETE, references=own
    )
    contract = replace(_contract(), tables=(replace(customer, columns=columns), product, letter))
    live = {"no": LiveColumn("no", "INTEGER", nullable=True), "words": LiveColumn("words", "TEXT", nullable=True)}
    reference = LiveReference("letter", ("no",), "customer", ("id",))
    return drift(contract, replace(_live(), tables={**_live().tables, "letter": live}, references=(reference,)))


def test_foreign_key_that_the_contract_says_is_no_drift() -> None:
    """Whatever its direction: somebody thought of it."""
    assert _referring(Reference(("no",), "crm", "customer", ("id",))) == []


def test_foreign_key_that_the_contract_does_not_say_forbids_erasing() -> None:
    """Letters of hers would lose their reference unseen; a list of ours matters where the key itself changes."""
    (found,) = _referring()

    assert (found.table, found.column, found.effect) == ("letter", "no", Effect.FORBIDS_ERASING)
    assert "a foreign key (no) refers to `customer`" in found.what
    assert _referring(personal=False) == []
    assert len(_referring(personal=False, erase=ColumnErasure.TOKEN)) == 1


@pytest.mark.parametrize(
    ("change", "forbidden"),
    [
        ({"email": None}, [Effect.FORBIDS_SEARCHING, Effect.FORBIDS_ERASING]),
        ({"email": LiveColumn("email", "TEXT", nullable=False)}, [Effect.FORBIDS_ERASING]),
        ({"phone": LiveColumn("phone", "TEXT", nullable=True)}, []),
    ],
)
def test_what_cannot_be_searched_cannot_be_erased(
    change: dict[str, LiveColumn | None], forbidden: list[Effect]
) -> None:
    """Erasing needs everything that searching needs, and more."""
    found = drift(_contract(), _live(**change))

    acts = (Effect.FORBIDS_SEARCHING, Effect.FORBIDS_ERASING)
    assert [effect for effect in acts if forbids(found, effect)] == forbidden


@pytest.mark.parametrize(
    ("follow", "erase_child", "on_delete", "forbidden"),
    [
        (Follow.FROM, TableErasure.DELETE, "CASCADE", False),
        (None, TableErasure.DELETE, "CASCADE", True),
        (Follow.FROM, TableErasure.KEEP, "CASCADE", True),
        (None, TableErasure.DELETE, "SET NULL", False),
    ],
    ids=["the subject's own", "somebody else's", "kept by a hold", "no cascade"],
)
def test_cascade_that_takes_other_rows_forbids_erasing(
    follow: Follow | None, erase_child: TableErasure, on_delete: str, *, forbidden: bool
) -> None:
    """Law 8: the database must not delete by itself what nobody said is the data subject's."""
    to_customer = Reference(("id",), "crm", "customer", ("id",), frozenset({follow} if follow else ()))
    child = replace(_contract().tables[1], erase=erase_child, references=(to_customer,))
    contract = replace(_contract(TableErasure.DELETE), tables=(_contract(TableErasure.DELETE).tables[0], child))
    live = replace(_live(), references=(LiveReference("product", ("id",), "customer", ("id",), on_delete),))

    found = drift(contract, live)

    assert (Effect.FORBIDS_ERASING in {f.effect for f in found}) is forbidden


# --- what a search finds ------------------------------------------------------------------------------------------

KINDS = {"email": IdentityKind(normalise="email"), "phone": IdentityKind(normalise="phone"), "no": IdentityKind()}


def _held(identity: str, holds: Holds, *, normalised: bool = False) -> tuple[SystemContract, LiveColumn]:
    column = Column("key", "string", identity=identity, normalised=normalised)
    contract = SystemContract("crm", "CRM", "1", "acme", (Table("crm", "customer", (column,), TableErasure.DELETE),))
    return contract, LiveColumn("key", "TEXT[]", nullable=True, holds=holds)


@pytest.mark.parametrize(
    ("identity", "holds", "is_found"),
    [
        ("email", Holds.TEXT, True),
        ("email", Holds.BYTES, True),
        ("email", Holds.UNKNOWN, True),
        ("email", Holds.CONTAINER, False),
        ("email", Holds.NUMBER, False),
        ("email", Holds.MOMENT, False),
        ("email", Holds.BOOLEAN, False),
        ("phone", Holds.NUMBER, True),
        ("phone", Holds.UUID, False),
        ("no", Holds.UUID, True),
        ("no", Holds.MOMENT, True),
        ("no", Holds.CONTAINER, False),
        ("unheard of", Holds.NUMBER, True),
        ("unheard of", Holds.CONTAINER, False),
    ],
)
def test_a_type_that_holds_no_such_key_forbids_searching(identity: str, holds: Holds, *, is_found: bool) -> None:
    """Law 6: where a key can never match, nothing found would be a lie."""
    contract, column = _held(identity, holds)

    found = drift(contract, LiveSchema({"customer": {"key": column}}), KINDS)

    assert [f.effect for f in found] == ([] if is_found else [Effect.FORBIDS_SEARCHING])
    assert is_found or "the live column is text[]: an identity inside it is not found" in str(found[0])


@pytest.mark.parametrize(
    ("holds", "normalised", "indexed", "is_served"),
    [
        (Holds.TEXT, True, True, True),
        (Holds.TEXT, True, False, False),
        (Holds.TEXT, False, True, False),
        (Holds.NUMBER, False, True, True),
        (Holds.NUMBER, False, False, False),
    ],
)
def test_a_search_that_no_index_serves_is_told(
    holds: Holds, *, normalised: bool, indexed: bool, is_served: bool
) -> None:
    """A column that may hold any spelling is looked through; so is one without an index."""
    contract, column = _held("no", holds, normalised=normalised)
    indexes = {"customer": frozenset({"key"} if indexed else {"id"})}

    found = drift(contract, LiveSchema({"customer": {"key": column}}, indexed=indexes), KINDS)

    assert [f.effect for f in found] == ([] if is_served else [Effect.WARNING])
    assert is_served or "no index serves a search by `key`" in str(found[0])


@pytest.mark.parametrize("is_enforced", [True, False])
@pytest.mark.parametrize("loose", ["customer", "access", ""])
def test_a_loose_reference_without_a_foreign_key_is_told(loose: str, *, is_enforced: bool) -> None:
    """Where a collation ignores case, the database would take other rows for the same than a search does."""
    reference = Reference(("login",), "crm", "customer", ("login",))
    tables = (
        Table("crm", "customer", (Column("login", "string"),), TableErasure.DELETE),
        Table("crm", "access", (Column("login", "string"),), TableErasure.DELETE, references=(reference,)),
    )
    live = {
        t.name: {"login": LiveColumn("login", "TEXT", nullable=True, compares_loosely=t.name == loose)} for t in tables
    }
    known = (LiveReference("access", ("login",), "customer", ("login",)),) if is_enforced else ()

    found = drift(SystemContract("crm", "CRM", "1", "acme", tables), LiveSchema(live, known))

    assert [(f.table, f.effect) for f in found] == ([("access", Effect.WARNING)] if loose and not is_enforced else [])


def test_an_identity_that_is_not_there_is_told_once() -> None:
    """Of a missing column nothing else is said."""
    contract, _ = _held("email", Holds.TEXT)

    found = drift(contract, LiveSchema({"customer": {}}, indexed={"customer": frozenset()}), KINDS)

    assert [f.kind.value for f in found] == ["column_missing"]


def test_a_reference_into_another_system_is_loose_by_its_own_column() -> None:
    """No database can keep a reference that leaves it."""
    reference = Reference(("login",), "hr", "person", ("login",))
    table = Table("crm", "access", (Column("login", "string"),), TableErasure.DELETE, references=(reference,))
    live = LiveSchema({"access": {"login": LiveColumn("login", "TEXT", nullable=True, compares_loosely=True)}})

    assert [f.kind.value for f in drift(SystemContract("crm", "CRM", "1", "acme", (table,)), live)] == [
        "reference_loose"
    ]


@pytest.mark.parametrize(
    ("recipient", "shared", "forbidden"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_cascade_into_rows_of_several_people_forbids_erasing(*, recipient: bool, shared: bool, forbidden: bool) -> None:
    """Law 8: a message that names its sender and its recipient is not the sender's to take along."""
    references = [a_reference("sender", "customer"), *([a_reference("recipient", "customer")] if recipient else [])]
    columns = (a_key(), a_key("sender", primary_key=False), a_key("recipient", primary_key=False))
    message = a_table("message", *columns, references=tuple(references))
    pointing = a_reference("message_id", "message", follow=frozenset({Follow.TO}), shared=True)
    pin = a_table("pin", a_key("message_id"), references=(pointing,) if shared else ())
    account = a_table("customer", a_key(), a_column("no", identity="customer_no"), account="customer_no")
    contracts = contracts_of(account, message, pin)
    tables = {
        t.name: {c.name: LiveColumn(c.name, "TEXT", nullable=True) for c in t.columns} for t in contracts.tables()
    }
    live = LiveSchema(tables, references=(LiveReference("message", ("sender",), "customer", ("id",), "CASCADE"),))

    found = drift(contracts.systems["crm"], live, routes=plan_routes(contracts))

    assert (Effect.FORBIDS_ERASING in {f.effect for f in found}) is forbidden


_ARRAY, _DOC = (Holds.CONTAINER, Container.ARRAY), (Holds.CONTAINER, Container.JSON)
_XML, _MAP = (Holds.CONTAINER, Container.XML), (Holds.CONTAINER, Container.ENTRIES)
_TEXT, _UNKNOWN = (Holds.TEXT, Container.NONE), (Holds.UNKNOWN, Container.NONE)


@pytest.mark.parametrize(
    ("inside", "fits", "fits_not"),
    [
        (Inside("json", "$.a"), [_DOC, _TEXT, _UNKNOWN], [_ARRAY, _XML, _MAP, (Holds.BYTES, Container.NONE)]),
        (Inside("xml", "/a"), [_XML, _TEXT], [_DOC, _ARRAY, _MAP]),
        (Inside("members"), [_ARRAY, _DOC, _TEXT], [_XML, _MAP, (Holds.NUMBER, Container.NONE)]),
        (Inside("items", separator=","), [_TEXT, _UNKNOWN], [_ARRAY, _DOC, _XML, _MAP]),
        (Inside("entries", "a"), [_MAP, _TEXT], [_ARRAY, _DOC, _XML, (Holds.CONTAINER, Container.OTHER)]),
    ],
)
def test_a_container_is_searched_where_the_place_fits(
    inside: Inside, fits: list[tuple[Holds, Container]], fits_not: list[tuple[Holds, Container]]
) -> None:
    """Law 6: where nothing can lie inside so, nothing found would be a lie; else it is searched."""
    column = Column("key", "object", identity="email", inside=inside)
    contract = SystemContract("crm", "CRM", "1", "acme", (Table("crm", "box", (column,), TableErasure.DELETE),))

    for is_fit, shapes in ((True, fits), (False, fits_not)):
        for holds, container in shapes:
            live = LiveColumn("key", "T", nullable=True, holds=holds, container=container)
            found = drift(contract, LiveSchema({"box": {"key": live}}), KINDS)
            assert [f.effect for f in found] == ([] if is_fit else [Effect.FORBIDS_SEARCHING])
            assert is_fit or f"nothing lies inside it by `inside: {inside.kind}`" in str(found[0])


def test_a_container_without_a_place_names_the_remedy() -> None:
    """What lies inside an array is not found, and how to say where."""
    contract, column = _held("email", Holds.CONTAINER)

    (found,) = drift(contract, LiveSchema({"customer": {"key": column}}), KINDS)

    assert "say with `inside`" in found.remedy


def test_rows_with_a_key_inside_are_told_apart_by_the_live_key() -> None:
    """Law 8: by a key that the live table does not keep apart, strangers' rows would be found; no index serves."""
    column = Column("key", "array", identity="email", inside=Inside("members"))
    number = Column("id", "integer", primary_key=True, is_personal=False)
    table = Table("crm", "box", (number, column), TableErasure.DELETE)
    live = {"id": LiveColumn("id", "INTEGER", nullable=False), "key": LiveColumn("key", "TEXT", nullable=True)}
    contract = SystemContract("crm", "CRM", "1", "acme", (table,))

    schema = LiveSchema({"box": live}, primary_keys={"box": ("no",)}, indexed={"box": frozenset({"id"})})
    found = {f.effect: f for f in drift(contract, schema, KINDS)}

    assert "the live primary key is (no)" in found[Effect.FORBIDS_SEARCHING].what
    assert "in a table of their own" in found[Effect.WARNING].remedy


@pytest.mark.parametrize(
    ("live", "said"),
    [
        (LiveColumn("name", "TEXT", nullable=False, is_computed=True), "computes the column by itself"),
        (LiveColumn("name", "ENUM", nullable=False, holds=Holds.TEXT, labels=("f", "m")), "enumeration"),
        (LiveColumn("name", "BOOLEAN", nullable=False, holds=Holds.BOOLEAN), "has no form for boolean"),
    ],
)
def test_way_of_erasing_that_the_live_type_cannot_hold_forbids_erasing(live: LiveColumn, said: str) -> None:
    """Law 13: it is known before anybody asks, with the column named."""
    (found,) = drift(_contract(), _live(name=live))

    assert (found.column, found.effect) == ("name", Effect.FORBIDS_ERASING)
    assert said in found.what


def test_column_that_is_not_computed_after_all_must_say_how_it_is_erased() -> None:
    """`erase: computed` is no way to leave personal data where they are."""
    contract = _contract()
    columns = (*contract.tables[0].columns[:2], Column("name", "string", erase=ColumnErasure.COMPUTED))
    contract = replace(contract, tables=(replace(contract.tables[0], columns=columns), contract.tables[1]))

    (found,) = drift(contract, _live())

    assert (found.column, found.effect) == ("name", Effect.FORBIDS_ERASING)
    assert drift(contract, _live(name=LiveColumn("name", "TEXT", nullable=True, is_computed=True))) == []


@pytest.mark.parametrize("kind", ObstacleKind)
def test_whatever_is_in_the_way_of_a_table_forbids_searching_it(kind: ObstacleKind) -> None:
    """Law 6: what lies there may hold the data subject's rows; each is named, with its remedy."""
    live = replace(_live(), obstacles={"customer": (Obstacle(kind, "a/b.parquet", "Delta", "name"),)})

    (found,) = drift(_contract(), live)

    assert (found.table, found.column, found.effect) == ("customer", "name", Effect.FORBIDS_SEARCHING)
    assert found.about == "a/b.parquet"
    assert found.remedy


def test_of_what_cannot_be_read_no_column_is_missing() -> None:
    """A table of bad files alone is told once, and not column by column."""
    obstacle = Obstacle(ObstacleKind.COLUMNS_ALIKE, "", "Name, name")
    live = LiveSchema({**_live().tables, "customer": {}}, obstacles={"customer": (obstacle,)})

    (found,) = drift(_contract(), live)

    assert (found.effect, found.about) == (Effect.FORBIDS_SEARCHING, "Name, name")


# --- what is told, place by place ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "live", "kind"),
    [
        ("email", LiveColumn("email", "TEXT", nullable=False), FindingKind.CLEAR_REFUSED),
        ("name", LiveColumn("name", "TEXT", nullable=True), FindingKind.NULL_TAKEN),
        ("email", None, FindingKind.COLUMN_MISSING),
        ("phone", LiveColumn("phone", "TEXT", nullable=True), FindingKind.COLUMN_UNDECLARED),
        ("name", LiveColumn("name", "BOOLEAN", nullable=False, holds=Holds.BOOLEAN), FindingKind.ERASURE_UNFIT),
    ],
)
def test_drift_of_a_column_has_a_kind_a_sentence_and_a_remedy(
    name: str, live: LiveColumn | None, kind: FindingKind
) -> None:
    """The kind is what an audit counts, the sentence what a person reads."""
    (found,) = [one for one in drift(_contract(), _live(**{name: live})) if one.kind is kind]

    assert (found.system, found.table, found.column) == ("crm", "customer", name)
    assert found.what
    assert found.remedy


def test_drift_of_the_key_names_the_live_key() -> None:
    """Its columns in their order, and of what the contract says: whoever mends it needs both."""
    contract = _contract()
    found = drift(contract, replace(_live(), primary_keys={"customer": ("id", "name")}))

    assert [(one.kind, one.column, one.about) for one in found] == [(FindingKind.KEY_DIFFERS, "", "id, name")]
    assert "is (id, name), the contract says (id)" in found[0].what


@pytest.mark.parametrize(
    ("on_delete", "is_blocked"), [("", True), ("RESTRICT", True), ("NO ACTION", True), ("SET NULL", False)]
)
def test_row_of_somebody_else_that_blocks_is_told_by_its_table(on_delete: str, *, is_blocked: bool) -> None:
    """Law 13; a reference to a table that nobody declares before it changes nothing."""
    customer, product = _contract(TableErasure.DELETE).tables
    note = Table("crm", "note", (Column("who", "integer", is_personal=False),), TableErasure.NONE)
    contract = replace(_contract(), tables=(customer, product, note))
    live = {**_live().tables, "note": {"who": LiveColumn("who", "INTEGER", nullable=False)}}
    stray = LiveReference("stray", ("x",), "elsewhere", ("id",))
    reference = LiveReference("note", ("who",), "customer", ("id",), on_delete)

    found = drift(contract, replace(_live(), tables=live, references=(stray, reference)))

    told = [(one.table, one.column, one.effect, one.about) for one in found if one.kind is FindingKind.REFERENCE_BLOCKS]
    assert told == ([("customer", "", Effect.WARNING, "note")] if is_blocked else [])


def test_cascade_is_told_by_the_table_whose_rows_go_with_it() -> None:
    """Law 8: rows that must stay, and a reference of no declared table before it hides nothing."""
    customer, product = _contract(TableErasure.DELETE).tables
    letter = Table("crm", "letter", (Column("who", "integer", is_personal=False),), TableErasure.NONE)
    contract = replace(_contract(), tables=(customer, product, letter))
    live = {**_live().tables, "letter": {"who": LiveColumn("who", "INTEGER", nullable=True)}}
    others = (LiveReference("stray", ("x",), "customer", ("id",)), LiveReference("letter", ("who",), "stray", ("id",)))
    reference = LiveReference("letter", ("who",), "customer", ("id",), "CASCADE")

    found = drift(contract, replace(_live(), tables=live, references=(*others, reference)))

    told = [one for one in found if one.kind is FindingKind.CASCADE]
    assert [(one.table, one.column, one.effect, one.about) for one in told] == [
        ("customer", "", Effect.FORBIDS_ERASING, "letter")
    ]
    assert told[0].what.endswith("which must stay")
