"""What the names of a reference suggest about whose rows it joins: an act of staff, something that people share.

A reference that names an act (``approved_by``, ``modifié_par``, ``toegewezen_aan``) leads to whoever did it, not to
whom the row is about. Names are compared word by word, in English, French, Dutch and German, whatever their notation:

>>> names_act("approvedById"), names_act("geändert_von"), names_act("customer_id"), names_act("hobby_id")
(True, True, False, False)
"""

import re
from dataclasses import dataclass
from typing import Final

from data_contracts.odcs.drafts.guessing import words_of

_DID: Final = (
    "(?:last_)?(?:approved|assigned|cancell?ed|changed|closed|created|deleted|edited|entered|handled|locked|modified|opened"
    "|processed|published|rejected|removed|resolved|reviewed|signed|updated|uploaded|validated|verified)"
)
_WHO: Final = "(?:account|actor|agent|contact|customer|employee|member|person|staff|user|usr)"
_ENGLISH: Final = (
    r"[a-z]+_by|[a-z]+(?:ed|en)by"
    "|(?:allocated|assigned|delegated|escalated|handed|reported|reports|routed|transferred)_?to"
    rf"|{_DID}_(?:[a-z]+_)*{_WHO}|{_WHO}(?:_id)?_(?:{_DID}|crea|creat|maj|modif|valid)"
    "|approver|assignee|assigner|author|creator|editor|handler|manager|moderator|modifier|publisher|reviewer|supervisor"
    "|updater|validator|verifier"
)
_FRENCH: Final = (
    "[a-z]+_par|(?:approuve|cree|modifie|saisi|supprime|traite|valide|verifie)par"
    "|(?:affecte|assigne|attribue|confie)_?(?:a|au)"
    "|approbateur|auteur|createur|editeur|gestionnaire|modificateur|redacteur|relecteur|responsable|valideur|verificateur"
)
_DUTCH: Final = (
    "[a-z]+_door|(?:aangemaakt|behandeld|bijgewerkt|gecontroleerd|gewijzigd|goedgekeurd|verwijderd)door"
    "|toegewezen_?aan|aanmaker|beheerder|behandelaar|beoordelaar|bewerker|goedkeurder|verantwoordelijke"
)
_GERMAN: Final = (
    "[a-z]+_(?:von|durch)"
    "|(?:angelegt|bearbeitet|erstellt|freigegeben|gea?endert|genehmigt|gelo?escht|gepru?eft)(?:von|durch)"
    "|zugewiesen_?an|autor|bearbeiter|betreuer|ersteller|genehmiger|pru?efer|sachbearbeiter|verantwortlicher?|verfasser"
)
"""Names come without the dots on their vowels."""
_OWN_ACTS: Final = (
    "(?:booked|bought|ordered|owned|paid|placed|purchased|requested|submitted|subscribed|achete|commande|demande|paye"
    "|besteld|betaald|gekocht|bestellt|bezahlt|gekauft)_(?:by|par|door|von|durch)"
)
_BELONGINGS: Final = (
    "addr|address(?:es)?|adresses?|adres(?:sen)?|anschrift(?:en)?|domicile"
    "|cards?|cartes?|karten?|kaart(?:en)?|payments?|paiements?|zahlung(?:en)?|betaling(?:en)?|wallets?|mandates?|mandats?"
    "|bank|iban|konto|compte|rekening|households?|foyers?|haushalte?|huishoudens?"
)
_STAFF: Final = "agents?|collaborateurs?|employees?|employes?|medewerkers?|mitarbeiter|personnel|staff"
_PEOPLE: Final = (
    "abonnes?|adherents?|clients?|contacts?|customers?|kund(?:e|en)|klant(?:en)?|gebruikers?|benutzer|nutzer|members?|mitglied(?:er)?"
    "|leden|people|persons?|personnes?|personen|patients?|subscribers?|users?|utilisateurs?"
)


def _words(alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|_)(?:{alternatives})(?:_|$)")


_ACT, _OWN_ACT, _BELONGING = map(_words, (f"{_ENGLISH}|{_FRENCH}|{_DUTCH}|{_GERMAN}", _OWN_ACTS, _BELONGINGS))
_OF_STAFF: Final = re.compile(rf"(?:^|_)(?:{_STAFF})$")
_OF_PEOPLE: Final = re.compile(rf"(?:^|_)(?:{_PEOPLE})$")


def names_act(column: str) -> bool:
    """Whether the name says that somebody did something with the row: ``created_by``."""
    return bool(_ACT.search(words_of(column)))


def names_own_act(column: str) -> bool:
    """Whether the name says what somebody did for themselves: ``ordered_by``."""
    return bool(_OWN_ACT.search(words_of(column)))


def is_of_staff(table: str) -> bool:
    """Whether a table is called after the controller's own people."""
    return bool(_OF_STAFF.search(words_of(table)))


def is_of_people(table: str) -> bool:
    """Whether a table is called after people who may be data subjects: ``crm_customers``, not ``customer_address``."""
    return bool(_OF_PEOPLE.search(words_of(table)))


@dataclass(frozen=True, slots=True, order=True)
class Pointer:
    """A reference among tables, by their names."""

    table: str
    columns: tuple[str, ...]
    to_table: str

    @property
    def is_to_belongings(self) -> bool:
        """Whether it points at what people share or pass on: an address, a payment card, a household."""
        return any(_BELONGING.search(words_of(name)) for name in (self.to_table, *self.columns))
