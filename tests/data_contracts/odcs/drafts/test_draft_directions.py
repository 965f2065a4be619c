"""A draft proposes no way of following a reference that would lead to somebody else."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data_contracts.odcs.document import written
from data_contracts.odcs.drafts.companions import is_named_after, key_beside, type_beside
from data_contracts.odcs.drafts.drafting import draft_document
from data_contracts.odcs.drafts.guessing import Look
from data_contracts.odcs.drafts.reference_names import is_of_people, names_act
from data_contracts.odcs.drafts.shapes import DraftColumn, DraftReference, DraftSystem, DraftTable
from data_contracts.odcs.drafts.text import text_of
from data_contracts.odcs.folder import check
from data_contracts.odcs.reading.yaml_file import parse
from tests.data_contracts import folder

_ID = DraftColumn("id", "integer", key_position=1)
_USERS = DraftTable("users", (_ID, DraftColumn("email", "string", looks=frozenset({Look.EMAIL}))))


def _draft(*tables: DraftTable) -> dict[str, Any]:
    return draft_document(
        DraftSystem("crm", tables, {"server": "live", "type": "custom", "location": "sqlite:///x.db"})
    )


def _referring(table: str, *columns: str, to: str = "users", beside: tuple[str, ...] = ()) -> DraftTable:
    own = (_ID, *(DraftColumn(name, "integer") for name in columns), *(DraftColumn(name, "string") for name in beside))
    return DraftTable(table, own, tuple(DraftReference((name,), to, ("id",)) for name in columns))


def _blocks(document: dict[str, Any], table: str, column: str) -> list[dict[str, Any]]:
    """The ``dsr`` blocks of a column's relationships."""
    found = next(item for item in document["schema"] if item["name"] == table)
    own = next(item for item in found["properties"] if item["name"] == column)
    return [relation["customProperties"][0]["value"] for relation in own.get("relationships", [])]


def _dsr(document: dict[str, Any], table: str, column: str = "") -> dict[str, Any]:
    element: dict[str, Any] = next(item for item in document["schema"] if item["name"] == table)
    if column:
        element = next(item for item in element["properties"] if item["name"] == column)
    value: dict[str, Any] = element["customProperties"][0]["value"]
    return value


_ACTS = re.findall(
    r"\S+",
    """
    approved_by approvedBy approved_by_id ApprovedByUserId created_by createdby created_by_user_id updated_by
    modified_by last_modified_by assigned_to assignedTo assignee_id verified_by deleted_by handled_by author_id
    editor editor_id modified_user_id assigned_user_id user_created fk_user_author fk_user_modif reviewer
    moderator_id written_by
    cree_par créé_par modifie_par validéPar approuve_par assigne_a attribué_à auteur_id redacteur saisi_par supprimePar
    aangemaakt_door gewijzigdDoor goedgekeurd_door toegewezen_aan behandelaar_id verwijderd_door gecontroleerddoor
    erstellt_von geändert_von GeaendertVon genehmigt_durch bearbeiter_id zugewiesen_an gelöscht_von sachbearbeiter
    """,
)


@pytest.mark.parametrize("column", _ACTS)
def test_reference_that_names_an_act_is_never_followed_from(column: str) -> None:
    """Who approved, created or changed a row is not whom it is about."""
    (block,) = _blocks(_draft(_USERS, _referring("orders", column)), "orders", column)

    assert names_act(column)
    assert block["follow"] == "none"


@pytest.mark.parametrize("column", ["customer_id", "userId", "hobby_id", "standby", "town", "owner_id", "visavis"])
def test_other_names_are_no_acts(column: str) -> None:
    """A word that only looks alike is none."""
    assert not names_act(column)


def test_own_act_is_left_to_a_person() -> None:
    """What somebody ordered or paid may well be that person's: nothing is proposed."""
    (block,) = _blocks(_draft(_USERS, _referring("orders", "ordered_by")), "orders", "ordered_by")

    assert block["follow"] == "TODO"


def test_no_direction_is_the_default() -> None:
    """What refers to people, and what refers to that, is proposed; lists and texts about nothing are nobody's."""
    lists = DraftTable("genre", (_ID, DraftColumn("title", "string")))
    letters = DraftTable("letter", (_ID, DraftColumn("body", "string", looks=frozenset({Look.PROSE}))))
    document = _draft(
        _USERS,
        _referring("orders", "user_id"),
        _referring("lines", "order_id", to="orders"),
        lists,
        _referring("tracks", "genre_id", to="genre"),
        letters,
        _referring("scans", "letter_id", to="letter"),
    )

    found = {
        (table, column): _blocks(document, table, column)[0]["follow"]
        for table, column in [
            ("orders", "user_id"),
            ("lines", "order_id"),
            ("tracks", "genre_id"),
            ("scans", "letter_id"),
        ]
    }

    assert list(found.values()) == ["from", "from", "none", "none"]


@pytest.mark.parametrize(
    ("column", "to"),
    [
        ("address_id", "address"),
        ("home", "adressen"),
        ("payment_card_id", "card"),
        ("carte", "cartes"),
        ("foyer_id", "homes"),
    ],
)
def test_what_people_share_is_nobodys_by_proposal(column: str, to: str) -> None:
    """An address or a payment card pointed at may be several people's: neither direction is proposed."""
    shared = DraftTable(to, (_ID, DraftColumn("street", "string")))
    (block,) = _blocks(_draft(_USERS, shared, _referring("customer", column, to=to)), "customer", column)

    assert block == {"follow": "TODO"}


def test_what_each_has_alone_is_theirs() -> None:
    """Where nearly every row has an address of its own, it is followed; where many share few, it is asked."""
    home = DraftTable("homes", (_ID, DraftColumn("street", "string")))
    found = []
    for distinct in (90, 4):
        columns = (*_USERS.columns, DraftColumn("address_id", "integer", filled=100, distinct=distinct))
        users = DraftTable("users", columns, (DraftReference(("address_id",), "homes", ("id",)),))
        document = _draft(users, home)
        found.append((_blocks(document, "users", "address_id")[0]["follow"], _dsr(document, "homes")["erase"]))

    assert found == [("to", "columns"), ("none", "none")]


def test_address_that_somebody_owns_is_not_followed_from_whoever_uses_it() -> None:
    """The address is its customer's, the orders sent there need not be; what only refers to a list is nobody's."""
    address, cards = _referring("address", "user_id"), DraftTable("cards", (_ID,))
    orders = _referring("orders", "address_id", to="address")
    document = _draft(_USERS, address, orders, cards, _referring("visits", "card_id", to="cards"))

    assert _blocks(document, "address", "user_id")[0]["follow"] == "from"
    assert _blocks(document, "orders", "address_id")[0]["follow"] == "TODO"
    assert _blocks(document, "visits", "card_id")[0]["follow"] == "none"


def test_table_that_only_names_an_act_is_not_proposed_to_be_deleted() -> None:
    """Settings that somebody changed are nobody's."""
    settings = _referring("settings", "updated_by")

    assert _dsr(_draft(_USERS, settings), "settings") == {"erase": "none"}


def test_staff_is_followed_only_where_nobody_else_is_meant() -> None:
    """The employee whom a customer's visit names is not whom it is about; her shifts are about her."""
    staff = DraftTable("employee", (_ID, DraftColumn("last_name", "string")))
    columns = (_ID, DraftColumn("employee_id", "integer"), DraftColumn("user_id", "integer"))
    to_staff = DraftReference(("employee_id",), "employee", ("id",))
    visit = DraftTable("visit", columns, (to_staff, DraftReference(("user_id",), "users", ("id",))))
    document = _draft(_USERS, staff, visit, _referring("shift", "employee_id", to="employee"))

    assert _blocks(document, "visit", "employee_id")[0]["follow"] == "none"
    assert _blocks(document, "visit", "user_id")[0]["follow"] == "from"
    assert _blocks(document, "shift", "employee_id")[0]["follow"] == "from"


def _counted(name: str, filled: int, distinct: int) -> DraftColumn:
    return DraftColumn(name, "integer", filled=filled, distinct=distinct)


def test_course_of_a_teacher_is_the_pupils_by_counting() -> None:
    """Where few people serve many, a row that many of the many refer to is not about the one who serves."""
    pupil = DraftTable("pupil", (_counted("id", 300, 300), DraftColumn("first_name", "string", filled=300)))
    teacher = DraftTable("teacher", (_counted("id", 12, 12), DraftColumn("first_name", "string", filled=12)))
    course = DraftTable(
        "course", (_ID, _counted("teacher_id", 40, 12)), (DraftReference(("teacher_id",), "teacher", ("id",)),)
    )
    links = (DraftReference(("pupil_id",), "pupil", ("id",)), DraftReference(("course_id",), "course", ("id",)))
    enrolment = DraftTable("enrolment", (_ID, _counted("pupil_id", 900, 300), _counted("course_id", 900, 40)), links)
    document = _draft(pupil, teacher, course, enrolment)

    assert _blocks(document, "course", "teacher_id")[0]["follow"] == "none"
    assert _blocks(document, "enrolment", "pupil_id")[0]["follow"] == "from"
    assert _blocks(document, "enrolment", "course_id")[0]["follow"] == "none"


def test_act_of_many_is_asked() -> None:
    """Where those who wrote rows are many, the rows may be theirs: a person says it. Where they are few, they serve."""
    found = []
    for distinct in (60, 3):
        post = DraftTable(
            "post", (_ID, _counted("author_id", 80, distinct)), (DraftReference(("author_id",), "users", ("id",)),)
        )
        found.append(_blocks(_draft(_USERS, post), "post", "author_id")[0]["follow"])

    assert found == ["TODO", "none"]


def test_list_that_names_one_of_its_people_is_nobodys() -> None:
    """Many are in a department, which names its head."""
    columns = (*_USERS.columns, _counted("group_id", 60, 3))
    users = DraftTable("users", columns, (DraftReference(("group_id",), "groups", ("id",)),))
    groups = DraftTable(
        "groups", (_ID, DraftColumn("head_id", "integer")), (DraftReference(("head_id",), "users", ("id",)),)
    )
    document = _draft(users, groups)

    assert _blocks(document, "groups", "head_id")[0]["follow"] == "none"
    assert _dsr(document, "groups") == {"erase": "none"}


@pytest.mark.parametrize(
    ("column", "beside"),
    [
        ("owner_id", "owner_type"),
        ("commentableId", "commentableType"),
        ("object_id", "content_type_id"),
        ("resource_id", "resource"),
        ("objet_id", "type_objet"),
    ],
)
def test_polymorphic_pair_is_proposed_under_a_condition(column: str, beside: str) -> None:
    """No database declares what the type beside an id says: each table of people is asked about, with its condition."""
    columns = (_ID, DraftColumn(beside, "string"), DraftColumn(column, "integer"))
    document = _draft(_USERS, DraftTable("notes", columns), DraftTable("towns", (_ID,)))

    (block,) = _blocks(document, "notes", column)

    assert block == {"follow": "TODO", "when": {beside: "TODO"}}


def test_declared_polymorphic_pair_asks_for_its_condition() -> None:
    """A live foreign key beside a type holds in some rows alone too."""
    (block,) = _blocks(_draft(_USERS, _referring("notes", "owner_id", beside=("owner_type",))), "notes", "owner_id")

    assert block == {"follow": "TODO", "when": {"owner_type": "TODO"}}


def test_value_that_is_called_as_a_table_is_the_condition() -> None:
    """The texts beside say which value means the table."""
    columns = (_ID, DraftColumn("owner_type", "string", keys=("group", "user")), DraftColumn("owner_id", "integer"))
    document = _draft(_USERS, DraftTable("notes", columns))

    assert _blocks(document, "notes", "owner_id") == [{"follow": "TODO", "when": {"owner_type": ["user"]}}]
    assert _dsr(document, "notes", "owner_type") == {"category": "system.operations"}


def test_type_of_a_customer_is_no_condition() -> None:
    """``customer_type`` beside ``customer_id`` says what the customer is, not to what the row refers."""
    customers = DraftTable("customers", _USERS.columns)
    referring = _referring("orders", "customer_id", to="customers", beside=("customer_type",))
    loose = DraftTable("visits", (_ID, DraftColumn("customer_id", "integer"), DraftColumn("customer_type", "string")))
    document = _draft(customers, referring, loose)

    assert "when" not in _blocks(document, "orders", "customer_id")[0]
    assert _blocks(document, "visits", "customer_id") == []


def test_identity_among_keys_and_values_asks_for_its_condition() -> None:
    """An address in ``meta_value`` is one in some rows alone; a value that seems to be none is not asked about."""
    columns = (
        _ID,
        DraftColumn("meta_key", "string"),
        DraftColumn("meta_value", "string", looks=frozenset({Look.EMAIL})),
    )
    plain = DraftTable("options", (_ID, DraftColumn("name", "string"), DraftColumn("value", "string")))
    document = _draft(DraftTable("postmeta", columns), plain)

    assert _dsr(document, "postmeta", "meta_value")["when"] == {"meta_key": "TODO"}
    assert "when" not in _dsr(document, "options", "value")


def test_account_is_proposed_by_counting() -> None:
    """A number of ours tells accounts apart better than an address, where each stands in one row."""
    mail = DraftColumn("email", "string", looks=frozenset({Look.EMAIL}), filled=9, distinct=9)
    twice = DraftColumn("email", "string", looks=frozenset({Look.EMAIL}), filled=9, distinct=8)
    number = DraftColumn("customer_no", "string", looks=frozenset({Look.CODE}), unique=True)
    tables = {
        "users": (_ID, mail), "crm_customer": (_ID, number, mail), "patients": (_ID, twice), "mails": (_ID, mail),
        "members": (mail,), "agents": (_ID, mail),
    }  # fmt: skip
    document = _draft(*(DraftTable(name, columns) for name, columns in tables.items()))

    found = {table["name"]: _dsr(document, table["name"]).get("account") for table in document["schema"]}

    assert found == dict.fromkeys(tables) | {"users": "email", "crm_customer": "customer_no"}


def test_kinds_of_the_vocabulary_are_told() -> None:
    """Whether people share a kind is no part of a contract: the head of the draft shows what to write where."""
    looks = {"email": Look.EMAIL, "phone": Look.PHONE, "cookie_id": Look.TOKEN}
    columns = (_ID, *(DraftColumn(name, "string", looks=frozenset({look})) for name, look in looks.items()))

    head = text_of(_draft(DraftTable("visitor", columns))).split("apiVersion")[0]

    assert "#   phone: {normalise: phone, shared: true}\n" in head
    assert "#   email: {normalise: email, shared: TODO}\n" in head
    assert "vocabulary.yaml" not in text_of(_draft(DraftTable("town", (_ID,))))


def test_every_condition_is_a_mark_with_a_remedy(tmp_path: Path) -> None:
    """``contracts check`` tells what is open of conditions and directions, and the rest is ODCS."""
    contracts = folder.write(tmp_path)
    notes = _referring("notes", "owner_id", "address_id", beside=("owner_type",))
    draft = _draft(_USERS, notes) | {"id": "draft"}
    (contracts / "systems" / "draft.odcs.yaml").write_text(text_of(draft), "utf-8")

    told = {f"{fault.what}. {fault.remedy}" for fault in check(contracts) if fault.file == "draft.odcs.yaml"}

    for mark, remedy in [("when", "as a list"), ("follow", "or both or none")]:
        assert any(f"`{mark}` is still TODO" in said and remedy in said for said in told)
    assert written(parse(text_of(draft), file="draft.odcs.yaml")).faults == ()


@pytest.mark.parametrize(
    ("column", "names", "expected"),
    [
        ("value", ["attribute_id", "value"], "attribute_id"),
        ("meta_value", ["name", "meta_key", "meta_value"], "meta_key"),
        ("valeur", ["nom", "valeur"], "nom"),
        ("waarde", ["sleutel", "waarde"], "sleutel"),
        ("Wert", ["Merkmal", "Wert"], "Merkmal"),
        ("value_text", ["field", "value_text"], "field"),
        ("email", ["key", "email"], ""),
        ("value", ["amount", "value"], ""),
    ],
)
def test_key_beside_a_value_is_found(column: str, names: list[str], expected: str) -> None:
    """In four languages, the one that begins alike first."""
    assert key_beside(column, names) == expected


@pytest.mark.parametrize(
    ("column", "names", "expected"),
    [
        ("item_id", ["item_type", "item_id"], "item_type"),
        ("id_objet", ["type_objet", "id_objet"], "type_objet"),
        ("zielId", ["zielTyp", "zielId"], "zielTyp"),
        ("onderwerp_id", ["onderwerp_soort", "onderwerp_id"], "onderwerp_soort"),
        ("owner", ["owner_type", "owner"], ""),
        ("id", ["type", "id"], ""),
        ("seller_id", ["seller", "seller_id"], ""),
        ("object_id", ["content_type", "object_id"], "content_type"),
    ],
)
def test_type_beside_an_id_is_found(column: str, names: list[str], expected: str) -> None:
    """In four languages; a name beside an id says nothing of what it refers to."""
    assert type_beside(column, names) == expected


@pytest.mark.parametrize(
    ("column", "table", "expected"),
    [
        ("customer_id", "crm_customers", True),
        ("company_id", "companies", True),
        ("address_id", "addresses", True),
        ("process_id", "process", True),
        ("billing_address_id", "address", True),
        ("item_id", "order_items", False),
        ("owner_id", "users", False),
    ],
)
def test_column_called_after_its_table_is_known(column: str, table: str, *, expected: bool) -> None:
    """Whatever the number; a word for anything is no table's name."""
    assert is_named_after(column, table) is expected


def test_tables_of_people_are_known_by_their_last_word() -> None:
    """A customer's address is an address."""
    assert [is_of_people(name) for name in ("Customers", "auth_user", "customer_address", "klanten")] == [
        True,
        True,
        False,
        True,
    ]


def test_circle_of_references_ends() -> None:
    """Tables that refer to each other are proposed like others."""
    there, back = _referring("a", "b_id", to="b"), _referring("b", "a_id", to="a")
    people = replace(there, columns=(*there.columns, DraftColumn("first_name", "string")))
    document = _draft(people, back)

    assert (_blocks(document, "a", "b_id")[0]["follow"], _blocks(document, "b", "a_id")[0]["follow"]) == (
        "from",
        "from",
    )


def test_keys_that_are_few_become_cases() -> None:
    """Each key whose name tells what it is has a case of its own, the others one together; all is to be confirmed."""
    keys = ("billing_email", "session_tokens", "vat_number")
    columns = (_ID, DraftColumn("meta_key", "string", keys=keys), DraftColumn("meta_value", "string"))

    document = _draft(DraftTable("usermeta", columns))

    assert (_dsr(document, "usermeta")["erase"], "guess" in _dsr(document, "usermeta")) == ("columns", True)
    assert _dsr(document, "usermeta", "meta_value")["cases"] == [
        {
            "when": {"meta_key": ["billing_email"]},
            "guess": {"by": ["name"]},
            "category": "user.contact.email",
            "source": "provided",
            "erase": "clear",
        },
        {"when": {"meta_key": ["session_tokens", "vat_number"]}, "category": "TODO", "source": "TODO"},
    ]


def test_cases_of_a_draft_are_told_as_open(tmp_path: Path) -> None:
    """``contracts check`` names each mark of a case with its remedy."""
    contracts = folder.write(tmp_path)
    keys = ("billing_email", "vat_number")
    columns = (_ID, DraftColumn("meta_key", "string", keys=keys), DraftColumn("meta_value", "string"))
    draft = _draft(DraftTable("usermeta", columns)) | {"id": "draft"}
    (contracts / "systems" / "draft.odcs.yaml").write_text(text_of(draft), "utf-8")

    told = {f"{fault.what}. {fault.remedy}" for fault in check(contracts) if fault.file == "draft.odcs.yaml"}

    assert any("`source` is still TODO. write where its values come from" in one for one in told)
    assert any("`guess` is not confirmed" in one for one in told)


def test_all_keys_with_a_name_leave_no_other_case() -> None:
    """Where each key tells what it is, nothing is left to ask."""
    columns = (_ID, DraftColumn("meta_key", "string", keys=("billing_email",)), DraftColumn("meta_value", "string"))

    cases = _dsr(_draft(DraftTable("usermeta", columns)), "usermeta", "meta_value")["cases"]

    assert [case["when"] for case in cases] == [{"meta_key": ["billing_email"]}]
