"""What a column may hold, guessed from its name (English and French) and from what its values look like.

A guess is a proposal to a person, never a decision: it is written down under a mark that no contract may carry
(:mod:`data_contracts.odcs.marks`). Names are compared word by word, whatever their notation:

>>> guess("CustomerEMail", table="orders").category
'user.contact.email'
>>> guess("date_de_naissance", table="abonne").category
'user.demographic.date_of_birth'
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from data_contracts.company import taxonomy
from data_contracts.vocabulary import About, AccessTreatment


class Look(StrEnum):
    """What most values of a column look like."""

    DESK = "desk"
    """E-mail addresses of an office, a shop: ``info@``, ``sales@``; nobody's own."""
    EMAIL = "email"
    PHONE = "phone"
    IP_ADDRESS = "ip_address"
    IBAN = "iban"
    CARD = "card"
    SECRET = "hash"  # noqa: S105  # a look, no secret
    """What programs made of a password."""
    TOKEN = "drawn by lot"  # noqa: S105  # as above
    """Long and drawn by lot: a key, a session, a cookie."""
    MEDICAL = "medical"
    """Codes of diseases, blood groups."""
    FEW = "few"
    """Few values that stand in many rows each, as those do who serve others."""
    CODE = "code"
    """Numbers that an organisation gives out, with letters or signs in them."""
    PROSE = "prose"
    """Sentences: somebody wrote them, about anything."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column may hold.

    Attributes:
        category: key of the taxonomy; empty when neither name nor values tell.
        identity: the identity kind that values may be; never for others than the data subject.
        by: what it was guessed by: ``name``, ``values``, ``fides``.
        asks: keys of the ``dsr`` block of which a name says just enough to ask: whether a category is special (Art. 9).
    """

    category: str = ""
    identity: str = ""
    about: About = About.SUBJECT
    access: AccessTreatment = AccessTreatment.INCLUDE
    by: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()

    @property
    def is_told_by_values(self) -> bool:
        """Whether values speak for it, not a name alone."""
        return "values" in self.by


_PROSE_CATEGORY: Final = "user.content.private"

_BY_LOOK: Final[Mapping[Look, tuple[str, str]]] = {
    Look.DESK: ("user.contact.email", ""),
    Look.EMAIL: ("user.contact.email", "email"),
    Look.PHONE: ("user.contact.phone_number", "phone"),
    Look.IP_ADDRESS: ("user.device.ip_address", ""),
    Look.IBAN: ("user.financial.bank_account", ""),
    Look.CARD: ("user.financial.credit_card", ""),
    Look.SECRET: ("user.authorization.password", ""),
    Look.PROSE: (_PROSE_CATEGORY, ""),
}
_CONFIRMING: Final[Mapping[Look, tuple[str, ...]]] = {
    # Looks that say nothing alone, and which names they bear out.
    Look.PHONE: ("user.contact.fax_number",),
    Look.TOKEN: ("user.authorization", "user.device.cookie"),
    Look.MEDICAL: ("user.health_and_medical",),
    Look.CODE: ("user.unique_id", "user.government_id"),
}

_NAMES: Final = (
    # The first that fits counts: what stands above would be misread further down.
    (
        "user.privacy_preferences",
        "opt(ed)?_?in|opt(ed)?_?out|consent|consentement|newsletter|rgpd|gdpr|unsubscribed?|preferences?",
    ),
    ("user.authorization.password", "password|passwd|pwd|mot_de_passe|mdp"),
    ("user.device.cookie", "session_(key|token|hash|secret)|jeton_session"),
    ("user.authorization.credentials", "secret|api_key|token|otp|pin|puk"),
    ("user.contact.email", "(e_?)?mails?|courriel|mel|adresse_electronique"),
    ("user.contact.fax_number", "fax|telecopie"),
    ("user.device.device_id", "device_id|imei|imsi|iccid|mac|mac_address|idfa|gaid|serial_number|numero_serie"),
    (
        "user.contact.phone_number",
        "phones?|tel|telephone|mobile|portable|gsm|msisdn|cell|line_number|called|calling|callee|caller",
    ),
    ("user.device.ip_address", "ip|ipv4|ipv6|ip_address|adresse_ip|remote_addr"),
    ("user.device.cookie_id", "cookie|cookie_id|visitor_id|id_visiteur"),
    ("user.device", "user_agent|browser|navigateur|device|appareil|terminal"),
    ("user.financial.bank_account", "iban|bic|rib|bank_account|account_number|compte_bancaire|numero_compte"),
    ("user.financial.credit_card", "card|card_number|pan|credit_card|carte|carte_bancaire|cb"),
    (
        "user.government_id.national_identification_number",
        "nir|ssn|social_security|securite_sociale|secu|national_id|nin",
    ),
    ("user.government_id.passport_number", "passport|passeport"),
    ("user.government_id.drivers_license_number", "driv(er|ing)s?_licen[cs]e|permis|permis_de_conduire"),
    ("user.government_id.vehicle_registration", "licen[cs]e_plate|plate|immatriculation|vin"),
    ("user.demographic.date_of_birth", "birth|birthday|birthdate|dob|born|naissance|ne_le"),
    ("user.demographic.age_range", "age|tranche_age|age_range"),
    ("user.name.first", "first_?name|given_?name|forename|prenoms?"),
    (
        "user.name.last",
        "last_?name|surname|family_?name|nom_de_famille|nom_famille|nom_usage|nom_naissance|patronyme|nom",
    ),
    ("user.account.username", "login|user_?name|pseudo|nickname|handle|screen_name|identifiant_connexion"),
    (
        "user.name",
        "full_?name|display_?name|holder|titulaire|nom_complet|(customer|client|contact|person|account|member|requester|bill_to|billing)_name",
    ),
    ("user.demographic.gender", "gender|sex|sexe|genre_civil|civilite|civility|salutation"),
    ("user.demographic.marital_status", "marital|marital_status|etat_civil|situation_familiale"),
    ("user.demographic.religious_belief", "religion|religious|confession"),
    ("user.demographic.political_opinion", "political|politique|party_membership"),
    ("user.demographic.race_ethnicity", "ethnic|ethnicity|race|ethnie"),
    ("user.demographic.sexual_orientation", "sexual_orientation|orientation_sexuelle"),
    ("user.demographic.language", "language|langue|locale|lang"),
    ("user.demographic", "nationality|nationalite|citizenship"),
    (
        "user.health_and_medical",
        "health|sante|medical|medic|diagnos(is|tic)|handicap|disability|allerg(y|ies|ie)|blood",
    ),
    ("user.biometric", "biometric|biometrie|fingerprint|empreinte|iris"),
    ("user.criminal_history", "criminal|conviction|condamnation|casier"),
    ("user.contact.address.postal_code", "postal_?code|post_?code|zip|zip_?code|code_postal|cp"),
    ("user.contact.address.street", "street|rue|voie|address_?line(_?[0-9])?|adresse_ligne"),
    ("user.contact.address.city", "city|ville|town|commune|localite"),
    ("user.contact.address.country", "country|pays"),
    ("user.contact.address.state", "province|county|departement|(billing|shipping|home)_state"),
    ("user.location.precise", "lat|latitude|lon|lng|longitude|gps|geoloc|geolocation|coordinates"),
    ("user.contact.address", "address|addr|adresse|domicile"),
    ("user.contact.organization", "company|employer|entreprise|employeur|societe|raison_sociale"),
    ("user.job_title", "job|job_title|profession|occupation|poste|metier"),
    ("user.financial", "salary|salaire|income|revenus?|credit_score|solvency"),
    ("user.payment", "payment_method|moyen_paiement|mandate|mandat"),
    ("user.contact.url", "website|site_web|homepage|linkedin|facebook"),
    ("user.content.self_image", "photo|avatar|picture|portrait|selfie"),
    ("user.behavior.search_history", "search_(term|query|text)|recherche"),
    ("user.behavior.browsing_history", "referr?er|page_url|visited_url|request_path|url_visitee"),
    ("user.behavior", "score|segment|scoring"),
    (_PROSE_CATEGORY, "notes?|comments?|commentaires?|messages?|remarques?|remarks?|feedback|body|transcript"),
    (
        "user.unique_id",
        (
            "(customer|client|user|member|subscriber|person|patient|abonne|adherent|utilisateur)"
            "_(id|no|nr|num|number|key|ref|code)"
            "|(id|no|num|numero|code)_(client|abonne|adherent|utilisateur|membre)"
        ),
    ),
    ("user.account", "(contract|contrat|subscription|abonnement|account|compte)_[a-z_]+|plan|tariff?|forfait"),
)
_IDENTITIES: Final[Mapping[str, str]] = {
    "user.contact.email": "email",
    "user.contact.phone_number": "phone",
    "user.device.cookie_id": "cookie_id",
    "user.unique_id": "customer_no",
}
"""Identity kinds that values of a category may be, where values bear the name out."""
_NO_TEXT: Final = frozenset({"boolean", "date", "timestamp", "time"})
_TEXT_ONLY: Final = ("user.contact", "user.name", "user.content", "user.financial", "user.unique_id")
_NO_NUMBER: Final = ("user.name", "user.content", "user.contact.email", "user.contact.address.street")
_KEYS: Final = ("user.unique_id", "user.government_id", "user.device", "user.authorization")
_ID_WORD: Final = re.compile(r"^id_|_(?:id|uuid|guid|fk|pk)$")
_KEY_WORD: Final = re.compile(r"(?:^|_)(?:id|uuid|guid|key|fk|pk|ref|code|no|nr|num|numero)(?:_|$)")
_PEOPLE: Final = (
    "customers?|clients?|users?|people|persons?|personnes?|employees?|contacts?|members?|subscribers?|patients?"
    "|abonnes?|adherents?|agents?|employes?|staff|guests?|students?|pupils?|teachers?|doctors?|visitors?|donors?|tenants?"
)
_OTHERS: Final = (
    "called|callee|calling|caller|recipient|destinataire|appele|appelant|referr?ed|referr?al|parrain|filleul|emergency|urgence"
    "|beneficiary|beneficiaire|spouse|conjoint|partner|conjointe|guardian|tuteur|witness|temoin|third_party|tiers"
)
_STAFF: Final = (
    "agent|operator|operateur|created_by|updated_by|modified_by|handled_by|assigned|assignee|seller|vendeur|conseiller"
    "|technician|technicien|support_rep|sales_rep|staff|reports_to"
)


def _word(alternatives: str) -> re.Pattern[str]:
    """A pattern that finds one of the alternatives as whole words."""
    return re.compile(rf"(?:^|_)(?:{alternatives})(?:_|$)")


_PATTERNS: Final = tuple((category, _word(alternatives)) for category, alternatives in _NAMES)
_ABOUT: Final = ((About.EMPLOYEE, _word(_STAFF)), (About.THIRD_PARTY, _word(_OTHERS)))
_NAME_OF_PERSON: Final = (re.compile(rf"(?:^|_)(?:{_PEOPLE})$"), re.compile(r"name|nom|label|libelle"))


def guess(
    name: str,
    *,
    table: str,
    logical_type: str = "string",
    looks: Collection[Look] = (),
    is_key: bool = False,
) -> Guess:
    """What the column ``name`` of ``table`` may hold.

    A name alone proposes no special category (Art. 9), no employee and no identity: these are asked, or left out.

    Args:
        name: as the live system writes it.
        table: its table; a bare ``name`` is a person's only in a table of people.
        logical_type: as ODCS says it; a date is no telephone number, whatever its name.
        looks: what its values look like; they count for more than the name, but for prose.
        is_key: whether it tells rows of its table apart; only then a customer number may lead to a person.
    """
    words = words_of(name)
    named = _by_name(words, words_of(table))
    named = "" if _cannot_hold(named, words, logical_type) else named
    category, identity, by = _told(named, looks)
    if taxonomy.is_special(category) and by == ("name",):
        return Guess(asks=("category",))
    if "values" not in by or (identity == "customer_no" and not is_key):
        identity = ""
    found = Guess(category, identity, access=_access(category), by=by)
    about = next((whom for whom, pattern in _ABOUT if pattern.search(words)), About.SUBJECT)
    if about is About.SUBJECT or logical_type in _NO_TEXT or category.startswith("user.device"):
        return found
    # A number that a data subject called is somebody else's: as a search key it would disclose that person's data.
    found = replace(found, identity="", by=by or ("name",))
    if about is About.THIRD_PARTY:
        return replace(found, about=about, access=AccessTreatment.MASK)
    if Look.FEW in looks:
        return replace(found, about=about, access=AccessTreatment.OMIT)
    return replace(found, access=AccessTreatment.REVIEW, asks=("about",))


def _told(named: str, looks: Collection[Look]) -> tuple[str, str, tuple[str, ...]]:
    """Category, identity and what tells them, of a name's category and the looks of values."""
    if any(named.startswith(_CONFIRMING.get(look, ("-",))) for look in looks):
        return named, _IDENTITIES.get(named, ""), ("name", "values")
    look = min((one for one in looks if one in _BY_LOOK), key=list(Look).index, default=None)
    if look is not None and (look is not Look.PROSE or not named):
        category, identity = _BY_LOOK[look]
        return category, identity, ("name", "values") if category == named else ("values",)
    return named, _IDENTITIES.get(named, ""), ("name",) if named else ()


def _cannot_hold(category: str, words: str, logical_type: str) -> bool:
    """Whether a column of that type, or one that is called a key, holds nothing of the category."""
    if logical_type in _NO_TEXT:
        return category.startswith(_TEXT_ONLY)
    if logical_type in {"integer", "number"} and category.startswith(_NO_NUMBER):
        return True
    if _ID_WORD.search(words) and not category.startswith(_KEYS):
        return True
    return category.startswith("user.content") and bool(_KEY_WORD.search(words))


def is_about_others(name: str) -> bool:
    """Whether the name speaks of staff or of somebody other than the data subject."""
    return any(pattern.search(words_of(name)) for _, pattern in _ABOUT)


def _by_name(words: str, table: str) -> str:
    person, bare = _NAME_OF_PERSON
    if bare.fullmatch(words):
        return "user.name" if person.search(table) else ""
    return next((category for category, pattern in _PATTERNS if pattern.search(words)), "")


def _access(category: str) -> AccessTreatment:
    """Free text may tell of others too (Art. 15(4)): a person reads it first; a secret is shown to nobody."""
    if category.startswith("user.authorization"):
        return AccessTreatment.OMIT
    return AccessTreatment.REVIEW if category == _PROSE_CATEGORY else AccessTreatment.INCLUDE


def words_of(name: str) -> str:
    """The words of a name in small letters, joined by ``_``, whatever its notation: ``ownerType`` is ``owner_type``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain).lower()).strip("_")
