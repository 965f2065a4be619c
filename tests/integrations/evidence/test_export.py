"""The file an auditor gets."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.errors import EvidenceBroken, SystemUnavailable
from integrations.evidence import Ed25519Signer, Export, Fault, read_export, verify_file, write_export
from integrations.evidence.keys import pem_of
from tests.integrations.evidence.conftest import a_chain, without

_DOCUMENT = Path(__file__).parents[3] / "docs" / "prove" / "evidence.md"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, chain: Export) -> Path:
    """An exported case."""
    path = tmp_path_factory.mktemp("export") / "case.jsonl"
    write_export(path, chain)
    return path


@pytest.fixture(scope="module")
def content(file: Path) -> bytes:
    """The bytes of an exported case."""
    return file.read_bytes()


def test_what_was_exported_is_read_back(file: Path, chain: Export) -> None:
    """Nothing of a case's evidence is lost in the file."""
    export = read_export(file)

    assert (export.case_id, export.envelopes, export.head) == (chain.case_id, chain.envelopes, chain.head)
    assert (list(export.keys), export.damage) == (list(chain.keys), ())


def test_a_trusted_key_proves_whose_a_file_is(file: Path, signer: Ed25519Signer) -> None:
    """With a key from elsewhere nothing is taken on trust."""
    verified = verify_file(file, trusted={signer.keyid: signer.public_key})

    assert (verified.is_whole, verified.trust_on_first_use, verified.keyids) == (True, False, (signer.keyid,))


def test_without_a_trusted_key_the_file_is_believed_and_it_is_said(tmp_path: Path, stranger: Ed25519Signer) -> None:
    """A forger's file is whole in itself; the answer says that its key came with it, and which."""
    write_export(tmp_path / "forged.jsonl", a_chain(stranger))

    verified = verify_file(tmp_path / "forged.jsonl", trusted=None)

    assert (verified.is_whole, verified.trust_on_first_use, verified.keyids) == (True, True, (stranger.keyid,))


def test_a_forgers_file_does_not_pass_a_trusted_key(
    tmp_path: Path, signer: Ed25519Signer, stranger: Ed25519Signer
) -> None:
    """The same file is foreign for who knows our key."""
    write_export(tmp_path / "forged.jsonl", a_chain(stranger))

    verified = verify_file(tmp_path / "forged.jsonl", trusted={signer.keyid: signer.public_key})

    assert {finding.fault for finding in verified.findings} == {Fault.FOREIGN_KEY, Fault.HEAD_FORGED}
    assert verified.keyids == ()


def test_a_cut_chain_in_a_file_is_named(tmp_path: Path, chain: Export) -> None:
    """The file of a chain whose last record was removed tells it."""
    write_export(tmp_path / "cut.jsonl", without(chain, 5))

    (finding,) = verify_file(tmp_path / "cut.jsonl", trusted=None).findings

    assert (finding.fault, finding.seq) == (Fault.REMOVED, 5)


def is_noticed(path: Path, content: bytes, signer: Ed25519Signer) -> bool:
    """Whether verifying the content finds fault with it, with and without a trusted key."""
    path.write_bytes(content)
    try:
        found = [verify_file(path, trusted=trusted) for trusted in (None, {signer.keyid: signer.public_key})]
    except EvidenceBroken:
        return True
    return not any(verified.is_whole for verified in found)


@given(data=st.data())
def test_any_changed_byte_is_noticed(file: Path, content: bytes, signer: Ed25519Signer, data: st.DataObject) -> None:
    """Not one byte of an exported file can become another."""
    place = data.draw(st.integers(0, len(content) - 1))
    mask = data.draw(st.integers(1, 255))

    changed = content[:place] + bytes([content[place] ^ mask]) + content[place + 1 :]

    assert is_noticed(file.with_name("changed"), changed, signer)


@given(data=st.data())
def test_any_cut_or_insertion_is_noticed(
    file: Path, content: bytes, signer: Ed25519Signer, data: st.DataObject
) -> None:
    """Nothing can be taken out of an exported file or put into it."""
    start = data.draw(st.integers(0, len(content) - 1))
    end = data.draw(st.integers(start, len(content)))
    put_in = data.draw(st.binary(max_size=3) | st.sampled_from([b" ", b"\n", b"\r\n", b"{}\n"]))
    changed = content[:start] + put_in + content[end:]

    assert changed == content or is_noticed(file.with_name("changed"), changed, signer)


@given(data=st.data())
def test_any_other_order_or_number_of_lines_is_noticed(
    file: Path, content: bytes, signer: Ed25519Signer, data: st.DataObject
) -> None:
    """No line can be moved, doubled or left out."""
    lines = content.splitlines(keepends=True)
    changed = data.draw(st.permutations(lines) | st.lists(st.sampled_from(lines), max_size=len(lines) + 2))

    assert changed == lines or is_noticed(file.with_name("changed"), b"".join(changed), signer)


def test_what_is_no_export_is_refused(tmp_path: Path) -> None:
    """A file of another kind, or none, is an error with a remedy."""
    (tmp_path / "other").write_text("hello")

    for name in ("other", "absent"):
        with pytest.raises(EvidenceBroken, match="Remedy"):
            read_export(tmp_path / name)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, chain: Export) -> None:
    """Exporting into a folder that is not there leaves nothing."""
    with pytest.raises(SystemUnavailable, match="Remedy"):
        write_export(tmp_path / "absent" / "case.jsonl", chain)


def test_a_strangers_key_in_the_file_is_noticed(tmp_path: Path, chain: Export, stranger: Ed25519Signer) -> None:
    """A key that signed nothing has no place in the file."""
    write_export(tmp_path / "case.jsonl", chain)
    write_export(tmp_path / "other.jsonl", a_chain(stranger))
    lines, other = ((tmp_path / name).read_bytes().splitlines(keepends=True) for name in ("case.jsonl", "other.jsonl"))

    (tmp_path / "mixed.jsonl").write_bytes(b"".join([lines[0], other[1], *lines[1:]]))

    assert [one.fault for one in read_export(tmp_path / "mixed.jsonl").damage] == [Fault.FILE_DAMAGED]


def block(language: str) -> str:
    """The first block of that language in the document."""
    found = re.search(rf"```{language}\n(.*?)```", _DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def run_document(folder: Path, chain: Export) -> "subprocess.CompletedProcess[str]":
    """Run the documented script, which knows nothing of our code, over an export of the chain."""
    write_export(folder / "case.jsonl", chain)
    (folder / "trusted.pem").write_text(pem_of(next(iter(chain.keys.values()))))
    (folder / "verify.py").write_text(block("python"), "utf-8")
    command = [sys.executable, "-I", "verify.py", "case.jsonl", "trusted.pem"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_documented_script_verifies_a_whole_chain(tmp_path: Path, chain: Export) -> None:
    """An auditor needs nothing of ours."""
    done = run_document(tmp_path, chain)

    assert (done.returncode, done.stdout, done.stderr) == (0, "C-7K3M-9QXT: 6 records, whole\n", "")


@pytest.mark.parametrize("kind", ["first", "middle", "last", "swapped", "foreign", "no head"])
def test_the_documented_script_notices(tmp_path: Path, chain: Export, stranger: Ed25519Signer, kind: str) -> None:
    """The script finds what our verification finds."""
    changed = {
        "first": without(chain, 0),
        "middle": without(chain, 2),
        "last": without(chain, 5),
        "swapped": replace(chain, envelopes=list(reversed(chain.envelopes))),
        "foreign": replace(a_chain(stranger), keys=chain.keys),
        "no head": replace(chain, head=None),
    }[kind]

    done = run_document(tmp_path, changed)

    assert (done.returncode, done.stderr) == (1, "")


def test_the_documented_commands_verify_a_signature(tmp_path: Path, chain: Export) -> None:
    """OpenSSL agrees about a record's signature, and about what the next one names as the one before."""
    if shutil.which("jq") is None or shutil.which("openssl") is None:
        pytest.skip("jq or openssl is absent")
    run_document(tmp_path, chain)

    done = subprocess.run(
        ["bash", "-ec", block("bash")], cwd=tmp_path, capture_output=True, text=True, check=True, env=os.environ
    )

    assert "Signature Verified Successfully" in done.stdout
