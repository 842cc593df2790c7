"""What schemathesis cannot learn from openapi.yaml, so that every valid request that
it makes has to be accepted."""

import datetime
import struct
import zlib

import schemathesis
from hypothesis import strategies as st


def png(seed: int) -> bytes:
    """A small picture of made-up shades."""
    side = 16
    rows = b"".join(b"\0" + bytes((seed * x * y) % 256 for x in range(side)) for y in range(side))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


schemathesis.openapi.media_type("image/png", st.sampled_from([png(seed) for seed in range(1, 6)]))

# Times that the service's clock allows. They ascend with the text, so that a session's can be
# put in order.
schemathesis.openapi.format(
    "date-time",
    st.datetimes(datetime.datetime(2000, 1, 1), datetime.datetime(2026, 1, 1)).map(lambda t: t.isoformat(timespec="microseconds") + "Z"),
)


def records(body):
    return body if isinstance(body, list) else [body]


def is_valid(case) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def filter_case(context, case) -> bool:
    """Leaves out valid requests that cannot be made here: pictures in parts, and of the other types."""
    if not is_valid(case) or case.path != "/v1/frames":
        return True
    return case.media_type in ("application/json", "image/png")


@schemathesis.hook
def before_call(context, case, **kwargs):
    """Gives a valid request what the document cannot say: the key's platform, an order of
    times, and which parameters a single picture needs and others must not have."""
    if not is_valid(case):
        return
    query, headers = case.query, case.headers
    if case.media_type == "image/png":
        query.setdefault("stream", "s")
        query["time"] = "2026-01-02T03:04:05Z"
        if "platform" in query:
            query["platform"] = "here"
        headers.pop("Vigil-Account", None)
        if "subject" not in query:
            headers["Vigil-Account"] = "user%20%C3%BC"
    if case.media_type != "application/json":
        return
    if case.path == "/v1/frames":
        query.clear()
        headers.pop("Vigil-Account", None)
    for record in records(case.body):
        if "platform" in record:
            record["platform"] = "here"
        if "account" in record and not record["account"].strip():
            record["account"] = "user"
        if "started_at" in record and record["started_at"] > record["time"]:
            record["started_at"], record["time"] = record["time"], record["started_at"]
