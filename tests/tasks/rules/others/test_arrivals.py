"""What a mail asks by its own words, in three languages, and whether a program wrote it (Art. 12(2); RFC 3834)."""

import pytest

from data_contracts.vocabulary import Right
from tasks.rules.others.arrivals import cases_answered, is_automatic, own_words, right_named


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Under article 15 of the GDPR I ask for a copy.", Right.ACCESS),
        ("Ik beroep mij op artikel 16 AVG.", Right.RECTIFICATION),
        ("En vertu de l'article 17 du RGPD, effacez mes données.", Right.ERASURE),
        ("GDPR art. 18: restrict my data.", Right.RESTRICTION),
        ("GDPR Article 20, please.", Right.PORTABILITY),
        ("Articles 21 of Regulation 2016/679: I object.", Right.OBJECTION),
        ("This is a subject access request.", Right.ACCESS),
        ("Je demande un droit d'accès.", Right.ACCESS),
        ("Ik oefen mijn recht op inzage uit.", Right.ACCESS),
        ("Ik vraag inzagerecht.", Right.ACCESS),
        ("I use my right to rectification.", Right.RECTIFICATION),
        ("J'exerce mon droit de rectification.", Right.RECTIFICATION),
        ("Recht op rectificatie graag.", Right.RECTIFICATION),
        ("I invoke the right to be forgotten.", Right.ERASURE),
        ("J'exerce mon droit à l'effacement.", Right.ERASURE),
        ("Ik doe een beroep op het recht op vergetelheid.", Right.ERASURE),
        ("My right to restriction, please.", Right.RESTRICTION),
        ("Mon droit à la limitation.", Right.RESTRICTION),
        ("Mijn recht op beperking.", Right.RESTRICTION),
        ("The right to data portability.", Right.PORTABILITY),
        ("Mon droit à la portabilité.", Right.PORTABILITY),
        ("Mijn recht op gegevensoverdraagbaarheid.", Right.PORTABILITY),
        ("MY RIGHT TO OBJECT.", Right.OBJECTION),
        ("Mon droit d'opposition.", Right.OBJECTION),
        ("Mijn recht van bezwaar.", Right.OBJECTION),
    ],
)
def test_one_right_that_is_named_is_taken(text: str, right: Right) -> None:
    """By its article beside the law's name, or by its name in the law."""
    assert right_named("Hello", text) is right
    assert right_named(text.rstrip("."), "Please.") is right


@pytest.mark.parametrize(
    "text",
    [
        "I want what you have.",
        "Article 15 of our contract says so.",  # no law is named
        "GDPR article 13 applies.",  # no right of a data subject to ask
        "My right of access. My right to object.",
        "GDPR articles 15. And article 17.",
        "I do not use my right to object.",
        "Je n'exerce pas mon droit d'accès.",
        "Ik wil niet mijn recht op inzage.",
        "You have the right to be forgotten.",
        "Vous disposez d'un droit d'accès.",
        "U heeft recht op inzage.",
        "I ask for my right of access. I never asked for my right of access.",
    ],
)
def test_what_is_in_doubt_is_read_by_a_person(text: str) -> None:
    """No right, several, one denied, or one that somebody else is told of."""
    assert right_named("Hello", text) is None


def test_law_may_be_named_in_another_sentence() -> None:
    """The article counts once the mail speaks of the law at all, its subject included."""
    assert right_named("GDPR", "I rely on article 15.") is Right.ACCESS
    assert right_named("Hello", "I know the GDPR. I rely on article 15.") is Right.ACCESS


@pytest.mark.parametrize(
    "answer", ["Re: My right to object", "AW: right to object", "fwd : right to object", "RE [2]: right to object"]
)
def test_subject_of_an_answer_is_somebody_elses(answer: str) -> None:
    """Who answers did not write it."""
    assert right_named(answer, "Thank you.") is None
    assert right_named(answer, "My right of access, please.") is Right.ACCESS


@pytest.mark.parametrize(
    "quoted",
    [
        "> my right to object",
        "Hello\n> > my right to object\nBye",
        "Hello\n-- \nmy right to object",
        "Hello\n-----Original Message-----\nmy right to object",
        "Hello\n--- Message d'origine ---\nmy right to object",
        "Bonjour\nLe 3 mars 2026, Ana a écrit :\nmy right to object",
        "Hello\nOn 3 March 2026 Ana wrote:\nmy right to object",
        "Dag\nOp 3 maart 2026 schreef Ana:\nmy right to object",
        "Hello\n__________\nmy right to object",
    ],
)
def test_what_is_quoted_or_signed_is_somebody_elses(quoted: str) -> None:
    """Ours, most of the time: our letters name rights."""
    assert right_named("Hello", quoted) is None


def test_words_go_on_after_a_quoted_line_and_end_at_a_quoted_mails_head() -> None:
    """Answers stand between quoted lines; under a head everything is quoted."""
    assert own_words("One.\n> quoted\nTwo.\n-- \nAna") == "One.\nTwo."
    assert own_words("One.\n  > quoted\nTwo.") == "One.\nTwo."
    assert own_words("One.\nOn Monday Ana wrote:\nTwo.") == "One."


@pytest.mark.parametrize(
    "headers",
    [
        {"auto-submitted": "auto-replied"},
        {"auto-submitted": " Auto-Generated ; by=x"},
        {"precedence": "junk"},
        {"precedence": " AUTO_REPLY "},
        {"x-autoreply": "yes"},
        {"x-autorespond": "1"},
        {"x-ms-exchange-generated-message-source": "Mailbox Rules Agent"},
        {"x-failed-recipients": "ana@x.example"},
        {"return-path": " <> "},
    ],
)
def test_programs_write_no_requests(headers: dict[str, str]) -> None:
    """RFC 3834, section 2: what a program wrote says so in its head, or has nobody to answer to."""
    assert is_automatic(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"auto-submitted": "no"},
        {"auto-submitted": " No ; by=x"},
        {"precedence": "list", "list-id": "<privacy.x.example>"},
        {"precedence": "bulk"},
        {"x-autoreply": "no"},
        {"x-autoreply": " "},
        {"return-path": "<ana@x.example>"},
    ],
)
def test_people_write_requests_also_through_a_list(headers: dict[str, str]) -> None:
    """A group address adds heads of its own."""
    assert not is_automatic(headers)


def test_report_is_a_programs() -> None:
    """RFC 3462: a bounce or a receipt, whatever its head says."""
    assert is_automatic({"auto-submitted": "no"}, is_report=True)


@pytest.mark.parametrize(
    ("headers", "subject", "case"),
    [
        ({"in-reply-to": "<C-7K3M-9QXT.1@x.example>"}, "Hello", "C-7K3M-9QXT"),
        ({"references": "<a@x> <C-7K3M-9QXT@x.example>"}, "Hello", "C-7K3M-9QXT"),
        ({}, "Re: your request C-7K3M-9QXT", "C-7K3M-9QXT"),
        ({"in-reply-to": "<C-AAAA-0000@x>"}, "C-7K3M-9QXT", "C-AAAA-0000"),
        ({"in-reply-to": "<a@x>", "references": "<b@x>"}, "Invoice INC-7K3M-9QXTZ", ""),
        ({}, "", ""),
    ],
)
def test_answer_is_filed_with_its_case(headers: dict[str, str], subject: str, case: str) -> None:
    """By what it answers, then by its subject, then by what that refers to."""
    assert cases_answered(headers, subject) == ((case,) if case else ())
