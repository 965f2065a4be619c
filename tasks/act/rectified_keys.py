"""What was said under an identity key goes on to hold under the right one (Art. 16, 18, 21; charter 2.4).

The ledger of consents and objections and the list of restrictions know people by keyed digests of their keys. When a
wrong address is put right, an objection under the wrong one would be heard no more. So, once the change is proven:

1. restrictions, objections and withdrawals are noted under the new key too, whichever old key they stand under;
2. everything else (consents) only where the old key is one that the verified data subject gave: a consent is never
   taken from an address that may have been somebody else's (Art. 7(1));
3. the case is known by the new key, so that a later request of the same person is linked to it.

What stands under the old keys stays. Noted again, nothing changes.
"""

from collections.abc import Iterator
from dataclasses import replace

from data_contracts.case.confirmed import ACTED, OF_PLAN, Confirmed
from data_contracts.case.permissions import Stance
from data_contracts.case.subjects import SubjectKey
from data_contracts.evidence.records import Record
from tasks.act.rectification import rectified_keys
from tasks.case.sealed import subject_request
from tasks.case.subject_keys import Digests, subject_keys_of
from tasks.services import services
from tasks.steps.acting import act

STEP = "carry keys"
_AGAINST = frozenset({Stance.OBJECTED, Stance.OBJECTION_ENDED, Stance.WITHDRAWN})


@act(STEP)
def carry_keys(case_id: str, confirmed: Confirmed) -> int:
    """Note what stands under old identity keys under the new ones too; the number of entries.

    Raises:
        ActRefused: before the change was approved and proven (law 14).
    """
    register = services().register
    if register.claim(case_id, STEP, confirmed=confirmed, states=ACTED[OF_PLAN]).state == "done":
        return 0
    given = set(subject_keys_of(subject_request(case_id).identity))
    pairs = sorted(set(_pairs(case_id)))
    stances = restrictions = 0
    for old, new in pairs:
        said = register.stances_of([old.digest])
        kept = [replace(entry, key=new) for entry in said if old in given or entry.stance in _AGAINST]
        stances += register.add_stances(kept)
        listed = [replace(one, key=new) for one in register.restrictions_of([old.digest])]
        register.restrict(listed)
        restrictions += len(listed)
    register.put_subject_keys(case_id, [new for _, new in pairs])
    facts = {"stances": stances, "restrictions": restrictions}
    register.complete(
        case_id, STEP, receipt=facts, record=Record(STEP, "", {"stances": stances, "restrictions": restrictions})
    )
    return stances + restrictions


def _pairs(case_id: str) -> Iterator[tuple[SubjectKey, SubjectKey]]:
    """Old and new key of each identity that was put right."""
    digests = Digests()
    for kind, olds, value in rectified_keys(case_id):
        new = digests.of(kind, value)
        for old in olds:
            for before in digests.known(kind, old):
                if new is not None and before != new:
                    yield before, new
