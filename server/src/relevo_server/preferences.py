"""The `Prefer` header (RFC 7240): how long a client wants to wait for an answer."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_WAIT_S = 60


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a client would like. `wait_s` None: it does not want to wait."""

    wait_s: int | None = None
    respond_async: bool = False

    def applied(self, *, waited: bool) -> dict[str, str]:
        """Tell the client which of its wishes came true."""
        wishes: list[str] = []
        if self.wait_s is not None:
            wishes.append(f"wait={self.wait_s}")
        if self.respond_async and not waited:
            wishes.append("respond-async")
        return {"Preference-Applied": ", ".join(wishes)} if wishes else {}


def parse_preferences(header: str | None) -> Preferences:
    """Read `Prefer`. Wishes nobody knows or that make no sense are no error; the first counts."""
    wait_s: int | None = None
    respond_async = False
    for wish in (header or "").split(","):
        name, _, value = wish.partition(";")[0].partition("=")
        name, value = name.strip().lower(), value.strip().strip('"')
        if name == "respond-async":
            respond_async = True
        elif name == "wait" and wait_s is None and value.isascii() and value.isdigit():
            wait_s = min(int(value[:6]), LONGEST_WAIT_S)
    return Preferences(wait_s, respond_async)
