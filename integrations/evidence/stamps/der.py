"""Brings a reply into the order that DER asks of a set, where the authority did not (X.690, section 11.6).

OpenSSL, and with it many authorities, writes the certificates of a token as they come; the library reads DER alone.
What is signed is not among them: their order proves nothing and may be put right. What is kept stays as it came.
"""

from collections.abc import Iterator
from typing import Final

_SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
_CONTEXT_0: Final = 0xA0
_LONG: Final = 0x80


def in_order(reply: bytes) -> bytes:
    """The reply with the certificates of its token in order; as it is where no token can be told.

    Raises:
        ValueError: when lengths do not fit.
    """
    response = next(_parts(reply, 0, len(reply)))
    inside = list(_parts(reply, *response[1:]))
    if len(inside) < 2:  # noqa: PLR2004  # a status alone: nothing was granted
        return reply
    content = list(_parts(reply, *inside[1][1:]))
    if len(content) != 2 or reply[slice(*_whole(content[0], reply))] != _SIGNED_DATA:  # noqa: PLR2004  # type and content
        return reply
    signed = next(_parts(reply, *content[1][1:]))
    for tag, start, end in _parts(reply, *signed[1:]):
        if tag == _CONTEXT_0:
            places = list(_parts(reply, start, end))
            ends = [end for _, _, end in places]
            begins = [start, *ends[:-1]]
            certificates = sorted(reply[begin:end] for begin, end in zip(begins, ends, strict=True))
            return reply[:start] + b"".join(certificates) + reply[end:]
    return reply


def _whole(part: tuple[int, int, int], reply: bytes) -> tuple[int, int]:
    """Where a short part begins, with its tag and length, and ends."""
    _, start, end = part
    return start - 2, min(end, len(reply))


def _parts(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Tag, begin and end of the content of each value between two places."""
    while start < end:
        if start + 2 > end:
            raise ValueError("a length is missing")
        tag, length, content = data[start], data[start + 1], start + 2
        if length & _LONG:
            digits = length & ~_LONG
            if not digits or digits > 4 or content + digits > end:  # noqa: PLR2004  # 4 GB
                raise ValueError("a length is none")
            length = int.from_bytes(data[content : content + digits])
            content += digits
        if content + length > end:
            raise ValueError("a length is too large")
        yield tag, content, content + length
        start = content + length
