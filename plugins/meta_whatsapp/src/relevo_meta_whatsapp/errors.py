"""What each of Meta's error codes means for a message, as a table; it matches on codes.

Two faults of the app secret share a code with every wrong parameter: fixed sentences tell them.

Codes and meanings: Meta's error page as of 2026-09. Where that page is silent or
libraries disagree, the comment says why a row is as it is.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from relevo import AuthFailed, OptedOut, Rejected, SendError, Throttled, Unavailable, WindowClosed


class Policy(StrEnum):
    """What may happen to a message after an error."""

    TRANSIENT = "transient"
    """Not taken; the same request may work later."""
    THROTTLED = "throttled"
    """Too much or too fast."""
    ACCOUNT = "account"
    """Credentials, rights or the account's state: nothing can be sent until somebody acts."""
    PERMANENT = "permanent"
    """The same request would be refused again."""
    WINDOW = "window"
    """Permanent; a template would be taken."""
    UNWANTED = "unwanted"
    """Permanent; the person does not want messages of this kind."""


class Scope(StrEnum):
    """Whom an error concerns."""

    MESSAGE = "message"
    RECIPIENT = "recipient"
    ACCOUNT = "account"
    TEMPLATE = "template"


class ErrorRow(NamedTuple):
    """Say what the codes from `first` to `last` mean and what to do about them."""

    first: int
    last: int
    policy: Policy
    scope: Scope
    advice: str


ERRORS: MappingProxyType[Policy, type[SendError]] = MappingProxyType(
    {
        Policy.TRANSIENT: Unavailable,
        Policy.THROTTLED: Throttled,
        Policy.ACCOUNT: AuthFailed,
        Policy.PERMANENT: Rejected,
        Policy.WINDOW: WindowClosed,
        Policy.UNWANTED: OptedOut,
    }
)

_T, _R, _A, _P = Policy.TRANSIENT, Policy.THROTTLED, Policy.ACCOUNT, Policy.PERMANENT
_MSG, _TO, _ACC, _TPL = Scope.MESSAGE, Scope.RECIPIENT, Scope.ACCOUNT, Scope.TEMPLATE

# fmt: off
ERROR_TABLE: tuple[ErrorRow, ...] = (
    # Graph API
    ErrorRow(0, 0, _A, _ACC, "The token cannot be authenticated: make a new one."),
    ErrorRow(1, 1, _T, _MSG, "An unknown error or an outage at Meta."),
    ErrorRow(2, 2, _T, _ACC, "The service is down or overloaded."),
    # HTTP 500, and yet it does not pass by itself.
    ErrorRow(3, 3, _A, _ACC, "The app lacks this capability: check its permissions."),
    ErrorRow(4, 4, _R, _ACC, "The app made too many calls."),
    ErrorRow(10, 10, _A, _ACC, "A permission is missing: check the token's scopes."),
    ErrorRow(33, 33, _A, _ACC, "The business number was deleted or cannot be seen."),
    ErrorRow(100, 100, _P, _MSG, "A parameter is wrong."),
    ErrorRow(102, 102, _A, _ACC, "The session ended: make a new token."),
    ErrorRow(104, 104, _A, _ACC, "The token is missing: check access_token."),
    ErrorRow(190, 190, _A, _ACC, "The token is wrong or has expired: make a new one."),
    ErrorRow(200, 299, _A, _ACC, "A permission is missing: check the token's scopes."),
    ErrorRow(368, 368, _A, _ACC, "The account is restricted for a policy violation."),
    # On-premise era, still seen in statuses.
    ErrorRow(470, 471, _P, _MSG, "An error of the former on-premise API; the message is lost."),
    ErrorRow(613, 613, _R, _ACC, "Too many calls."),
    ErrorRow(1013, 1013, _P, _TO, "The recipient is no valid WhatsApp user."),
    ErrorRow(1026, 1026, _P, _TO, "The recipient cannot receive this message."),
    # Not on Meta's page: every path of an unknown version answers it.
    ErrorRow(2500, 2500, _A, _ACC, "Meta knows no such path: check api_version."),
    ErrorRow(80007, 80007, _R, _ACC, "The business account reached its rate limit."),
    # Sending
    ErrorRow(130403, 130403, _P, _TO, "This business blocked the person: unblock first."),
    ErrorRow(130429, 130429, _R, _ACC, "The number's throughput limit is reached."),
    ErrorRow(130472, 130472, _P, _TO, "The person is in one of Meta's marketing experiments."),
    ErrorRow(130497, 130497, _P, _TO, "The account may not message people in that country."),
    ErrorRow(130501, 130501, _P, _MSG, "This message type is not supported in groups."),
    ErrorRow(131000, 131000, _T, _MSG, "Something failed at Meta for an unknown reason."),
    ErrorRow(131005, 131005, _A, _ACC, "Access denied: check the token's scopes."),
    ErrorRow(131008, 131008, _P, _MSG, "A required parameter is missing."),
    ErrorRow(131009, 131009, _P, _MSG, "A parameter's value is not valid."),
    ErrorRow(131014, 131014, _P, _MSG, "An error of the former on-premise API."),
    ErrorRow(131016, 131016, _T, _ACC, "The service is unavailable."),
    ErrorRow(131020, 131020, _P, _MSG, "The group has no other member or cannot be used."),
    ErrorRow(131021, 131021, _P, _TO, "The recipient is the sending number itself."),
    ErrorRow(131026, 131026, _P, _TO, "It cannot be delivered: no WhatsApp, an old client, terms "
             "not accepted, or blocked. Try another channel."),
    ErrorRow(131030, 131030, _P, _TO, "A test number sends only to its list of recipients: add "
             "the person in the App Dashboard."),
    ErrorRow(131031, 131031, _A, _ACC, "The account is locked, or the PIN is wrong."),
    ErrorRow(131035, 131035, _P, _MSG, "Without storage the inbound payload was lost."),
    ErrorRow(131036, 131036, _P, _MSG, "Without storage the outbound payload was lost."),
    ErrorRow(131037, 131037, _A, _ACC, "The number's display name is not approved yet."),
    ErrorRow(131041, 131041, _P, _MSG, "The group is unknown."),
    ErrorRow(131042, 131042, _A, _ACC, "There is a problem with the payment method."),
    ErrorRow(131044, 131044, _A, _ACC, "There is a problem with the payment method."),
    # HTTP 500, and yet it does not pass by itself.
    ErrorRow(131045, 131045, _A, _ACC, "The number's registration failed: register it again."),
    ErrorRow(131047, 131047, Policy.WINDOW, _TO, "The window is closed: the person wrote nothing "
             "within 24 hours. Send a template."),
    # Meta calls it a spam limit on the number: the account waits, a person decides.
    ErrorRow(131048, 131048, _R, _ACC, "Too many of the number's messages were reported as spam: "
             "stop campaigns and look at its quality."),
    ErrorRow(131049, 131049, _P, _TO, "Not delivered, to keep the ecosystem healthy: do not "
             "repeat it within 24 hours."),
    ErrorRow(131050, 131050, Policy.UNWANTED, _TO, "The person stopped marketing messages: "
             "respect it."),
    ErrorRow(131051, 131051, _P, _MSG, "This type of message is not supported."),
    ErrorRow(131052, 131052, _P, _MSG, "The person's media cannot be downloaded: ask again."),
    # Mostly a bad file; a host that was down is possible, and a person can retry.
    ErrorRow(131053, 131053, _P, _MSG, "The media was refused or could not be fetched."),
    ErrorRow(131055, 131055, _P, _MSG, "This method is not allowed for the number."),
    ErrorRow(131056, 131056, _R, _TO, "Too many messages to this person in a short time."),
    ErrorRow(131057, 131057, _T, _ACC, "The account is in maintenance, for about a minute."),
    ErrorRow(131059, 131059, _P, _MSG, "The cursor of a group list is not valid."),
    ErrorRow(131060, 131060, _P, _MSG, "The inbound message is not available."),
    ErrorRow(131062, 131062, _P, _TO, "Authentication templates need a phone number."),
    # Meta's page has it among the settings, but everything else of the account goes on.
    ErrorRow(131063, 131063, _P, _TPL, "Marketing is switched off on the Cloud API: send it as "
             "meta_whatsapp.marketing_template."),
    ErrorRow(131064, 131064, _R, _ACC, "Templates were put in the wrong category: wait it out."),
    ErrorRow(131201, 131204, _P, _MSG, "A group request was refused."),
    ErrorRow(131208, 131208, _R, _ACC, "Too many group requests."),
    ErrorRow(131207, 131215, _P, _MSG, "A group request was refused."),
    # Templates
    ErrorRow(132000, 132000, _P, _TPL, "The number of parameters does not fit the template."),
    ErrorRow(132001, 132001, _P, _TPL, "There is no approved template of this name in this "
             "language."),
    ErrorRow(132005, 132005, _P, _TPL, "The template's text is too long with these parameters."),
    ErrorRow(132007, 132007, _P, _TPL, "The template's content violates a policy."),
    ErrorRow(132008, 132008, _P, _TPL, "A template parameter's value is not valid."),
    ErrorRow(132012, 132012, _P, _TPL, "A template parameter has the wrong format."),
    ErrorRow(132015, 132015, _P, _TPL, "The template is paused for low quality: stop using it."),
    ErrorRow(132016, 132016, _P, _TPL, "The template is disabled for low quality for good."),
    ErrorRow(132018, 132018, _P, _TPL, "A template parameter failed validation, such as a line "
             "break or a tab in a text."),
    ErrorRow(132068, 132068, _P, _TPL, "The flow is blocked."),
    # One flow: the account's other messages go on.
    ErrorRow(132069, 132069, _R, _TPL, "The flow is throttled: ten messages an hour."),
    # Registration
    ErrorRow(133000, 133000, _A, _ACC, "Deregistration is incomplete: repeat it."),
    ErrorRow(133004, 133004, _T, _ACC, "The server is unavailable for now."),
    ErrorRow(133005, 133005, _A, _ACC, "The two-step PIN is wrong."),
    ErrorRow(133006, 133006, _A, _ACC, "The number has to be verified first."),
    ErrorRow(133008, 133008, _A, _ACC, "Too many guesses of the two-step PIN."),
    ErrorRow(133009, 133009, _A, _ACC, "The two-step PIN was entered too fast."),
    ErrorRow(133010, 133010, _A, _ACC, "The number is not registered: register it."),
    ErrorRow(133015, 133015, _T, _ACC, "The number was just deleted: wait five minutes."),
    ErrorRow(133016, 133016, _R, _ACC, "Too many registrations within 72 hours."),
    # Payments, marketing API, identity
    # Concerns orders to pay only.
    ErrorRow(134011, 134011, _P, _MSG, "The payments terms have to be accepted first."),
    ErrorRow(134100, 134100, _P, _MSG, "Only marketing templates go through this API."),
    ErrorRow(134101, 134101, _T, _ACC, "The template is being synchronised: about ten minutes."),
    ErrorRow(134102, 134102, _P, _TPL, "The template cannot be used through this API."),
    ErrorRow(135000, 135000, _P, _MSG, "Meta refused the request without a reason."),
    ErrorRow(137000, 137000, _P, _TO, "The person's identity changed: verify it again."),
    # Calls. HTTP 401, and yet no problem of the token.
    ErrorRow(138000, 138000, _P, _MSG, "Calling is switched off for the number."),
    ErrorRow(138001, 138001, _P, _MSG, "The person cannot be called."),
    ErrorRow(138002, 138002, _R, _ACC, "Too many calls at once."),
    ErrorRow(138003, 138003, _P, _MSG, "A call with this person is under way."),
    ErrorRow(138004, 138004, _T, _MSG, "The call could not be connected."),
    ErrorRow(138005, 138005, _R, _ACC, "Too many calls."),
    ErrorRow(138006, 138006, _P, _TO, "The person gave no permission to call."),
    ErrorRow(138007, 138007, _T, _MSG, "The call timed out while connecting."),
    ErrorRow(138009, 138009, _P, _MSG, "The call was refused."),
    ErrorRow(138012, 138023, _P, _MSG, "The call was refused."),
    # Flows and block list
    ErrorRow(139000, 139006, _P, _MSG, "The flow cannot be managed like this."),
    ErrorRow(139100, 139100, _P, _MSG, "Some people could not be blocked."),
    ErrorRow(139101, 139101, _P, _MSG, "The block list is full."),
    ErrorRow(139102, 139103, _T, _MSG, "The block list is busy."),
    ErrorRow(147001, 147005, _P, _MSG, "The username cannot be used."),
    # Template management and migration
    ErrorRow(2388001, 2388001, _P, _ACC, "The number's migration was refused."),
    ErrorRow(2388012, 2388012, _P, _ACC, "The number's migration was refused."),
    ErrorRow(2388019, 2388019, _P, _TPL, "The account has as many templates as it may have."),
    ErrorRow(2388039, 2388040, _P, _TPL, "The template's status or a length is not allowed."),
    ErrorRow(2388047, 2388047, _P, _TPL, "The template's header is not valid."),
    ErrorRow(2388072, 2388073, _P, _TPL, "The template's body or footer is not valid."),
    ErrorRow(2388091, 2388091, _P, _ACC, "The number's migration was refused."),
    ErrorRow(2388093, 2388093, _P, _ACC, "The number's migration was refused."),
    ErrorRow(2388103, 2388103, _P, _ACC, "The number's migration was refused."),
    ErrorRow(2388293, 2388293, _P, _TPL, "The template has too many parameters for its length."),
    ErrorRow(2388299, 2388299, _P, _TPL, "The template must not begin or end with a parameter."),
    ErrorRow(2494100, 2494100, _T, _ACC, "The number is in maintenance."),
    ErrorRow(2593107, 2593107, _P, _ACC, "The quota of synchronisations is used up."),
    ErrorRow(2593108, 2593108, _P, _ACC, "The 24 hours for synchronising are over."),
    ErrorRow(2593109, 2593109, _P, _ACC, "The business does not share its history."),
)
# fmt: on
"""The first row that holds a code speaks for it."""

UNKNOWN_REFUSAL = ErrorRow(-1, -1, _P, _MSG, "Meta's error page explains the code.")
"""A code we do not know, told with 4xx or in a status."""
UNKNOWN_FAILURE = ErrorRow(-1, -1, _T, _MSG, "Meta's error page explains the code.")
"""A code we do not know, told with 5xx."""


NO_SUCH_OBJECT = ErrorRow(100, 100, _P, _MSG, "An id names nothing that the token can see: check "
                          "phone_number_id and the token's right to it.")  # fmt: skip
"""Code 100 with the subcode 33."""
PROOF_DEMANDED = ErrorRow(100, 100, _A, _ACC, 'The app demands a proof of its secret ("Require '
                          'app secret"): set appsecret_proof = true, and app_secret.')  # fmt: skip
PROOF_REFUSED = ErrorRow(100, 100, _A, _ACC, "The proof of the app secret is wrong: app_secret "
                         "(the first, where there are several) is not the secret of the app that "
                         "made access_token. Take it from the App Dashboard: App settings, "
                         "Basic.")  # fmt: skip

SENTENCES: MappingProxyType[tuple[int, str], ErrorRow] = MappingProxyType(
    {
        (100, "api calls from the server require an appsecret_proof argument"): PROOF_DEMANDED,
        (100, "invalid appsecret_proof provided in the api argument"): PROOF_REFUSED,
    }
)
"""Codes that mean something else with one fixed sentence of Meta's, in small letters."""

SUBCODES: MappingProxyType[tuple[int, int], ErrorRow] = MappingProxyType(
    {(100, 33): NO_SUCH_OBJECT}
)
"""Codes that mean something else with a subcode."""


def row_of(code: int | None) -> ErrorRow | None:
    """Find what a code means; None where the table does not know it."""
    if code is None:
        return None
    return next((row for row in ERROR_TABLE if row.first <= code <= row.last), None)
