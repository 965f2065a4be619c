"""Identity proven online: a sign-in to the client space, knowledge; what each proves, and what nobody can do."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from oidc_provider_mock import User, run_server_in_thread

from data_contracts.company.sign_in import ClientSpace
from data_contracts.vocabulary import CaseState, Channel, Gate, Right
from flows.doors.public import public_site
from tasks.case.sealed import subject_request
from tasks.intake.public_status import make_status_code
from tasks.services import services, use
from tests.browser import Browser, browsing
from tests.flows.company import House

_SITE = "http://localhost"


@pytest.fixture(autouse=True)
def _site_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """The house knows where its site is; a setting, as an operator sets it."""
    monkeypatch.setenv("RIGHTSFLOW_SITE_URL", _SITE)
    monkeypatch.setenv("RIGHTSFLOW_CLIENT_SPACE_SECRET", "between us and the client space")


def asked(house: House, right: Right, **identity: str) -> str:
    """The case of a request that came by the site, carried on until it waits."""
    case_id = house.open(right, channel=Channel.FORM, identity={kind: [value] for kind, value in identity.items()})
    house.run(case_id)
    return case_id


def opened(visitor: Browser, case_id: str) -> str:
    """The page of a case, opened with its code."""
    return visitor.send("/status", case=case_id, code=make_status_code(case_id)).text


def state(house: House, case_id: str) -> CaseState:
    """Where the case stands."""
    return house.installation.register.case(case_id).state


class TestFacts:
    """Two facts of the contract, where the policy says that knowledge is enough."""

    @pytest.fixture
    def visitor(self, house: House) -> Iterator[Browser]:
        """A browser without scripts, in English, at a house whose policy says what can be asked."""
        facts = ["crm.customer.birth_date", "crm.customer.contract_started_on"]
        policy = services().policy.model_copy(update={"identity_facts": facts})
        vars(house.installation)["services"] = replace(house.installation.services, policy=policy)
        with use(replace(services(), policy=policy)), browsing(public_site(house.installation)) as browser:
            yield browser

    @staticmethod
    def known(house: House) -> dict[str, str]:
        """What the demo subject knows."""
        number = house.company.subject.customer_no
        query = "SELECT birth_date, contract_started_on FROM customer WHERE customer_no = ?"
        ((birth, started),) = house.ask("crm", query, number)
        return {"crm.customer.birth_date": str(birth)[:10], "crm.customer.contract_started_on": str(started)[:10]}

    def test_what_fits_lets_the_case_go_on(self, visitor: Browser, house: House) -> None:
        """With the key that the facts were proven for."""
        case_id = asked(house, Right.OBJECTION, customer_no=house.company.subject.customer_no)
        assert "Confirm with what you know" in opened(visitor, case_id)

        page = visitor.send("/case", "/case/facts", **self.known(house)).text
        house.run(case_id)

        assert "We compare it" in page
        assert "identity_verified" in house.states(case_id)
        assert not [g for g in house.installation.register.gates(case_id, open_only=True) if g.gate is Gate.IDENTITY]

    def test_dates_are_known_as_people_write_them(self, visitor: Browser, house: House) -> None:
        """Day, month, year, with whatever between."""
        case_id = asked(house, Right.OBJECTION, customer_no=house.company.subject.customer_no)
        opened(visitor, case_id)
        written = {name: "/".join(reversed(value.split("-"))) for name, value in self.known(house).items()}

        visitor.send("/case", "/case/facts", **written)
        house.run(case_id)

        assert "identity_verified" in house.states(case_id)

    def test_what_does_not_fit_and_who_is_unknown_look_the_same(self, visitor: Browser, house: House) -> None:
        """Page, state and dates; a person checks at the gate."""
        seen = []
        for number in (house.company.subject.customer_no, "LM99999999"):
            case_id = asked(house, Right.OBJECTION, customer_no=number)
            opened(visitor, case_id)
            wrong = dict.fromkeys(self.known(house), "1901-01-01")
            page = visitor.send("/case", "/case/facts", **wrong).text
            house.run(case_id)
            after = re.sub(r"C-[0-9A-Z]{4}-[0-9A-Z]{4}", "CASE", opened(visitor, case_id))
            seen.append((_shape(page), _shape(after), state(house, case_id)))

        assert seen[0] == seen[1]
        assert seen[0][2] is CaseState.IDENTITY_ASKED

    def test_only_three_tries(self, visitor: Browser, house: House) -> None:
        """For one case; after that the right facts prove nothing either."""
        case_id = asked(house, Right.OBJECTION, customer_no=house.company.subject.customer_no)
        opened(visitor, case_id)
        for _ in range(3):
            visitor.send("/case", "/case/facts", **dict.fromkeys(self.known(house), "1901-01-01"))
            house.run(case_id)

        answer = visitor.send("/case", "/case/facts", **self.known(house))
        house.run(case_id)

        assert answer.status_code == 422
        assert state(house, case_id) is CaseState.IDENTITY_ASKED

    def test_tries_with_other_cases_count_as_well(self, visitor: Browser, house: House) -> None:
        """Else whoever guesses opens case after case for the same person."""
        number = house.company.subject.customer_no
        for _ in range(3):
            case_id = asked(house, Right.OBJECTION, customer_no=number)
            opened(visitor, case_id)
            visitor.send("/case", "/case/facts", **dict.fromkeys(self.known(house), "1901-01-01"))
        fourth = asked(house, Right.OBJECTION, customer_no=number)
        opened(visitor, fourth)

        answer = visitor.send("/case", "/case/facts", **self.known(house))
        house.run(fourth)

        assert answer.status_code == 200
        assert state(house, fourth) is CaseState.IDENTITY_ASKED

    def test_knowledge_is_not_enough_to_see_data(self, visitor: Browser, house: House) -> None:
        """Charter 3.1: what shows or changes restricted data asks for more."""
        case_id = asked(house, Right.ACCESS, email=house.company.subject.email)

        assert "Confirm with what you know" not in opened(visitor, case_id)
        assert visitor.send("/case", "/case/facts", **self.known(house)).status_code == 422

    def test_facts_are_not_kept(self, visitor: Browser, house: House) -> None:
        """What was typed is gone once it was compared."""
        case_id = asked(house, Right.OBJECTION, customer_no=house.company.subject.customer_no)
        opened(visitor, case_id)
        visitor.send("/case", "/case/facts", **dict.fromkeys(self.known(house), "1901-01-01"))
        house.run(case_id)

        assert not [name for name in services().vault.names(case_id) if name.startswith("facts")]


class TestClientSpace:
    """A sign-in at a real OpenID Connect provider, of this process."""

    @pytest.fixture
    def provider(self, house: House) -> Iterator[str]:
        """The issuer; the demo subject has an account with a verified address, somebody else another."""
        ana, bob = house.company.subject, house.company.others[0]
        users = [
            User(sub="ana", claims={"customer_number": ana.customer_no, "email": ana.email, "email_verified": True}),
            User(sub="bob", claims={"customer_number": bob.customer_no, "email": bob.email, "email_verified": True}),
            User(sub="new", claims={"customer_number": "", "email": "new@example.net", "email_verified": False}),
        ]
        with run_server_in_thread(user_claims=users, require_nonce=True) as server:
            yield f"http://localhost:{server.server_port}"

    @pytest.fixture
    def visitor(self, house: House, provider: str) -> Iterator[Browser]:
        """A browser, at a house whose organisation has a client space."""
        space = ClientSpace(issuer=provider, client_id="rightsflow", keys={"customer_no": "customer_number"})
        _give(house, space)
        with browsing(public_site(house.installation)) as browser:
            yield browser

    @staticmethod
    def sign_in(visitor: Browser, sub: str) -> str:
        """The page that a sign-in as somebody ends on."""
        return visitor.get(come_back(visitor, sub)).text

    def test_account_proves_who_asks(self, visitor: Browser, house: House) -> None:
        """The case goes on with the account's key, and answers to its address."""
        case_id = asked(house, Right.ACCESS, email=house.company.subject.email)
        assert "Sign in to the client space" in opened(visitor, case_id)

        page = self.sign_in(visitor, "ana")

        assert "we go on" in page
        house.run(case_id)
        request = subject_request(case_id)
        assert request.identity == {"customer_no": [house.company.subject.customer_no]}
        assert request.reply_to == house.company.subject.email

    def test_own_account_does_not_open_a_strangers_data(self, visitor: Browser, house: House) -> None:
        """Whoever names somebody else and signs in as themselves gets their own data, at their own address."""
        case_id = asked(house, Right.ACCESS, customer_no=house.company.subject.customer_no)
        opened(visitor, case_id)

        self.sign_in(visitor, "bob")
        house.run(case_id)

        request = subject_request(case_id)
        assert request.identity == {"customer_no": [house.company.others[0].customer_no]}
        assert request.reply_to == house.company.others[0].email

    def test_account_without_a_verified_address_or_a_key_proves_nothing(self, visitor: Browser, house: House) -> None:
        """A person checks in another way."""
        case_id = asked(house, Right.ACCESS, email="new@example.net")
        opened(visitor, case_id)

        assert "could not be used" in self.sign_in(visitor, "new")
        assert state(house, case_id) is CaseState.IDENTITY_ASKED

    def test_answer_is_used_once_and_by_its_own_visit(self, visitor: Browser, house: House) -> None:
        """A stolen or replayed address opens nothing (state, RFC 6749 section 10.12)."""
        case_id = asked(house, Right.ACCESS, email=house.company.subject.email)
        opened(visitor, case_id)
        address = come_back(visitor, "ana")

        with browsing(public_site(house.installation)) as stranger:
            opened(stranger, case_id)
            assert "could not be used" in stranger.get(address).text
        assert "we go on" in visitor.get(address).text
        assert "could not be used" in visitor.get(address).text

    def test_changed_answer_is_refused(self, visitor: Browser, house: House) -> None:
        """Another state, another code, none at all."""
        case_id = asked(house, Right.ACCESS, email=house.company.subject.email)
        opened(visitor, case_id)
        for change in (r"state=[^&]+", r"code=[^&]+", r"\?.*"):
            address = re.sub(change, lambda found: f"{found[0].partition('=')[0]}=x", come_back(visitor, "ana"))
            assert "could not be used" in visitor.get(address).text
        assert state(house, case_id) is CaseState.IDENTITY_ASKED

    def test_provider_that_is_away_is_told(self, visitor: Browser, house: House) -> None:
        """Nothing breaks, and another way stays open."""
        case_id = asked(house, Right.ACCESS, email=house.company.subject.email)
        opened(visitor, case_id)
        _give(house, ClientSpace(issuer="http://localhost:9", client_id="x", keys={"customer_no": "number"}))
        with browsing(public_site(house.installation)) as other:
            opened(other, case_id)
            assert "could not be used" in other.get("/client-space/start").text


def come_back(visitor: Browser, sub: str) -> str:
    """Path and query that the provider sends somebody back to, who signed in there."""
    started = visitor.call("GET", "/client-space/start", follow_redirects=False)
    address = started.headers["location"]
    assert parse_qs(urlsplit(address).query)["code_challenge_method"] == ["S256"]
    back = httpx.post(address, data={"sub": sub}, follow_redirects=False, trust_env=False)
    where = urlsplit(back.headers["location"])
    assert f"{where.scheme}://{where.netloc}" == _SITE
    return f"{where.path}?{where.query}"


def _give(house: House, space: ClientSpace) -> None:
    """Have the organisation say that it has a client space."""
    provided = house.installation.services
    profile = provided.organisation.model_copy(update={"client_space": space})
    vars(house.installation)["services"] = replace(provided, organisation=profile)


def _shape(page: str) -> str:
    """A page without what is different each time."""
    page = re.sub(r'value="[^"]{20,}"', "", page)
    return re.sub(r"C-[0-9A-Z]{4}-[0-9A-Z]{4}", "CASE", page)
