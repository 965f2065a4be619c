"""Identities inside a column's value: which there are, and what is left when some are taken out or changed."""

import pytest

from data_contracts.inside.paths import Inside
from data_contracts.inside.values import KEPT, REMOVED, Fate, changed_inside, container_text, values_inside

_MEMBERS, _ITEMS = Inside("members"), Inside("items", separator=",")


def _json(path: str) -> Inside:
    return Inside("json", path)


def _xml(path: str) -> Inside:
    return Inside("xml", path)


@pytest.mark.parametrize(
    ("inside", "stored", "values"),
    [
        (_json("$"), '"a"', ["a"]),
        (_json("$"), " 7 ", ["7"]),
        (_json("$.user.email"), '{"user": {"email": "a"}}', ["a"]),
        (_json("$['e-mail']"), '{"e-mail": "a"}', ["a"]),
        (_json("$.to[*]"), '{"to": ["a", null, true, {"x": 1}, 33612345678, "b"]}', ["a", "33612345678", "b"]),
        (_json("$.to[*].mail"), '{"to": [{"mail": "a"}, "b", {"mail": "c"}]}', ["a", "c"]),
        (_json("$[1]"), '["a", "b"]', ["b"]),
        (_json("$[1]"), '{"1": "a"}', []),
        (_json("$.a"), '{"a": "x", "a": "y"}', ["x", "y"]),
        (_json("$.a"), '{"a": "\\u0061\\"b"}', ['a"b']),
        (_json("$.a"), '{"a": ""}', []),
        (_json("$.a[*]"), '{"a": {"b": "c"}}', []),
        (_json("$.a"), {"a": "x"}, ["x"]),
        (_json("$.a"), b'{"a": "x"}', ["x"]),
        (_json("$.a"), '{"a": "x"', []),
        (_json("$.a"), '{"a": "x"} y', []),
        (_json("$.a"), '{"a" "x"}', []),
        (_json("$.a"), '{a: "x"}', []),
        (_json("$.a"), '{"a": "x" "b": 1}', []),
        (_json("$.a"), '{"a": x}', []),
        (_json("$.a"), '{"a": "x",}', []),
        (_json("$.a"), "", []),
        (_json("$[0]"), "[" * 100_000, []),
        (_xml("/u/email"), "<u><email> a </email><email>b</email><name>c</name></u>", ["a", "b"]),
        (_xml("/u/email"), '<?xml version="1.0" encoding="ISO-8859-1"?><u><email>\xe9</email></u>', ["\xe9"]),
        (_xml("/u/*"), "<u><email><![CDATA[a]]>&amp;<b>c</b></email><x/></u>", ["a&c"]),
        (_xml("/n/email"), "<s:n xmlns:s='x'><s:email>a</s:email></s:n>", ["a"]),
        (_xml("/u/to/@mail"), """<u><to n="1" s:mail = 'a&lt;' xmlns:s="x"/><to/><cc mail="b"/></u>""", ["a<"]),
        (_xml("/u/@mail"), '<u mail="a">x</u><u mail="b"/>', ["a", "b"]),
        (_xml("/u"), "<u>a", []),
        (_xml("/u"), '<!DOCTYPE u [<!ENTITY e "a">]><u>&e;</u>', []),
        (_xml("/u"), "<u>&e;</u>", []),
        (_MEMBERS, '["a", null, ["b"], 7]', ["a", "b", "7"]),
        (_MEMBERS, ["a", None], ["a"]),
        (_MEMBERS, '{"a": "b"}', []),
        (_ITEMS, "a, b,,c ", ["a", "b", "c"]),
        (Inside("entries", "email"), '{"email": "a", "x": "b"}', ["a"]),
        (Inside("entries", "email"), [("email", "a"), ("email", "b"), ("x", 1)], ["a", "b"]),
    ],
)  # fmt: skip
def test_values_inside(inside: Inside, stored: object, values: list[object]) -> None:
    """Every identity at the place, in its order; what cannot be read holds none."""
    assert values_inside(inside, stored) == values


def _fate(value: str) -> Fate | str:
    fates: dict[str, Fate | str] = {"gone": REMOVED, "new": "N\"'<"}
    return fates.get(value, KEPT)


@pytest.mark.parametrize(
    ("inside", "stored", "left"),
    [
        (_json("$.a"), ' {"n" : 1.10 , "a":"gone","a":"b"}\n', ' {"n" : 1.10 , "a":null,"a":"b"}\n'),
        (_json("$.a"), '{"a": "new", "z": [], "y": {}}', '{"a": "N\\"\'<", "z": [], "y": {}}'),
        (_json("$.a[*]"), '{"a": [ "gone" , "b" , "gone" ]}', '{"a": [ "b" ]}'),
        (_json("$.a[*]"), '{"a": ["gone"]}', '{"a": []}'),
        (_json("$[*].m"), '[{"m": "gone", "x": 1}, {"m": "b", "x": 2}]', '[{"m": "b", "x": 2}]'),
        (_json("$[*].m[0]"), '[{"m": ["gone", "x"]}, {"m": ["b"]}]', '[{"m": ["b"]}]'),
        (_json("$[*].m"), '[{"m": "gone", "m": "b"}]', '[{"m": null, "m": "b"}]'),
        (_json("$.a"), '{"a": "gone"', '{"a": "gone"'),
        (_xml("/u/e"), "<?xml version='1.0'?><u><!-- c --><e>gone</e><e>b</e></u>",
         "<?xml version='1.0'?><u><!-- c --><e></e><e>b</e></u>"),
        (_xml("/u/@m"), "<u m='new' n=\"gone\"/>", "<u m='N&quot;&#x27;&lt;' n=\"gone\"/>"),
        (_xml("/u"), "<u>gone", "<u>gone"),
        (_MEMBERS, '["gone", ["gone"], "b"]', '[[null], "b"]'),
        (_ITEMS, "gone, b,gone", "b"),
        (_ITEMS, " b,new", " b,N\"'<"),
        (_ITEMS, "gone", ""),
        (Inside("entries", "e"), '{"e": "gone", "x": "gone"}', '{"e": null, "x": "gone"}'),
    ],
)  # fmt: skip
def test_changed_inside(inside: Inside, stored: str, left: str) -> None:
    """What is not meant stays sign by sign; what cannot be read stays whole."""
    assert changed_inside(inside, stored, _fate) == left


def test_a_number_stays_a_number() -> None:
    """A key that is a number in JSON becomes another number, or a text where it is none."""
    assert changed_inside(_json("$[*]"), "[12, 13]", lambda value: "14" if value == "12" else "x") == '[14, "x"]'


@pytest.mark.parametrize(("inside", "left"), [(_json("$.a"), '{"a": "***"}'), (_MEMBERS, "[]")])
def test_something_stands_for_what_is_no_member(inside: Inside, left: str) -> None:
    """Of a list a member goes; in a document a sign stands in its place."""
    stored = '{"a": "b"}' if inside.path else '["b"]'

    assert changed_inside(inside, stored, lambda _value: REMOVED, instead="***") == left


@pytest.mark.parametrize(
    ("inside", "is_understood"),
    [
        (_json("$"), True), (_json("$.a[*]['b c'][0]"), True), (_json("a"), False), (_json("$..a"), False),
        (_json("$.a["), False), (_json(""), False), (_xml("/a/*/@b-c"), True), (_xml("a"), False),
        (_xml("/a//b"), False), (_xml("/@b"), False),
        (_MEMBERS, True), (_ITEMS, True), (Inside("items"), False), (Inside("entries"), False),
        (Inside("entries", "a"), True),
    ],
)  # fmt: skip
def test_path_is_understood(inside: Inside, *, is_understood: bool) -> None:
    """A path that cannot be followed is told, and not taken for one that leads nowhere."""
    assert inside.is_understood is is_understood


def test_containers_are_looked_into_as_text() -> None:
    """Whatever a system gives, the same text stands for it."""
    assert container_text({"a": 1}) == '{"a": 1}'
    assert container_text([]) == "[]"
    assert container_text([("a", None)]) == '{"a": null}'
