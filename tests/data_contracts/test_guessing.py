"""What names and looks of values suggest about a column."""

import pytest

from data_contracts import taxonomy
from data_contracts.guessing import _NAMES, Guess, Look, guess, is_about_others
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
    assert guess("diagnosis", table="t", looks=[Look.PROSE]).category == "user.health_and_medical"


@pytest.mark.parametrize(
    ("name", "about"), [("called_number", About.THIRD_PARTY), ("agent_email", About.EMPLOYEE), ("phone", About.SUBJECT)]
)
def test_number_of_somebody_else_is_no_search_key(name: str, about: About) -> None:
    """Whatever its values look like, a number of others never leads to a data subject."""
    found = guess(name, table="call", looks=[Look.PHONE])

    assert found.about is about
    assert bool(found.identity) is (about is About.SUBJECT)
    assert is_about_others(name) is (about is not About.SUBJECT)


def test_customer_number_is_a_key_where_it_tells_rows_apart() -> None:
    """In the customers' table it may be an identity; elsewhere a reference leads there."""
    assert guess("customer_no", table="customer", is_key=True).identity == "customer_no"
    assert guess("customer_no", table="invoice").identity == ""


def test_others_are_told_without_category() -> None:
    """A name may say whom a column is about and not what it holds."""
    found = guess("referred_by", table="customer")

    assert found == Guess(about=About.THIRD_PARTY, by=("name",))


def test_date_is_no_telephone_number() -> None:
    """When somebody called is a time; when somebody was born is still personal."""
    assert guess("called_at", table="call", logical_type="timestamp").category == ""
    assert guess("born_on", table="t", logical_type="date").category == "user.demographic.date_of_birth"
