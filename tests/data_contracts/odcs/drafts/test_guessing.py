"""What names and looks of values suggest about a column."""

import pytest

from data_contracts.company import taxonomy
from data_contracts.odcs.drafts.guessing import _NAMES, Guess, Look, guess, is_about_others
from data_contracts.vocabulary import About, AccessTreatment


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("email", "user.contact.email"),
        ("CustomerEMail", "user.contact.email"),
        ("courriel_client", "user.contact.email"),
        ("email_opt_in", "user.privacy_preferences"),
        ("Prénom", "user.name.first"),
        ("nom_usage", "user.name.last"),
        ("LASTNAME", "user.name.last"),
        ("tel_portable", "user.contact.phone_number"),
        ("code_postal", "user.contact.address.postal_code"),
        ("date_de_naissance", "user.demographic.date_of_birth"),
        ("ip-address", "user.device.ip_address"),
        ("num_client", "user.unique_id"),
        ("mot_de_passe", "user.authorization.password"),
        ("amount", ""),
        ("shipping", ""),
        ("日付", ""),
    ],
)
def test_name_suggests_category(name: str, category: str) -> None:
    """Words of English and French names, in any notation."""
    assert guess(name, table="t").category == category


def test_every_pattern_names_a_category_of_the_taxonomy() -> None:
    """A guess that the checks would not know is none."""
    assert {category for category, _ in _NAMES} <= taxonomy.CATEGORIES
    assert len(_NAMES) >= 24


def test_bare_name_is_a_persons_among_people() -> None:
    """A genre's name is nobody's, a customer's is personal."""
    assert guess("Name", table="Genre").category == ""
    assert guess("Name", table="Customer").category == "user.name"


def test_values_tell_what_the_name_does_not() -> None:
    """E-mail addresses in a column named otherwise are found."""
    found = guess("contact_field_7", table="t", looks=[Look.EMAIL])

    assert found == Guess("user.contact.email", "email", by=("values",))


def test_name_and_values_agree() -> None:
    """Both are told, so that a person sees how sure it is."""
    assert guess("mail", table="t", looks={Look.EMAIL}).by == ("name", "values")


def test_prose_is_read_by_a_person_first() -> None:
    """Free text may tell of others; a name that says more counts for more than prose."""
    assert guess("x", table="t", looks=[Look.PROSE]).access is AccessTreatment.REVIEW


@pytest.mark.parametrize("name", ["diagnosis", "sante", "religion", "race", "blood_group", "fingerprint"])
def test_name_alone_proposes_no_special_category(name: str) -> None:
    """A race is run, iris is a flower: a name asks, whatever sentences stand there (Art. 9)."""
    for looks in ([], [Look.PROSE], [Look.CODE]):
        found = guess(name, table="customer", looks=looks)
        assert not taxonomy.is_special(found.category)
        assert found.identity == ""


def test_values_bear_a_special_category_out() -> None:
    """Codes of diseases in a column that is called after them; without such a name they are codes."""
    assert guess("diagnosis", table="t", looks=[Look.MEDICAL, Look.CODE]).category == "user.health_and_medical"
    assert guess("shelf", table="t", looks=[Look.MEDICAL]).category == ""


@pytest.mark.parametrize("name", ["email", "phone", "cookie_id", "customer_no", "agent_email", "msisdn", "user_id"])
def test_name_alone_proposes_no_identity_and_no_employee(name: str) -> None:
    """As a search key it would disclose whatever stands there; whoever serves is told by counting."""
    found = guess(name, table="customer", is_key=True)

    assert (found.identity, found.about) == ("", About.SUBJECT)


@pytest.mark.parametrize(
    ("name", "looks", "about"),
    [
        ("called_number", [Look.PHONE], About.THIRD_PARTY),
        ("agent_email", [Look.EMAIL, Look.FEW], About.EMPLOYEE),
        ("agent_email", [Look.EMAIL], About.SUBJECT),
        ("phone", [Look.PHONE], About.SUBJECT),
    ],
)
def test_number_of_somebody_else_is_no_search_key(name: str, looks: list[Look], about: About) -> None:
    """Whatever its values look like, a number of others never leads to a data subject."""
    found = guess(name, table="call", looks=looks)

    assert found.about is about
    assert bool(found.identity) is (name == "phone")
    assert is_about_others(name) is (name != "phone")
    assert ("about" in found.asks) is (name == "agent_email" and Look.FEW not in looks)


def test_customer_number_is_a_key_where_it_tells_rows_apart() -> None:
    """In the customers' table a number with signs in it may be an identity; a row's own number is none."""
    assert guess("customer_no", table="customer", is_key=True, looks=[Look.CODE]).identity == "customer_no"
    assert guess("customer_no", table="invoice", looks=[Look.CODE]).identity == ""
    assert guess("customer_id", table="customer", logical_type="integer", is_key=True).identity == ""


@pytest.mark.parametrize("name", ["note_id", "id_note", "comment_key", "message_uuid", "mail_id", "card_id"])
def test_key_is_never_free_text(name: str) -> None:
    """What is called a key is one, whatever it is the key of."""
    assert guess(name, table="t").category == ""


@pytest.mark.parametrize(
    ("name", "looks", "category", "access"),
    [
        ("x", [Look.SECRET], "user.authorization.password", AccessTreatment.OMIT),
        ("api_key", [Look.TOKEN], "user.authorization.credentials", AccessTreatment.OMIT),
        ("session_key", [Look.TOKEN], "user.device.cookie", AccessTreatment.INCLUDE),
        ("page", [Look.TOKEN], "", AccessTreatment.INCLUDE),
        ("paid_with", [Look.CARD], "user.financial.credit_card", AccessTreatment.INCLUDE),
        ("fax", [Look.PHONE], "user.contact.fax_number", AccessTreatment.INCLUDE),
        ("info", [Look.DESK, Look.EMAIL], "user.contact.email", AccessTreatment.INCLUDE),
    ],
)
def test_secrets_cards_and_desks_are_recognised(
    name: str, looks: list[Look], category: str, access: AccessTreatment
) -> None:
    """A secret is shown to nobody; an office's mailbox and a fax lead to nobody."""
    found = guess(name, table="t", looks=looks)

    assert (found.category, found.access, found.identity) == (category, access, "")


def test_number_is_no_name_and_no_sentence() -> None:
    """``messages`` that are counted are none; a telephone number may be kept as one."""
    assert guess("messages", table="t", logical_type="integer").category == ""
    assert guess("phone", table="t", logical_type="integer").category == "user.contact.phone_number"


def test_others_are_told_without_category() -> None:
    """A name may say whom a column is about and not what it holds."""
    found = guess("referred_by", table="customer")

    assert found == Guess(about=About.THIRD_PARTY, access=AccessTreatment.MASK, by=("name",))


def test_date_is_no_telephone_number() -> None:
    """When somebody called is a time; when somebody was born is still personal."""
    assert guess("called_at", table="call", logical_type="timestamp").category == ""
    assert guess("born_on", table="t", logical_type="date").category == "user.demographic.date_of_birth"
