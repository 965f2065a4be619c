"""What notices say, in each language and form."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.company.company import Organisation
from data_contracts.errors import ContractInvalid, DeliveryUncertain, RequestInvalid, StepFailed, SystemUnavailable
from data_contracts.told.notices import KeptItem, Rendered, ToldItem
from data_contracts.vocabulary import NoticeKind, Right
from integrations.channels.post.memory import MemoryChannel
from integrations.channels.post.message import message_slug
from integrations.channels.templating import LANGUAGES, words
from integrations.channels.wording import put_into_words
from tests.integrations.channels.conftest import a_contact
from tests.integrations.channels.notices import a_notice, flat

EVERY = pytest.mark.parametrize("kind", list(NoticeKind))
EACH = pytest.mark.parametrize("language", LANGUAGES)
ACCOUNTS = KeptItem("billing", "invoice", 12, "C. com. L123-22", "Pièces comptables", "2036-12-31")


_OF_NO_REQUEST = frozenset({NoticeKind.INCIDENT, NoticeKind.SECURITY_WARNING})
"""Nobody asked for them."""


@EVERY
@EACH
def test_every_notice_tells_the_case(organisation: Organisation, kind: NoticeKind, language: str) -> None:
    """Each notice names the case, the right, the local day of receipt, the DPO and the authority, in both forms."""
    rendered = put_into_words(a_notice(kind, language=language), organisation)

    received = {"fr": "24 novembre 2026", "en": "24 November 2026", "nl": "24 november 2026"}[
        language
    ]  # 23:30 UTC is the next day in Paris
    right = {"fr": "droit à l’effacement", "en": "right to erasure", "nl": "recht op gegevenswissing"}[language]
    for form in (flat(rendered.text), flat(rendered.html)):
        for said in (
            "C-7K3M-9QXT",
            *([] if kind in _OF_NO_REQUEST else [received, right]),
            "dpo@telco.example",
            "CNIL",
        ):
            assert said in form
    assert "C-7K3M-9QXT" in rendered.subject


@EVERY
@EACH
@pytest.mark.parametrize("right", list(Right))
def test_every_right(organisation: Organisation, kind: NoticeKind, language: str, right: Right) -> None:
    """Each notice can be written for each right, found or not."""
    for found in (0, 1, 2):
        notice = a_notice(kind, language=language, right=right.value, found_rows=found, erased_rows=found)

        assert put_into_words(notice, organisation).text


@EVERY
@EACH
def test_hostile_names(organisation: Organisation, kind: NoticeKind, language: str) -> None:
    """A name is data: it is neither run as a template nor as HTML."""
    name = "Éloïse {{7*7}} <script>alert(1)</script>"

    rendered = put_into_words(a_notice(kind, language=language, recipient_name=name), organisation)

    assert name in flat(rendered.text)
    assert "<script>" not in rendered.html
    assert "{{7*7}}" in rendered.html
    assert "49" not in rendered.html.partition("</p>")[0]


@pytest.mark.parametrize("name", ["", "Visit https://evil.example", "www.evil.example", "x" * 500])
def test_names_that_are_none(organisation: Organisation, name: str) -> None:
    """Nobody can make us send their advertisement to others as the name we greet with."""
    rendered = put_into_words(a_notice(recipient_name=name), organisation)

    assert rendered.text.startswith("Bonjour,")
    assert "evil" not in rendered.html


@pytest.mark.parametrize("name", ["Marie\r\nBcc: all@example.org", "Marie\x00"])
def test_name_injection(organisation: Organisation, name: str) -> None:
    """A name with a control character is refused, and not quoted."""
    with pytest.raises(RequestInvalid) as caught:
        put_into_words(a_notice(recipient_name=name), organisation)

    assert "Marie" not in str(caught.value)


@EACH
def test_a_refusal_tells_all_three(organisation: Organisation, language: str) -> None:
    """A refusal tells reasons, complaint and judicial remedy (Art. 12(4))."""
    notice = a_notice(NoticeKind.REFUSAL, language=language, reason_text="Because <of> this.\nAnd that.")

    rendered = put_into_words(notice, organisation)

    assert words(language)["reasons"]["identity_failed"] in flat(rendered.text).replace(" ;", "\u00a0;")
    for form in (flat(rendered.text), flat(rendered.html).replace("&lt;", "<").replace("&gt;", ">")):
        for said in ("Because <of> this.", "And that.", "CNIL", "cnil.fr", organisation.court[language]):
            assert said in form


@pytest.mark.parametrize("reasons", [(), ("refused_by_person",), ("unheard_of",)])
def test_a_refusal_without_reasons(organisation: Organisation, reasons: tuple[str, ...]) -> None:
    """A refusal whose reasons nobody could understand is not written."""
    with pytest.raises(StepFailed, match="reason"):
        put_into_words(a_notice(NoticeKind.REFUSAL, reasons=reasons), organisation)


def test_an_extension_without_reasons(organisation: Organisation) -> None:
    """More time is told with its reasons, or not at all (Art. 12(3))."""
    with pytest.raises(StepFailed, match="extension gives no reason"):
        put_into_words(a_notice(NoticeKind.EXTENSION, ground="unheard_of"), organisation)


@EACH
def test_what_was_not_done_comes_with_its_remedies(organisation: Organisation, language: str) -> None:
    """A refusal of a part tells the remedies as one of the whole does (Art. 12(4))."""
    refused = a_notice(NoticeKind.OBJECTION_DONE, language=language, not_done=(ToldItem("Prix", why="not_objectable"),))

    text = flat(put_into_words(refused, organisation).text)

    assert words(language)["reasons"]["not_objectable"] in text
    assert organisation.court[language] in text
    with pytest.raises(ContractInvalid, match=r"12\(4\)"):
        put_into_words(refused, organisation.model_copy(update={"court": {}}))


@pytest.mark.parametrize("lacking", [{"court": {}}, {"court": {"en": "x"}}, {"authority": a_contact(" ")}])
def test_a_refusal_without_remedies(organisation: Organisation, lacking: dict[str, object]) -> None:
    """A refusal that lacks the complaint or the judicial remedy is not written."""
    with pytest.raises(ContractInvalid, match=r"12\(4\)"):
        put_into_words(a_notice(NoticeKind.REFUSAL), organisation.model_copy(update=lacking))


@EACH
def test_what_was_kept(organisation: Organisation, language: str) -> None:
    """An erasure tells what was kept, by which law and until when, and what was handled by hand (Art. 17(3))."""
    more = KeptItem("billing", "Lignes de facture", 30, ACCOUNTS.law, ACCOUNTS.label, ACCOUNTS.until)
    by_hand = ("Archives papier",)

    notice = a_notice(NoticeKind.ERASURE_DONE, language=language, kept=(ACCOUNTS, more), erased_rows=3, by_hand=by_hand)
    text = flat(put_into_words(notice, organisation).text)

    until = {"fr": "jusqu’au 31 décembre 2036", "en": "until 31 December 2036", "nl": "tot en met 31 december 2036"}
    kept = {"fr": "42 entrées dans billing", "en": "42 entries in billing", "nl": "42 regels in billing"}
    tables = f"{kept[language]} (invoice, Lignes de facture)"
    for said in ("Pièces comptables", "C. com. L123-22", until[language], tables, "Archives papier"):
        assert said in text


@pytest.mark.parametrize(("until", "said"), [("per_row", "son propre délai"), ("", "la loi l’exige")])
def test_holds_without_a_day(organisation: Organisation, until: str, said: str) -> None:
    """A hold without a day of its own still tells how long."""
    item = KeptItem("billing", "invoice", 1, "C. com. L123-22", "", until)

    rendered = put_into_words(a_notice(NoticeKind.ERASURE_DONE, kept=(item,)), organisation)

    assert said in flat(rendered.text)


@pytest.mark.parametrize(
    ("asked", "first"),
    [("en-GB", "Hello"), ("fr_FR", "Bonjour"), ("nl-BE", "Goedendag"), ("de", "Bonjour"), ("", "Bonjour")],
)
def test_languages(organisation: Organisation, asked: str, first: str) -> None:
    """A language we have no words for falls back to the profile's first."""
    assert put_into_words(a_notice(language=asked), organisation).text.startswith(first)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_word_lists_match(language: str) -> None:
    """Each language has words for the same codes; of categories, English shows the taxonomy's own names."""
    assert _codes(words(language)) == _codes(words("en"))


def _codes(said: dict[str, Any]) -> set[tuple[str, ...]]:
    """Paths of all that has words."""
    found: set[tuple[str, ...]] = set()
    for section, entries in said.items():
        keys = entries if isinstance(entries, dict) else range(len(entries))
        found |= {(section, str(key)) for key in keys if section != "categories"}
    return found


def test_authority_is_that_of_the_country(organisation: Organisation) -> None:
    """Who lives in Belgium is told of its authority; who lives elsewhere, of the organisation's (charter 8a)."""
    told = {code: put_into_words(a_notice(country=code), organisation).text for code in ("BE", "FR", "DE", "")}

    assert {code for code, text in told.items() if "GBA" in text} == {"BE"}
    assert {code for code, text in told.items() if "CNIL" in text} == {"FR", "DE", ""}


def test_nothing_is_fetched(organisation: Organisation) -> None:
    """A mail asks for nothing over the network and runs nothing."""
    html = put_into_words(a_notice(), organisation).html

    assert not [tag for tag in ("<img", "<script", "<link", "url(", "@import", "<iframe") if tag in html]


@given(st.lists(st.text(min_size=1), min_size=2, max_size=2, unique=True))
def test_slugs_are_unique(keys: list[str]) -> None:
    """Two message keys never share a file or a Message-ID, and a slug is a plain file name."""
    first, second = map(message_slug, (key.encode("utf-8", "replace").decode() for key in keys))

    assert first != second or keys[0].encode("utf-8", "replace") == keys[1].encode("utf-8", "replace")
    assert not set(first) & set("/\\\0\r\n <>@:")


LETTER = Rendered("s", "t", "h")
Deliver = Callable[..., str]


def test_memory_keeps_one_a_key(organisation: Organisation) -> None:
    """The channel in memory writes a message once, as the outbox does, and asks for no hand-over."""
    channel = MemoryChannel(organisation)
    noted: list[str] = []

    for key in ("a:b", "a:b", "a:c"):
        channel.deliver(LETTER, to="m@example.org", message_key=key, about_to_hand_over=lambda: noted.append("now"))

    assert [sent.message_key for sent in channel.sent] == ["a:b", "a:c"]
    assert noted == []
    assert "example.org" not in repr(channel.sent)


@pytest.mark.parametrize(
    ("failure", "noted_times"),
    [(SystemUnavailable("away"), 0), (DeliveryUncertain("who knows"), 1)],
    ids=["early", "late"],
)
def test_memory_fails_as_told(
    organisation: Organisation, failure: SystemUnavailable | DeliveryUncertain, noted_times: int
) -> None:
    """The channel in memory fails once before or in the hand-over, then works."""
    channel = MemoryChannel(organisation, how="smtp", failures=[failure])
    noted: list[str] = []

    def once() -> str:
        note = lambda: noted.append("now")  # noqa: E731  # one word
        return channel.deliver(LETTER, to="m@example.org", message_key="a:b", about_to_hand_over=note)

    with pytest.raises(type(failure)):
        once()

    assert (len(noted), channel.sent) == (noted_times, [])
    assert once() == "smtp"
    assert channel.render(a_notice()).text
