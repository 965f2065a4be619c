"""The shapes of the log: a leaf's bytes and a checkpoint's text."""

from datetime import UTC, datetime

import pytest

from data_contracts.evidence.log import Checkpoint, LogLeaf, read_body
from data_contracts.evidence.merkle import leaf_hash

CHECKPOINT = Checkpoint("rightsflow.log/1", 1204, b"r" * 32, datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
BODY = "rightsflow.log/1\n1204\ncnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\ntime 2026-03-02T09:30:00+00:00\n"


def test_leaf_is_canonical() -> None:
    """An auditor makes the same bytes of what a line of the log says."""
    leaf = LogLeaf("C-7K3M-9QXT", 3, "ab" * 32)

    assert leaf.data() == b'{"case":"C-7K3M-9QXT","record":"' + b"ab" * 32 + b'","seq":3}'
    assert leaf.hash() == leaf_hash(leaf.data())


def test_checkpoint_is_written_as_logs_write_it() -> None:
    """Origin, size and root in their lines (C2SP tlog-checkpoint), and the time in one of ours."""
    assert CHECKPOINT.body() == BODY
    assert read_body(BODY) == CHECKPOINT


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("rightsflow.log/1\n", "\n"),
        ("1204", "01204"),
        ("1204", "-1"),
        ("1204", "many"),
        ("cnJy", "cnJ"),
        ("cnJy", ""),
        ("time 2026", "2026"),
        ("2026-03-02T", "2026-13-02T"),
        ("+00:00\n", "+00:00\nmore\n"),
        ("+00:00\n", "+00:00"),
    ],
)
def test_other_texts_are_no_checkpoint(right: str, wrong: str) -> None:
    """There is one way to write one."""
    with pytest.raises(ValueError, match="not a checkpoint"):
        read_body(BODY.replace(right, wrong, 1))
