"""Show people that we read and write, or block them: what to ask and what the answer means."""

from __future__ import annotations

from pydantic import JsonValue

from relevo import Address, Rejected
from relevo_meta_whatsapp.addresses import GROUP, TEL, digits_of
from relevo_meta_whatsapp.api import Answer, readable
from relevo_meta_whatsapp.errors import UNKNOWN_REFUSAL, row_of
from relevo_meta_whatsapp.payloads import Payload
from relevo_meta_whatsapp.receiving.faults import code_of

_WINDOW_CLOSED = 131047


def read_receipt_of(provider_message_id: str, *, typing: bool) -> Payload:
    """Write that a message was read; `typing` also shows that we write, for up to 25 s."""
    payload: Payload = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": provider_message_id,
    }
    if typing:
        payload["typing_indicator"] = {"type": "text"}
    return payload


def block_list_of(account: str, address: Address) -> Payload:
    """Write whom to block or let back.

    Raises:
        Rejected: It is a group.
    """
    if address.scheme == GROUP:
        msg = f"Account {account!r}: only people can be blocked, not groups."
        raise Rejected(msg)
    user = digits_of(address.value) if address.scheme == TEL else address.value
    return {"messaging_product": "whatsapp", "block_users": [{"user": user}]}


def check_block_list(account: str, answer: Answer) -> None:
    """Raise why the one person asked about was not blocked or let back, where Meta says so.

    Raises:
        Rejected: With Meta's code for this person, which says more than that of the whole.
    """
    raw = readable(answer.body)
    told = raw.get("block_users") if isinstance(raw, dict) else None
    failed = told.get("failed_users") if isinstance(told, dict) else None
    first = failed[0] if isinstance(failed, list) and failed else None
    if not isinstance(first, dict):
        return
    code = _code_in(first.get("errors"))
    row = row_of(code) or UNKNOWN_REFUSAL
    advice = (
        "Only people who wrote in the last 24 hours can be blocked."
        if code == _WINDOW_CLOSED
        else row.advice
    )
    named = "no code" if code is None else f"code {code}"
    msg = f"Account {account!r}: WhatsApp did not change the block list ({named}). {advice}"
    raise Rejected(
        msg,
        provider_code=None if code is None else str(code),
        http_status=answer.status,
        raw=raw,
    )


def _code_in(errors: JsonValue) -> int | None:
    return code_of(errors[0]) if isinstance(errors, list) and errors else None
