"""A canary: planted in systems, found, changed, erased, looked for, taken away (law 7, docs/adr/0013).

She is a run, and no case: nothing that is told to a data subject, a recipient or a person, and nothing that counts
cases, ever meets her. What finds, changes and erases her is what does so for a data subject. The order:

1. *plant*: her rows are sealed in the vault, then inserted in one transaction;
2. *find*: what the search led to is compared with what was planted; where it led to anybody else's row nothing is
   changed or erased by it;
3. *change* and *erase*, by the orders that a case carries out;
4. *look*: the witness looks for her keys, and what the plan keeps is explained;
5. *take away*: what the contract keeps goes too, by the keys of her rows, for she is nobody;
6. *end*: the witness looks again, and now nothing explains anything.

Each is done once, but for taking away, which is done until it is: a run that was killed goes on with the same canary.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from data_contracts.case.plan import Located
from data_contracts.case.request import Statement, SubjectRequest
from data_contracts.case.runs import Run
from data_contracts.connectors.canaries import CanaryResult, CanaryStanding, CanaryState
from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import Condition, DeleteRows, Selection, When
from data_contracts.connectors.rehearsing import MadeUpRow
from data_contracts.connectors.witnessing import Looked, Testimony
from data_contracts.errors import ActUnproven, ContractMismatch, RightsflowError
from data_contracts.evidence.records import Facts, Record
from data_contracts.vocabulary import Duty
from tasks.act.erasing.moves import also_moved
from tasks.act.erasing.pseudonyms import make_case_key
from tasks.act.erasure import erasing_orders, parts_of, with_row_keys
from tasks.act.rectification import RECTIFY
from tasks.act.views import stale_views
from tasks.canaries.sealed import planted_canary, request_of, seal_canary, sealed_canary, token_of
from tasks.case.clock import today
from tasks.case.sealed import REQUEST, read_located, write_json, write_located
from tasks.proof.witnessing import look
from tasks.rules.act.sequence import system_order
from tasks.rules.act.witness import Explained, explained_after, not_looked, unreached
from tasks.rules.canaries.canary import NAME, Canary, Ground, canary_of, field_to_change, key_of, marker, taking_away
from tasks.rules.search.needles import needles_of
from tasks.rules.search.own_keys import own_keys
from tasks.search.locate import load_search
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.step import always, step

_BEGIN: Final = "canary begin"
_PLANT: Final = "canary plant"
_FIND: Final = "canary find"
_CHANGE: Final = "canary change"
_MEASURE: Final = "canary measure"
_ERASE: Final = "canary erase"
_LOOK: Final = "canary look"
_FAILED: Final = "canary failed"
_END: Final = "canary end"
_PROVEN, _INCOMPLETE = "proven", "incomplete"


def begin_run(systems: Sequence[str]) -> Run:
    """The run that was left open, else a new one, in the register with a first record for each of the systems."""
    provided = services()
    every = provided.register.runs(Duty.CANARY)
    run = next((one for one in every if not one.outcome), None)
    if run is None:
        for ended in every[:1]:
            provided.vault.destroy(ended.run_id)  # where its process was killed before
        run = provided.register.open_run(Duty.CANARY, f"{len(every)}")
    facts: Facts = {"day": today().isoformat(), "contracts": provided.contracts.digest}
    for system in systems:
        record = Record(_BEGIN, system, facts)
        provided.register.complete(run.run_id, _BEGIN, system, receipt=dict(facts), record=record)
    return run


def systems_of(run_id: str) -> list[str]:
    """Systems of a run that still have a contract and are not ended; those that others refer to first."""
    contracts = services().contracts
    open_ones = [
        name for name in contracts.systems if is_done(run_id, _BEGIN, name) and not is_done(run_id, _END, name)
    ]
    return list(reversed(system_order(contracts, open_ones)))


@step("plant canary", watched=always)
def plant(run_id: str, system: str) -> int:
    """Plant her, unless she is there; in how many tables.

    Raises:
        ContractMismatch: when the system refuses a row; nothing was planted.
    """
    register = services().register
    if register.claim(run_id, _PLANT, system).state != "done":
        canary = sealed_canary(run_id, system)
        if canary is None or not _is_there(system, canary):
            canary = _made(run_id, system)
            seal_canary(run_id, system, canary)
            services().systems.connector(system).plant(canary.rows)
        facts: Facts = {"planted": [row.table for row in canary.rows], "left_out": list(canary.left_out)}
        register.complete(run_id, _PLANT, system, receipt=dict(facts), record=Record(_PLANT, system, facts))
    return len(planted_canary(run_id, system).rows)


def seal_request(run_id: str) -> list[str]:
    """Seal what she asks for: by which keys she is searched, and what is put right; the systems that she is in."""
    contracts = services().contracts
    systems = [name for name in contracts.systems if is_done(run_id, _PLANT, name)]
    canaries = {name: planted_canary(run_id, name) for name in systems}
    identity: dict[str, dict[str, None]] = {}
    for one in canaries.values():
        for kind, keys in one.identity.items():
            identity.setdefault(kind, {}).update(dict.fromkeys(keys))
    put_right = (field_to_change(contracts.systems[name], one) for name, one in canaries.items())
    request = SubjectRequest(
        identity={kind: list(keys) for kind, keys in identity.items()},
        name=marker(token_of(run_id)),
        statement=Statement(changes=[one for one in put_right if one is not None]),
    )
    write_json(run_id, REQUEST, request.model_dump(mode="json"))
    return systems


@step("find canary", watched=always)
def find(run_id: str, system: str) -> bool:
    """Compare what the search led to with what was planted; whether it led to rows of hers alone."""
    register = services().register
    if register.claim(run_id, _FIND, system).state != "done":
        search = load_search(run_id)
        located = replace(search.located({}), own_keys=own_keys(search))
        write_located(run_id, located)
        missed, astray = _compared(system, planted_canary(run_id, system), located)
        facts: Facts = {"missed": missed, "astray": astray}
        register.complete(run_id, _FIND, system, receipt=dict(facts), record=Record(_FIND, system, facts))
    return not _receipt(run_id, _FIND, system)["astray"]


@step("change canary", watched=always)
def change(run_id: str, system: str) -> str:
    """Put a text of hers right, as a rectification does; the place, empty where no contract lets a request change one.

    Raises:
        ActUnproven: when the system does not hold the new value afterwards.
    """
    provided = services()
    if provided.register.claim(run_id, _CHANGE, system).state != "done":
        orders = RECTIFY.orders(run_id, system)
        place = ""
        if orders:
            provided.systems.connector(system).carry_out(orders)
            wrong = [line for line in RECTIFY.recount(run_id, system) if line.remaining > line.kept]
            if wrong:
                what = f"a value of the canary was put right, and {wrong[0].table} does not hold it ({wrong[0].check})"
                raise ActUnproven(what, where=system, remedy="look for a trigger that writes the old value back")
            asked = (one.field for one in request_of(run_id).statement.changes)
            place = next(name for name in asked if name.startswith(f"{system}."))
        facts: Facts = {"changed": place}
        provided.register.complete(run_id, _CHANGE, system, receipt=dict(facts), record=Record(_CHANGE, system, facts))
    return str(_receipt(run_id, _CHANGE, system)["changed"])


def is_measured(run_id: str, system: str) -> bool:
    """Whether what erasing takes is sealed; it is sealed once, while all of her is there."""
    return is_done(run_id, _MEASURE, system)


def note_measured(run_id: str, system: str) -> None:
    """Keep that what erasing takes is sealed."""
    services().register.complete(run_id, _MEASURE, system, receipt={}, record=None)


@step("erase canary", watched=always)
def erase(run_id: str, system: str) -> int:
    """Erase her as the contract says, by the orders of an erasure; how many rows that touched."""
    provided = services()
    if provided.register.claim(run_id, _ERASE, system).state != "done":
        make_case_key(run_id)
        sequence, again = erasing_orders(run_id, system, today())
        connector = provided.systems.connector(system)
        touched = connector.carry_out([order for _, order in (*sequence, *again)])
        facts: Facts = {"rows": sum(touched[: len(sequence)]), **stale_views(connector)}
        provided.register.complete(run_id, _ERASE, system, receipt=dict(facts), record=Record(_ERASE, system, facts))
    return int(_receipt(run_id, _ERASE, system)["rows"])


@step("look for canary", watched=always)
def look_for(run_id: str, system: str) -> int:
    """Look for her keys, raw, after she was erased; how many places hold one that the plan does not explain."""
    register = services().register
    if register.claim(run_id, _LOOK, system).state != "done":
        located = with_row_keys(run_id, read_located(run_id), system)
        contract = services().contracts.systems[system]
        explained = explained_after(contract, located, parts_of(run_id, system, today()))
        # Rows that the search missed are all still there; they are looked for once they are taken away.
        is_missed = bool(_receipt(run_id, _FIND, system)["missed"])
        facts = _NOTHING if is_missed else _seen(system, _looked(run_id, system, explained))
        register.complete(run_id, _LOOK, system, receipt=facts, record=Record(_LOOK, system, facts))
    return len(_receipt(run_id, _LOOK, system)["left"])


@step("take canary away", watched=always)
def take_away(run_id: str, system: str) -> None:
    """Delete what is left of her rows by their keys, whatever the contract keeps; safe to call again."""
    canary = sealed_canary(run_id, system)
    if canary is None or not (is_done(run_id, _PLANT, system) or _is_there(system, canary)):
        return  # she was never planted: a key of hers may be somebody else's
    connector = services().systems.connector(system)
    orders = taking_away(services().contracts.systems[system], canary)
    connector.carry_out([DeleteRows(also_moved(run_id, system, order.selection)) for order in orders])
    stale_views(connector)


@step("end canary", watched=always)
def end_in(run_id: str, system: str, failed: str = "") -> CanaryResult:
    """Look for her once more in a system, where nothing explains anything now, and keep the result.

    Args:
        run_id: the run.
        system: where.
        failed: what went wrong on the way; empty: nothing.
    """
    provided = services()
    if provided.register.claim(run_id, _END, system).state != "done":
        last = _seen(system, _looked(run_id, system, {})) if is_done(run_id, _PLANT, system) else _NOTHING
        result = _result(run_id, system, last, failed)
        facts = result.facts()
        provided.register.complete(run_id, _END, system, receipt=facts, record=Record(_END, system, facts))
    return CanaryResult.of(_receipt(run_id, _END, system))


def close_run(run_id: str) -> None:
    """Close a run once each of its systems is ended; her keys are destroyed with it."""
    provided = services()
    if systems_of(run_id):
        return
    steps = provided.register.steps(run_id).items()
    results = [CanaryResult.of(entry.receipt) for (name, system), entry in steps if name == _END and system]
    outcome = _PROVEN if all(one.state is CanaryState.CLEAN for one in results) else _INCOMPLETE
    facts: Facts = {"outcome": outcome}
    record = Record(_END, "", facts)
    provided.register.complete(run_id, _END, receipt=dict(facts), record=record, outcome=outcome)
    provided.vault.destroy(run_id)


def note_failure(run_id: str, system: str, error: RightsflowError) -> None:
    """Keep why a run did not end; the next run goes on with it."""
    steps = services().register.steps(run_id)
    number = sum(name.startswith(_FAILED) for name, _ in steps) + 1
    facts: Facts = {"why": str(error)}
    record = Record(_FAILED, system, facts)
    services().register.complete(run_id, f"{_FAILED} {number:06}", system, receipt=dict(facts), record=record)


def standing_of(system: str) -> CanaryStanding:
    """How a system stands with its canary, by its last run."""
    register = services().register
    if not services().contracts.systems[system].canary:
        return CanaryStanding(system, CanaryState.NOT_ALLOWED)
    own = [run for run in register.runs(Duty.CANARY) if is_done(run.run_id, _BEGIN, system)]
    if not own:
        return CanaryStanding(system, CanaryState.NEVER)
    ended = next((run for run in own if is_done(run.run_id, _END, system)), None)
    result = CanaryResult.of(_receipt(ended.run_id, _END, system)) if ended else None
    if ended == own[0] and result is not None:
        return CanaryStanding(system, result.state, result.at, result)
    return CanaryStanding(system, CanaryState.UNFINISHED, own[0].opened_at, result, _why(own[0].run_id, system))


# --- where she is planted ------------------------------------------------------------------------------------------


def _made(run_id: str, system: str) -> Canary:
    provided = services()
    connector = provided.systems.connector(system)
    contract = provided.contracts.systems[system]
    before = [name for name in provided.contracts.systems if is_done(run_id, _PLANT, name)]
    elsewhere = {(name, row.table): row.values for name in before for row in planted_canary(run_id, name).rows}
    ground = Ground(provided.contracts, contract, connector.describe(), elsewhere)
    canary = canary_of(ground, token_of(run_id), _Borrowing(connector))
    if not canary.rows:
        raise ContractMismatch(
            "a canary cannot be planted: no table that a search reaches takes a row of hers",
            where=system,
            remedy="let the systems that it refers to have one as well, or take `canary` out of its contract",
        )
    return canary


class _Borrowing:
    """Gives keys of rows that are nobody's, such as a product's."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def __call__(self, table: str, columns: tuple[str, ...]) -> tuple[object, ...] | None:
        """The key of the first row there is."""
        contract = services().contracts.systems[self._connector.system]
        if table not in {one.name for one in contract.tables}:
            return None
        for batch in self._connector.read(Selection(table, (), reads_every_row=True), columns):
            if batch.num_rows:
                return tuple(batch.column(number)[0].as_py() for number in range(len(columns)))
        return None


def _receipt(run_id: str, name: str, system: str) -> Mapping[str, Any]:
    entry = services().register.step(run_id, name, system)
    return entry.receipt if entry is not None else {}


def _why(run_id: str, system: str) -> str:
    steps = services().register.steps(run_id).items()
    noted = sorted((name, entry) for (name, where), entry in steps if name.startswith(_FAILED) and where == system)
    return str(noted[-1][1].receipt["why"]) if noted else ""


# --- what is there -----------------------------------------------------------------------------------------------


def _is_there(system: str, canary: Canary) -> bool:
    """Whether a row of hers stands in the system: one with its key, in which a key of hers stands as well."""
    contract, asked = services().contracts.systems[system], []
    for row in canary.rows:
        table = contract.table(row.table)
        key = key_of(table, row.values)
        held = ((c.name, row.values.get(c.name)) for c in table.identities if c.inside is None)
        whens = tuple(When(name, (str(value),)) for name, value in held if value is not None)
        if whens and key:
            asked.append(replace(_row_of(row, key), when=whens))
    return any(services().systems.connector(system).count(asked))


def _compared(system: str, canary: Canary, located: Located) -> tuple[list[str], list[str]]:
    """Tables of which the search did not find her row, and tables of which it found rows of others."""
    contract, connector = services().contracts.systems[system], services().systems.connector(system)
    planted = {row.table: row for row in canary.rows}
    missed, astray = [], []
    for table in contract.tables:
        ways, row = located.conditions.get((system, table.name), ()), planted.get(table.name)
        hers = _row_of(row, key_of(table, row.values)) if row else Selection(table.name, ())
        found = Selection(table.name, ways, spared=hers.conditions)
        there, unfound, others = connector.count([hers, replace(hers, spared=ways), found])
        if row and (unfound or not there):
            missed.append(table.name)
        if others:
            astray.append(table.name)
    return missed, astray


def _row_of(row: MadeUpRow, key: tuple[str, ...]) -> Selection:
    return Selection(row.table, (Condition(key, frozenset({tuple(row.values[name] for name in key)})),))


# --- what the witness says ---------------------------------------------------------------------------------------

_NOTHING: Final[dict[str, Any]] = {"left": [], "not_looked": []}


def _looked(run_id: str, system: str, explained: Explained) -> list[Looked]:
    vocabulary = services().contracts.vocabulary
    rules = {kind: one.normalise for kind, one in vocabulary.identities.items()}
    keys = {**request_of(run_id).identity, NAME: [marker(token_of(run_id))]}
    needles, _short = needles_of(keys, rules, vocabulary.company.country)
    return look(system, Testimony(needles, explained))


def _seen(system: str, seen: Iterable[Looked]) -> dict[str, Any]:
    looked = list(seen)
    return {
        "left": sorted({one.place for one in unreached(system, looked)}),
        "not_looked": [f"{place} ({why})" for place, why in not_looked(system, looked)],
    }


def _result(run_id: str, system: str, last: Mapping[str, Any], failed: str) -> CanaryResult:
    planted, found, changed, erased, first = (
        _receipt(run_id, name, system) for name in (_PLANT, _FIND, _CHANGE, _ERASE, _LOOK)
    )
    return CanaryResult(
        run_id=run_id,
        system=system,
        at=services().now(),
        planted=tuple(planted.get("planted", ())),
        left_out=tuple(planted.get("left_out", ())),
        missed=tuple(found.get("missed", ())),
        astray=tuple(found.get("astray", ())),
        changed=str(changed.get("changed", "")),
        erased=int(erased.get("rows", 0)),
        left=tuple(sorted({*first.get("left", ()), *last["left"]})),
        not_looked=tuple(sorted({*first.get("not_looked", ()), *last["not_looked"]})),
        failed=failed,
    )
