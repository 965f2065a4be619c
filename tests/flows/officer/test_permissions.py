"""Charter 2.4: the ledger is asked before data are used or shared, about one data subject or a file of them."""

import csv
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from data_contracts.case.permissions import ALL_MARKETING, Stance
from data_contracts.errors import RequestInvalid
from flows.officer.key_files import answers_to, read_keys
from tasks.case.subject_keys import subject_keys_of
from tasks.officer.permissions import ask_about, ask_about_each, use_of
from tasks.officer.stances import COLUMNS, check_lines, enter_lines
from tasks.services import services
from tests.flows.company import House

ANA = {"email": ["ana@example.org"]}


def a_line(**values: str) -> dict[str, str]:
    """A line of a file of stances: Ana agreed to offers."""
    plain = dict.fromkeys(COLUMNS, "") | {"kind": "email", "value": "Ana@Example.org ", "purpose": "prospecting"}
    return plain | {"stance": "consented", "at": "2026-01-15T08:00:00+01:00"} | values


def enter(*lines: dict[str, str]) -> int:
    """Check and enter lines."""
    check_lines(lines, source="import:test")
    return enter_lines(lines, source="import:test")


def why(purpose: str = "prospecting", recipient: str = "") -> str:
    """The reason of the answer about Ana."""
    return ask_about(use_of(purpose, recipient), ANA).reason


@pytest.mark.usefixtures("house")
def test_nobody_who_never_agreed_gets_offers() -> None:
    """Silence is never a yes."""
    assert why() == "no_consent"


@pytest.mark.usefixtures("house")
def test_consent_that_marketing_holds_is_imported() -> None:
    """However the address is written, it is the same person; a file imported again changes nothing."""
    assert (enter(a_line()), enter(a_line())) == (1, 0)
    assert why() == "consented"


@pytest.mark.usefixtures("house")
def test_later_objection_wins() -> None:
    """Whichever was imported first."""
    enter(a_line(stance="objected", purpose=ALL_MARKETING, at="2026-02-01"))
    enter(a_line())

    assert why() == "objected"


@pytest.mark.usefixtures("house")
def test_partner_gets_nothing_without_information() -> None:
    """To agree to our offers is not to agree to a partner's."""
    enter(a_line())
    before = why(recipient="energypart")
    enter(a_line(stance="informed", purpose="", notice_version="2026-01"))

    informed = why(recipient="energypart")
    enter(a_line(recipient="energypart"))

    assert (before, informed, why(recipient="energypart")) == ("not_informed", "no_consent", "consented")


@pytest.mark.usefixtures("house")
def test_what_was_said_under_any_of_the_keys_counts() -> None:
    """A person is known by several."""
    enter(a_line(), a_line(kind="customer_no", value="C-77", stance="withdrawn", at="2026-02-01"))

    both = ask_about(use_of("prospecting"), ANA | {"customer_no": ["C-77"]})

    assert both.reason == "consent_withdrawn"


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("identity", [{}, {"email": ["no address"]}, {"shoe_size": ["43"]}])
def test_nobody_named_is_an_error(identity: dict[str, list[str]]) -> None:
    """Neither yes nor no; what was typed is not repeated."""
    with pytest.raises(RequestInvalid) as refused:
        ask_about(use_of("prospecting"), identity)

    assert "43" not in str(refused.value)


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"kind": "shoe_size"}, "kind is unknown"),
        ({"value": "no address"}, "value cannot be"),
        ({"purpose": "espionage"}, "purpose is none"),
        ({"recipient": "anybody"}, "recipient is no party"),
        ({"stance": "maybe"}, "stance is none of"),
        ({"purpose": ""}, "a consent names one purpose"),
        ({"stance": "informed"}, "notice_version is empty"),
        ({"at": "yesterday"}, "at is no moment"),
        ({"at": "2026-04-01"}, "at is no moment"),
        ({"source": "s" * 201}, "source is too long"),
    ],
)
def test_wrong_line_is_told_by_its_number(wrong: dict[str, str], told: str) -> None:
    """Nothing is entered, and no value is quoted."""
    with pytest.raises(RequestInvalid, match=rf"line 3: .*{told}"):
        enter(a_line(), a_line(**wrong))

    assert why() == "no_consent"


@pytest.mark.usefixtures("house")
def test_wrong_lines_are_told_in_numbers_that_can_be_read() -> None:
    """Twenty of a thousand."""
    with pytest.raises(RequestInvalid) as refused:
        enter(*[a_line(stance="maybe")] * 1000)

    assert refused.value.what.count("line ") == 20


def batches(*keys: str) -> Iterator[list[tuple[str, str]]]:
    """E-mail addresses, two at once."""
    for start in range(0, len(keys), 2):
        yield [("email", key) for key in keys[start : start + 2]]


@pytest.mark.usefixtures("house")
def test_each_key_is_answered_in_order() -> None:
    """What cannot be a key is answered with no."""
    enter(a_line())

    answers = ask_about_each(use_of("prospecting"), batches("bob@example.org", "ANA@example.org", "nobody"))

    assert [one.reason for part in answers for one in part] == ["no_consent", "consented", "key_invalid"]


@pytest.mark.usefixtures("house")
def test_unknown_kind_in_a_file_is_an_error() -> None:
    """A mistake of the file is not an answer about a person."""
    with pytest.raises(RequestInvalid, match="identity kind"):
        list(ask_about_each(use_of("churn"), [[("shoe_size", "43")]]))


def test_batch_takes_a_number_of_statements_that_does_not_depend_on_its_size(house: House) -> None:
    """Law 12: one about stances, one about restrictions."""
    list(ask_about_each(use_of("churn"), [[("email", "first@example.org")]]))  # keys are compared with their marks once
    statements: list[str] = []
    engine = house.installation.register._database._engine
    sa.event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    for _ in ask_about_each(use_of("churn"), [[("email", f"p{n}@example.org") for n in range(5000)]]):
        pass

    assert len([one for one in statements if one.startswith("SELECT")]) == 2


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_file_of_keys_is_read_in_order(tmp_path: Path, suffix: str) -> None:
    """Columns in any order, others left alone, numbers as they are written."""
    file = tmp_path / f"keys{suffix}"
    columns = {"value": ["0612", "a@b.org"], "other": ["x", "y"], "kind": ["phone", "email"]}
    if suffix == ".csv":
        file.write_text("\n".join(",".join(row) for row in [tuple(columns), *zip(*columns.values(), strict=True)]))
    else:
        pq.write_table(pa.table(columns), file)

    assert list(read_keys(file, ["email", "phone"])) == [[("phone", "0612"), ("email", "a@b.org")]]


def test_one_column_may_be_named_as_its_kind(tmp_path: Path) -> None:
    """What a mailing program exports."""
    file = tmp_path / "list.csv"
    file.write_text("email,first_name\na@b.org,Ana\n")

    assert list(read_keys(file, ["email", "phone"])) == [[("email", "a@b.org")]]


@pytest.mark.parametrize("text", ["", "first_name\nAna\n", "email,phone\na,b\n", "email\n\xff\n", 'email,x\n"a\n'])
def test_file_that_is_none_is_told_without_its_values(tmp_path: Path, text: str) -> None:
    """Law 1: errors name the file."""
    file = tmp_path / "list.csv"
    file.write_bytes(text.encode("latin-1"))

    with pytest.raises(RequestInvalid) as refused:
        list(read_keys(file, ["email", "phone"]))

    assert "Ana" not in str(refused.value)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_answers_appear_whole_or_not_at_all(tmp_path: Path, suffix: str) -> None:
    """Nobody takes half a file for all answers."""
    file = tmp_path / f"answers{suffix}"
    with suppress(RequestInvalid), answers_to(file) as answers:
        answers.write([True], ["consented"])
        raise RequestInvalid("broken off")
    assert list(tmp_path.iterdir()) == []

    with answers_to(file) as answers:
        answers.write([True], ["consented"])
        answers.write([False], ["objected"])

    rows = (
        pq.read_table(file).to_pylist() if suffix == ".parquet" else list(csv.DictReader(file.read_text().splitlines()))
    )
    assert [(str(r["line"]), r["may"], r["reason"]) for r in rows] == [
        ("1", "yes", "consented"),
        ("2", "no", "objected"),
    ]


@pytest.mark.usefixtures("house")
def test_ledger_holds_no_key_in_clear() -> None:
    """The register knows digests alone (law 1)."""
    enter(a_line())

    keys = [key.digest for key in subject_keys_of(ANA)]
    (entry,) = services().register.stances_of(keys)

    assert "ana" not in repr(entry)
    assert entry.stance is Stance.CONSENTED
