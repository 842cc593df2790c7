"""What schemathesis cannot learn from openapi.yaml, so that every valid request that
it makes has to be accepted."""

import datetime
import os

import schemathesis
from hypothesis import strategies as st

ACTION = os.environ["VIGIL_CONTRACT_ACTION"]
REQUEST = os.environ["VIGIL_CONTRACT_REQUEST"]

# Times that the service's clock allows.
schemathesis.openapi.format(
    "date-time",
    st.datetimes(datetime.datetime(2000, 1, 1), datetime.datetime(2026, 1, 1)).map(lambda t: t.isoformat(timespec="microseconds") + "Z"),
)


def is_valid(case) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(context, case, **kwargs):
    """Gives a valid request an action that the platform was asked for, and words that are an
    objection: the same in each, since an action has one."""
    if not is_valid(case) or not isinstance(case.body, dict):
        return
    if "request_id" in case.body:  # One answer a request: the same in each.
        case.body.clear()
        case.body.update(request_id=REQUEST, account={"subject": "sub_00000000000000000000000000000001", "platform": "demo", "id": "user-4711"})
        return
    for name in ("action_id", "puid"):
        if name in case.body:
            case.body[name] = ACTION
    if "at" in case.body:  # Times that answers had, of what is due, are tried too.
        case.body["at"] = "2026-01-02T03:04:05Z"
    if "objection" in case.body:
        case.body["objection"] = "It was a drawing lesson."
