"""The intake site's door: what people do on its pages, done by tasks."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import cached_property
from typing import BinaryIO

from data_contracts.case.documents import Document, DocumentKind
from data_contracts.case.links import LinkPurpose
from data_contracts.company.company import Organisation
from data_contracts.doors.pages import CaseStatus, Receipt, SignIn, Submitted
from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import AccessTreatment, Rectification
from flows.doors.submitting import register_submitted
from flows.doors.withdrawing import take_back_by_link, withdraw_unproven
from flows.runs.case_runs import wake_soon
from flows.wiring import Installation
from tasks.identity.client_space import prove_by_account
from tasks.identity.documents import keep_document
from tasks.identity.facts import take_facts
from tasks.identity.link import confirm_identity, deny_identity
from tasks.intake.public_status import is_status_code, make_status_code, public_status, status_of
from tasks.life.contact_changes import stop_change
from tasks.life.cooling_off import may_take_back
from tasks.notices.links import look_at_link
from tasks.notices.packages import hand_over, send_new_link
from tasks.services import use


class PublicDoor:
    """An installation as visitors may reach it, in whichever thread a call comes."""

    def __init__(self, installation: Installation) -> None:
        """Keep the installation; its services are made now, once for all threads."""
        self._installation = installation
        self._services = installation.services

    @property
    def organisation(self) -> Organisation:
        """Who we are."""
        return self._services.organisation

    @cached_property
    def identity_labels(self) -> Mapping[str, Mapping[str, str]]:
        """What a form may ask for to find somebody."""
        kinds = self._services.contracts.vocabulary.identities
        return {name: kind.label for name, kind in kinds.items() if kind.intake}

    @cached_property
    def rectifiable(self) -> Mapping[str, Mapping[str, str]]:
        """What can be put right on request: each category by the label of its first column."""
        columns = (column for table in self._services.contracts.tables() for column in table.rules)
        may_change = (Rectification.DECLARED, Rectification.PROOF)
        found: dict[str, Mapping[str, str]] = {}
        for column in columns:
            if column.rectify in may_change and column.labels and column.access is not AccessTreatment.REVIEW:
                found.setdefault(column.category, column.labels)
        return found

    @cached_property
    def partners(self) -> Mapping[str, str]:
        """Whom portable data can be sent to."""
        parties = self._services.contracts.vocabulary.parties
        return {key: party.name for key, party in parties.items() if party.portability is not None}

    @cached_property
    def purposes(self) -> Mapping[str, Mapping[str, str]]:
        """What can be objected to: purposes on a public task or a legitimate interest (Art. 21(1)), and advertising."""
        purposes = self._services.contracts.vocabulary.purposes
        return {key: purpose.label for key, purpose in purposes.items() if purpose.basis.value[-1] in "ef"}

    def count(self, key: str, window: timedelta) -> int:
        """Count one try under a key."""
        return self._services.register.count_call(key, window, self._services.now())

    def uncount(self, key: str, window: timedelta) -> None:
        """Give one try back."""
        self._services.register.uncount_call(key, window, self._services.now())

    def register(self, submitted: Submitted) -> Receipt:
        """Register a request durably; sealed when this returns."""
        with use(self._services):
            case = register_submitted(submitted, prefix="form")
            return Receipt(case.case_id, make_status_code(case.case_id), case.response_due)

    def link_case(self, token: str) -> CaseStatus | None:
        """The case that an identity link is about, while it is in force."""
        with use(self._services):
            link = look_at_link(token, LinkPurpose.IDENTITY)
            return status_of(link.case_id) if link else None

    def confirm(self, token: str) -> str:
        """The reader of the mailbox confirms that it is them."""
        return self._taken_in(confirm_identity, token)

    def deny(self, token: str) -> str:
        """The reader of the mailbox says that it was not them."""
        return self._taken_in(deny_identity, token)

    def stop_case(self, token: str) -> CaseStatus | None:
        """The case whose change of contacts a link stops, while it is in force."""
        with use(self._services):
            link = look_at_link(token, LinkPurpose.STOP_CHANGE)
            return status_of(link.case_id) if link else None

    def stop_change(self, token: str) -> str:
        """Whoever reads the old address stops the change."""
        return self._taken_in(stop_change, token)

    def take_back_case(self, token: str) -> CaseStatus | None:
        """The case that a link takes back, while it is in force and nothing was done."""
        with use(self._services):
            link = look_at_link(token, LinkPurpose.TAKE_BACK)
            return status_of(link.case_id) if link and may_take_back(link.case_id) else None

    def take_back(self, token: str) -> str:
        """The reader of the proven address takes the request back."""
        return self._taken_in(take_back_by_link, token)

    def is_package_link(self, token: str) -> bool:
        """Whether a link opens a package now."""
        with use(self._services):
            return look_at_link(token, LinkPurpose.PACKAGE) is not None

    def package(self, token: str) -> tuple[str, AbstractContextManager[BinaryIO]]:
        """The case and its package, once."""
        with use(self._services):
            return hand_over(token)

    def ask_package_link(self, case_id: str, code: str) -> None:
        """Have a new link to the package sent to the proven address."""
        with use(self._services):
            if is_status_code(case_id, code):
                send_new_link(case_id)

    def withdraw(self, case_id: str, code: str) -> bool:
        """Take a request back that nobody was proven to have made yet."""
        with use(self._services):
            return is_status_code(case_id, code) and withdraw_unproven(case_id, by="holder of the receipt")

    @cached_property
    def fact_labels(self) -> Mapping[str, Mapping[str, str]]:
        """What may be asked where knowledge is enough."""
        wanted = self._services.policy.identity_facts
        tables = {name: self._services.contracts.table(*name.split(".")[:2]) for name in wanted}
        return {name: table.column(name.split(".")[2]).labels for name, table in tables.items()}

    @cached_property
    def sign_in(self) -> SignIn | None:
        """How people sign in to the client space."""
        space = self._services.organisation.client_space
        if space is None or not self._services.site_url:
            return None
        secret = self._installation.settings.client_space_secret.get_secret_value()
        return SignIn(space, secret, f"{self._services.site_url}/client-space")

    def prove_by_account(self, case_id: str, code: str, claims: Mapping[str, object]) -> None:
        """Take in who signed in."""
        with use(self._services):
            _require_code(case_id, code)
            prove_by_account(case_id, claims)
            self._wake(case_id)

    def take_facts(self, case_id: str, code: str, typed: Mapping[str, str]) -> None:
        """Take in what somebody says they know."""
        with use(self._services):
            _require_code(case_id, code)
            take_facts(case_id, typed)
            self._wake(case_id)

    def send_document(self, case_id: str, code: str, kind: DocumentKind, document: Document) -> None:
        """Seal a document that was sent as proof."""
        with use(self._services):
            _require_code(case_id, code)
            keep_document(case_id, kind, document)

    def _taken_in(self, take_in: Callable[[str], str], token: str) -> str:
        with use(self._services):
            case_id = take_in(token)
            self._wake(case_id)
            return case_id

    def _wake(self, case_id: str) -> None:
        """Let the case go on now."""
        wake_soon(self._services.register.case(case_id))

    def status(self, case_id: str, code: str) -> CaseStatus | None:
        """Where a case stands."""
        with use(self._services):
            return public_status(case_id, code)


def _require_code(case_id: str, code: str) -> None:
    if not is_status_code(case_id, code):
        raise RequestInvalid("the code does not open this case", where="code", remedy="open it again")
