"""Who asks what in the demo: one request of each right, by letter, e-mail and telephone."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from data_contracts.case.request import FieldChange, Statement
from data_contracts.vocabulary import Channel, RestrictionGround, Right
from flows.operator.details import Details

_ADDRESS = ("14 rue des Exemples", "59000 Lille")


@dataclass(frozen=True, slots=True)
class Role:
    """One request of the demo.

    Attributes:
        title: what happens, for whoever watches.
        subject: who asks.
    """

    title: str
    right: Right
    channel: Channel
    subject: Any = field(repr=False)
    details: Details = field(repr=False)


def cast(company: Any) -> list[Role]:  # noqa: ANN401  # the demo company
    """One request of each right; the same data subject asks for her data and has them erased afterwards."""
    return [*_letters(company.subject), *_changes(_others(company)), _to_take_along(_others(company)[3])]


def _letters(subject: Any) -> list[Role]:  # noqa: ANN401  # the demo subject
    copy = "Bonjour, je souhaite recevoir une copie de toutes les données que vous détenez sur moi."
    leaving = "Bonjour, j'ai quitté votre entreprise. Merci d'effacer mes données."
    return [
        Role(
            "a letter asks for a copy of all data",
            Right.ACCESS,
            Channel.LETTER,
            subject,
            Details(copy, postal_address=_ADDRESS),
        ),
        Role(
            "the same customer's second letter asks for erasure: it waits for its turn",
            Right.ERASURE,
            Channel.LETTER,
            subject,
            Details(leaving, postal_address=_ADDRESS),
        ),
    ]


def _changes(others: Sequence[Any]) -> list[Role]:
    right_address = FieldChange(field="user.contact.email", value=f"nouvelle.{others[0].email}")
    return [
        Role(
            "an e-mail has the address put right in every system",
            Right.RECTIFICATION,
            Channel.EMAIL,
            others[0],
            Details("Mon adresse électronique a changé.", Statement(changes=[right_address])),
        ),
        Role(
            "a call contests what we hold: its use is put on hold",
            Right.RESTRICTION,
            Channel.PHONE,
            others[1],
            Details("", Statement(restriction_ground=RestrictionGround.ACCURACY)),
        ),
        Role(
            "a form objects to all advertising: no gate, no weighing",
            Right.OBJECTION,
            Channel.FORM,
            others[2],
            Details("Plus de publicité, merci.", Statement(direct_marketing=True, sharing=True)),
        ),
    ]


def _to_take_along(subject: Any) -> Role:  # noqa: ANN401  # the demo subject
    return Role(
        "an e-mail asks for the data to take along",
        Right.PORTABILITY,
        Channel.EMAIL,
        subject,
        Details("Je change d'opérateur et je souhaite emporter mes données."),
    )


def late_comer(company: Any) -> Any:  # noqa: ANN401  # the demo company
    """The data subject whose case shows the law's clock."""
    return replace(_others(company)[4], language="en")


def _others(company: Any) -> Sequence[Any]:  # noqa: ANN401  # the demo company
    """Five data subjects; a small company has too few of its own, then some ask twice."""
    found = (*company.others, company.relative)
    return [found[place % len(found)] for place in range(5)]
