"""Read the `Accept` header (RFC 9110, 12.5.1) for a choice between two media types."""

from __future__ import annotations


def prefers(accept: str | None, media_type: str, *, over: str) -> bool:
    """Tell whether a client would rather have `media_type`; in a tie it gets the other."""
    return _quality(accept, media_type) > _quality(accept, over)


def _quality(accept: str | None, media_type: str) -> float:
    """Give the weight of the most specific range that covers a type; 0 if none does."""
    main = media_type.partition("/")[0]
    specificity = {"*/*": 1, f"{main}/*": 2, media_type: 3}
    best, weight = 0, 0.0
    for media_range in (accept or "*/*").split(","):
        name, *parameters = (part.strip().lower() for part in media_range.split(";"))
        rank = specificity.get(name, 0)
        if rank > best:
            best, weight = rank, _weight(parameters)
    return weight


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
