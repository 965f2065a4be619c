"""Which tables a trigger writes to, read from its text."""

import pytest

from integrations.systems.sql.live.trigger_bodies import Reader, Written

_HERE, _LOG, _ODD = ("public", "person"), ("audit", "log"), ("public", "Odd Name")
_READER = Reader(
    {_HERE, _LOG, _ODD, ("public", "log_old")}, {"note": "INSERT INTO audit.log VALUES (1)", "loop": "loop()"}
)


@pytest.mark.parametrize(
    ("body", "writes", "deletes"),
    [
        ("INSERT INTO audit.log VALUES (1)", {_LOG}, set()),
        ("insert\n  into  LOG (id) select 1", {_LOG}, set()),
        ('INSERT OR REPLACE INTO "Odd Name" VALUES (1)', {_ODD}, set()),
        ("REPLACE INTO `Odd Name` VALUES (1)", {_ODD}, set()),
        ("MERGE INTO ONLY [log] USING x", {_LOG}, set()),
        ("UPDATE audit . log SET a = 1", {_LOG}, set()),
        ("DELETE FROM ONLY log WHERE true", set(), {_LOG}),
        ("TRUNCATE TABLE log", set(), {_LOG}),
        ("PERFORM note(1); PERFORM loop()", {_LOG}, set()),
        ("CALL audit.note", {_LOG}, set()),
        ("SELECT count(*) INTO log_old FROM log", set(), set()),
        ("IF tg_op = 'INSERT' THEN RETURN new; END IF", set(), set()),
        ("-- INSERT INTO log\n/* UPDATE log SET a = 1 */ RETURN new", set(), set()),
        ("INSERT INTO person VALUES (1) ON CONFLICT DO UPDATE SET a = 1", {_HERE}, set()),
        ("INSERT INTO elsewhere.log VALUES (1)", set(), set()),
        ("INSERT INTO logs VALUES (1)", set(), set()),
    ],
)
def test_written_tables_are_read(body: str, writes: set[tuple[str, str]], deletes: set[tuple[str, str]]) -> None:
    """However a statement is written; what is only read, or stands in a comment, is none."""
    assert _READER.read(body, "public") == Written(frozenset(writes), frozenset(deletes))


@pytest.mark.parametrize(
    ("statement", "is_unclear"),
    [
        ("EXECUTE format('INSERT INTO %I VALUES (1)', name)", True),
        ("EXECUTE 'INSERT INTO ' || name", True),
        ("EXECUTE 'INSERT INTO log VALUES (1)'", False),
        ("EXECUTE 'SELECT 1' INTO x", False),
        ("CREATE TRIGGER t AFTER UPDATE ON person EXECUTE FUNCTION f()", False),
    ],
)
def test_statement_put_together_is_unclear(statement: str, *, is_unclear: bool) -> None:
    """Unless its table stands there in full, or it only reads."""
    assert _READER.read(f"BEGIN {statement}; END", "public").is_unclear is is_unclear


def test_arguments_name_a_table() -> None:
    """A function in another language is told where to write."""
    assert _READER.read("versioning", "public", r"sys_period\000audit.log\000true").writes == {_LOG}
