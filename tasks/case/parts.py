"""Sealed parts of a case that a later step needs: named in the receipt of the step that made them.

An absent thing is never an empty thing. Where a receipt names a part and the vault does not hold it (a vault older than
the register, a blob that was lost), nothing is concluded from its absence: a person is told.

What was named before the case was archived was destroyed then, but for what the receipt of that step names itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from data_contracts.case.ledger import StepEntry
from data_contracts.case.runs import is_run
from data_contracts.connectors.recovering import ENDED
from data_contracts.errors import VaultSealed
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import CaseState, Gate
from tasks.services import services
from tasks.steps.ledger import is_done

PARTS: Final = "parts"
"""Key of a receipt: names of sealed parts, as a sorted list."""
_MARK: Final = "#"
"""How names of parts begin among the counts of a system that was measured."""
_SEALED: Final = "sealed"
"""Step of the ledger: a part was sealed that no other step's receipt names yet."""
_GOES_ON: Final = frozenset({"", "incomplete"})
"""Outcomes of a run that is carried on, with what was sealed of it."""
_REASON: Final = "reason."
_ARCHIVE: Final = ("archive", "")
_DESTROYING: Final = frozenset({"purge", "restriction forgotten", ENDED})
"""Steps that destroy whatever was sealed of the case."""
_OUTLAST: Final = ("proven", "restricted.", "told.", "package.zip")
"""How names begin of what a case can keep that is archived."""


def has_part(case_id: str, name: str) -> bool:
    """Whether a part is sealed; False where no step of the case says that it made it.

    Raises:
        VaultSealed: when one says so, and it is gone.
    """
    if services().vault.has(case_id, name):
        return True
    if _is_ever_named(case_id, name) and name in named_parts(case_id):
        raise lost(case_id, name)
    return False


def require_parts(case_id: str, names: Iterable[str]) -> None:
    """That parts are sealed.

    Raises:
        VaultSealed: when one is not; the first is named.
    """
    held = set(services().vault.names(case_id))
    for name in sorted(names):
        if name not in held:
            raise lost(case_id, name)


def named_parts(case_id: str) -> frozenset[str]:
    """Names of the parts that steps of the case made and nothing has destroyed since."""
    done = {place: entry for place, entry in services().register.steps(case_id).items() if entry.state == "done"}
    if any(step in _DESTROYING for step, _ in done) or _is_ended_run(case_id):
        return frozenset()
    if _ARCHIVE in done:
        return _named(done[_ARCHIVE]) | frozenset(_reasons(case_id, is_archived=True))
    made = frozenset[str]().union(*map(_named, done.values()), _reasons(case_id, is_archived=False))
    if not is_run(case_id) and services().register.case(case_id).state is CaseState.SUBJECT_TOLD:
        # Archiving may have begun, and was cut off.
        return frozenset(name for name in made if name.startswith(_OUTLAST))
    return made


def _is_ended_run(name: str) -> bool:
    """Whether a run is over, with which what was sealed of it was destroyed."""
    return is_run(name) and services().register.run(name).outcome not in _GOES_ON


def _is_ever_named(case_id: str, name: str) -> bool:
    """Whether anything may say that it made a part; of most that are absent nothing does, and gates are not read."""
    if name.startswith(_REASON):
        return True
    steps = services().register.steps(case_id).values()
    return any(name in _named(entry) for entry in steps if entry.state == "done")


def note_sealed(case_id: str, name: str) -> None:
    """Note that a part was sealed, before anything is done that it is needed for."""
    services().register.complete(case_id, _SEALED, name, receipt={PARTS: [name]}, record=None)


def was_sealed(case_id: str, name: str) -> bool:
    """Whether it was noted that a part was sealed."""
    return is_done(case_id, _SEALED, name)


def named_by(case_id: str, step: str) -> frozenset[str]:
    """Names of the parts that one step of the case made; none while it is not done."""
    entry = services().register.step(case_id, step)
    return _named(entry) if entry is not None and entry.state == "done" else frozenset()


def lost(case_id: str, name: str) -> VaultSealed:
    """The error for a part that is gone."""
    return VaultSealed(
        "a sealed part that this step needs is not in the vault any more, though a step before made it",
        where=f"{case_id}, {name}",
        remedy="bring back the vault's blobs that are as young as the register, then run the case again",
    )


def reason_name(gate: Gate, subject: str, number: int) -> str:
    """The vault's name of the reason that the answer of that number gave."""
    return f"{_REASON}{gate.value}.{subject.replace(':', '.') or 'case'}.{number}"


# --- parts of a system that is measured ------------------------------------------------------------------------------


def parts_of_system(case_id: str, system: str, kinds: Iterable[str]) -> dict[str, int]:
    """What was sealed of one system, to stand among its counts; :func:`measured_parts` reads it."""
    wanted = {f"{kind}.{system}" for kind in kinds}
    return {f"{_MARK}{name}": 1 for name in services().vault.names(case_id) if name in wanted}


def measured_parts(counts: Mapping[str, Mapping[str, int]]) -> frozenset[str]:
    """Names of the parts that were sealed while systems were measured."""
    return frozenset(name[1:] for own in counts.values() for name in own if name[:1] == _MARK)


def _named(entry: StepEntry) -> frozenset[str]:
    found = entry.receipt.get(PARTS, ())
    return frozenset(map(str, found)) if isinstance(found, list | tuple) else frozenset()


def _reasons(case_id: str, *, is_archived: bool) -> Iterator[str]:
    """Reasons that people gave at gates of the case; after it was archived, those that were given since."""
    register = services().register
    since = register.case(case_id).closed_at if is_archived else None
    gates: Iterable[GateEntry] = register.gates(case_id)
    for gate in gates:
        for number, answer in enumerate(gate.answers):
            if answer.reason_digest and (not is_archived or (since is not None and answer.at > since)):
                yield reason_name(gate.gate, gate.subject, number)
