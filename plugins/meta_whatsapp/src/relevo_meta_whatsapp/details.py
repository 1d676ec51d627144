"""What of Meta's own words about an error can be shown: names of parameters, fixed sentences. Pure.

Meta's words about a message may quote a person's number, a name or what somebody wrote. So they
are shown by what is known to be harmless, never by what looks harmful: a sentence only if every
word of it is one of Meta's own, else only the parameters that it names. Its words about a request
that names nobody, such as one for a template, are shown whole but for long numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

MOST = 240
"""Characters that are shown."""
MOST_WHOLE = 600
"""Characters that are shown of an error about a request that names nobody."""
_MOST_NAMES = 5

# Names of the Graph API's parameters: Meta's message and template references as of 2026-09.
FIELDS = frozenset(
    """
    action address addresses appsecret_proof audio base64 biz_opaque_callback_data block_users body
    body_text body_text_named_params button buttons caption card card_index cards
    carousel catalog_id category code components contacts context country coupon_code currency
    date_time description display_text document emails emoji example fallback_value file filename
    first_name flow flow_action flow_action_data flow_action_payload flow_cta flow_id
    flow_message_version flow_name flow_token footer format formatted_name header header_handle
    header_text id image index interactive language latitude limited_time_offer link list_reply
    localizable_params location longitude media message message_activity_sharing message_id
    message_ttl messages messaging_product mode mpm name named_params namespace order order_details
    org otp_type parameter parameter_format parameter_name parameters params parameter_value payload
    phone phone_number phone_number_id phones pin pin_code policy preview_url product
    product_items product_list product_retailer_id reaction recipient
    recipient_identity_key_hash recipient_type reference_id reply retailer_id row rows screen
    section sections status sticker sub_type template template_name text
    thumbnail_product_retailer_id title to total_amount ttl_minutes type typing_indicator url urls
    user value video voice wa_id webhook_configuration
    """.split()  # noqa: SIM905 - a table of words reads best as words
)

# Words of Meta's fixed sentences; no names of people or places, no greetings.
WORDS = frozenset(
    """
    a account all allowed already an and any api app are argument as at be because before begin
    between business by bytes can cannot character characters consecutive contain contains content
    could created definition does download downloaded element empty end exceed exceeded exceeds
    exist existing exists expected expired failed fetch fetched fields float following for from
    give gives greater has have in incorrect integer invalid is issue it items its
    json key kind least length less limit list long longer match matches maximum may mismatch
    minimum
    missing more most must need needed needs new-line new-line/tab newline no none not number
    numbered object of on one only or other per places property provided received request required
    requires same sent server should
    size spaces start string supported surely tab than that the there this too translated
    translation types unexpected unique unknown unsupported upload used valid values was what
    whatsapp with without
    """.split()  # noqa: SIM905 - a table of words reads best as words
) | frozenset(
    # What an enumeration lists: countries, kinds, states and the types of files.
    """
    in sg br home work draft published navigate data_exchange deterministic individual group pin
    unpin digital-goods physical-goods quick_reply positional named utility marketing
    authentication pending processing partially-shipped shipped completed canceled
    3gpp aac amr application gif jpeg jpg mp4 mpeg ogg opus pdf plain png webp
    """.split()  # noqa: SIM905 - a table of words reads best as words
)
_TOKEN = re.compile(r"[^\s,;:()\[\]{}]+")
_NUMBER = re.compile(r"[0-9]{1,4}")
_DIGITS = re.compile(r"[0-9](?:[^A-Za-z0-9]*[0-9])*")
_MOST_DIGITS = 4
"""Of one number, however it is grouped: more may be somebody's."""
_QUOTES = re.compile(r"[\"'`<>|]")
_QUOTED = re.compile(r"(?<![\w\]])([\"'`])([\w./-]+)\1(?!\w)")
"""A word in quotation marks; it counts as the word."""
_ANY_LONG_NUMBER = re.compile(r"\+?[0-9](?:[ ().-]{0,2}[0-9]){4,}")
_LONG_WORD = re.compile(r"[^\s,;]{100,}")
"""As long as a token of the Graph API, and no word."""
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_CODE = re.compile(r"^\(#[0-9]{1,7}\)\s*")
_PATH = re.compile(
    r"(?<![\w.@-])([a-z][a-z0-9_]*(?:\[[0-9]{0,3}\])?(?:\.[a-z][a-z0-9_]*(?:\[[0-9]{0,3}\])?)*)"
    r"(?![\w@-])"
)
_BRACKETS = re.compile(r"\[['\"]?([a-z][a-z0-9_]*)['\"]?\]")
_CUE = re.compile(
    r"(?:\b(?:param(?:eter)?|field|property|component|missing:|valid:|key on param)\s*"
    r"(?:is\s+missing:?\s*)?[\"'`]?)$",
    re.IGNORECASE,
)
_STEP = re.compile(r"\[[0-9]*\]")
_NO_NAMES = frozenset({"format", "parameter", "parameters", "params", "type", "value"})
"""So plain as words that alone they name nothing."""
_FEW_WORDS = 2
_TITLE = "message"
_KEYS = ("error_user_msg", _TITLE, "error_user_title")
_ANY_PARAMETER = 100


def describe(error: Mapping[str, JsonValue]) -> str | None:
    """Say what Meta's error object tells beside its code, as far as it is safe to show.

    A fixed sentence of Meta's, or the names of the parameters; None where nothing of it is.
    """
    told = list(_told(error))
    for key, words in told:
        # The title of any other code says what our own sentence says.
        tells = key != _TITLE or error.get("code") == _ANY_PARAMETER
        if tells and (sentence := safe_sentence(words)):
            return f"Meta says: {sentence}."
    named = [name for _, words in told for name in named_parameters(words)]
    names = [*dict.fromkeys([*_blamed(error), *named])][:_MOST_NAMES]
    return f"It names: {', '.join(names)}." if names else None


def describe_whole(error: Mapping[str, JsonValue]) -> str | None:
    """Say what Meta's error object tells, where the request named nobody and held no message.

    Hidden are numbers of five digits and more, and what is as long as a token.
    """
    told = [mask(words) for _, words in _told(error)]
    words = next((words for words in told if words), None)
    return f"Meta says: {words}." if words else None


def mask(words: str, most: int = MOST_WHOLE) -> str:
    """Give words on one line, without long numbers and what is as long as a token."""
    plain = " ".join(_UNPRINTED.sub(" ", _CODE.sub("", words[: 4 * most].strip())).split())
    hidden = _LONG_WORD.sub("[hidden]", _ANY_LONG_NUMBER.sub("[number]", plain)).rstrip(".! ")
    return hidden if len(hidden) <= most else f"{hidden[: most - 3]}..."


def safe_sentence(words: str) -> str | None:
    """Give a sentence whose every word is Meta's own; None for any other, or a single word."""
    plain = _QUOTED.sub(r"\2", _CODE.sub("", words.strip())).rstrip(".! ")
    if not plain or len(plain) > MOST or not plain.isascii() or _QUOTES.search(plain):
        return None
    tokens = _TOKEN.findall(plain)
    numbers = [sum(map(str.isdigit, run)) for run in _DIGITS.findall(plain)]
    if len(tokens) <= _FEW_WORDS or max(numbers, default=0) > _MOST_DIGITS:
        return None
    if not all(map(_is_metas, tokens)):
        return None
    return " ".join(plain.split())


def named_parameters(words: str) -> list[str]:
    """List the parameters that words name: each part of a path is a name of the Graph API's.

    A name alone counts only where the words say that it is one, as many are plain English.
    """
    unfolded = _BRACKETS.sub(r".\1", words)
    found: list[str] = []
    for match in _PATH.finditer(unfolded):
        path = match[1]
        parts = [_STEP.sub("", part) for part in path.split(".")]
        if not all(part in FIELDS for part in parts):
            continue
        if path in _NO_NAMES:
            continue
        alone = len(parts) == 1 and "_" not in path
        begins = match.start() == 0 and unfolded[match.end() : match.end() + 1] == ":"
        if not alone or begins or _CUE.search(unfolded[: match.start()]):
            found.append(path)
    return list(dict.fromkeys(found))


def _is_metas(token: str) -> bool:
    word = token.strip(".!?/").lower()
    parts = [_STEP.sub("", part) for part in re.split(r"[./]", word)]
    return (
        not word
        or word in WORDS
        or _NUMBER.fullmatch(word) is not None
        or all(part in FIELDS or _NUMBER.fullmatch(part) for part in parts)
        or ("/" in word and all(part in FIELDS | WORDS for part in parts))
    )


def _told(error: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    """Give Meta's words and where they stand, the most telling first."""
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else data
    places = [("details", details), *((key, error.get(key)) for key in _KEYS)]
    yield from ((key, words) for key, words in places if isinstance(words, str))


def _blamed(error: Mapping[str, JsonValue]) -> Iterator[str]:
    """Give the parameters that Meta names apart from words."""
    data = error.get("error_data")
    specs = data.get("blame_field_specs") if isinstance(data, dict) else None
    for spec in specs if isinstance(specs, list) else ():
        for name in spec if isinstance(spec, list) else (spec,):
            if isinstance(name, str) and len(name) <= MOST:
                yield from named_parameters(f"parameter {name}")
