"""What schemathesis cannot learn from openapi.yaml, so that every valid request that
it makes has to be accepted."""

import struct
import zlib

import schemathesis
from hypothesis import strategies as st

# What JSON Schema cannot say, since it goes by another parameter or by the body: how many
# hexadecimal digits a signal of each type has, and which types each field's file has.
DIGITS = {"pdq": 64, "video_md5": 32, "video_sha256": 64}
TYPES = {"photo": {"pdq"}, "video": {"video_md5", "video_sha256"}}


def png(seed: int) -> bytes:
    """A picture with enough detail to be looked up: squares of made-up shades."""
    side, cell = 64, 8
    shades = [(seed * 7919 + i * i * 2654435761 >> 7) % 256 for i in range((side // cell) ** 2)]
    rows = b"".join(
        b"\0" + bytes(shades[y // cell * (side // cell) + x // cell] for x in range(side))
        for y in range(side)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


# The service goes by what the bytes are, so that one kind of picture stands for all.
schemathesis.openapi.media_type(
    "image/png", st.sampled_from([png(seed) for seed in range(1, 6)]), aliases=["image/jpeg", "image/webp"]
)


@schemathesis.hook
def filter_case(context, case) -> bool:
    """Leaves out what the document allows and the above does not, where a valid request is meant."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return True
    query = case.query or {}
    if "signal" in query:
        return len(str(query["signal"])) == DIGITS.get(query.get("signal_type"))
    # A form's field names are written as they are, also those that break the part's header.
    if case.media_type == "multipart/form-data" and not all(name.isprintable() for name in case.body):
        return False
    if "types" in query and isinstance(case.body, dict):
        types = {name.strip() for name in query["types"].split(",")} - {""}
        return all(types <= TYPES[field] for field in case.body if field in TYPES)
    return True
