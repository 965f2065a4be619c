"""Compiled templates, kept for the next process of this account: compiling is a fifth of what a flow run does.

Kept for one form and one version of the environment, since the same template compiles to other code where text is
escaped. A file counts only whole, for the very text it was compiled from. What cannot be kept or read is compiled:
nothing but time is lost.
"""

import hashlib
import marshal
from contextlib import suppress
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from typing import Final
from uuid import uuid4

import jinja2
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket, BytecodeCache

__all__ = ["compiled_templates"]

_DIGEST: Final = hashlib.sha256().digest_size


class _Kept(FileSystemBytecodeCache):
    """Files in a folder that its owner alone enters: the digest of the code, then the code."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take the code of a template, where it is there and whole."""
        with suppress(OSError):
            raw = self._file(bucket).read_bytes()
            if len(raw) > _DIGEST and hashlib.sha256(raw[_DIGEST:]).digest() == raw[:_DIGEST]:
                bucket.code = marshal.loads(raw[_DIGEST:])  # noqa: S302  # ours: the folder is closed to others

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled, where there is room."""
        code = marshal.dumps(bucket.code)
        file = self._file(bucket)
        draft = file.with_suffix(f".{uuid4().hex}")
        try:
            draft.write_bytes(hashlib.sha256(code).digest() + code)
            draft.replace(file)
        except OSError:
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def _file(self, bucket: Bucket) -> Path:
        return Path(self._get_cache_filename(bucket)).with_suffix(f".{bucket.checksum}")


def compiled_templates(form: str, environment: Path) -> BytecodeCache | None:
    """The cache of a form; None where this machine has no folder that is ours alone.

    Args:
        form: which form the templates are put into.
        environment: the module that makes the environment; another version of it compiles anew.
    """
    known = environment.read_bytes() + jinja2.__version__.encode() + MAGIC_NUMBER
    try:
        return _Kept(pattern=f"rightsflow-{form}-{hashlib.sha256(known).hexdigest()[:16]}-%s.code")
    except (OSError, RuntimeError):
        return None
