"""Every error Relevo raises on purpose.

    RelevoError
    ├── ConfigurationError          the settings name something that cannot work
    │   ├── UnknownAccount
    │   ├── PluginUnavailable       an account names a plugin that is missing or broken
    │   └── ProviderFault           a provider's own code answered what it must not
    ├── InvalidMessage              the message itself cannot be accepted
    │   ├── InvalidAddress
    │   └── UnsupportedContent      the provider cannot carry this kind of content
    ├── SendError                   one attempt to hand a message over did not succeed
    │   ├── Rejected                final: the same request would be refused again
    │   │   ├── WindowClosed        free-form content outside the conversation window
    │   │   ├── OptedOut            the person does not want messages of this category
    │   │   ├── LayerFailed         a layer of the pipeline failed before the handover
    │   │   └── ProviderFailed      a provider's own code failed before anything was sent
    │   ├── Throttled               slow down, then try again; uses up no attempt
    │   ├── Unavailable             surely not sent; try again
    │   ├── OutcomeUnknown          the request may have left; never repeated blindly
    │   └── AuthFailed              the account's credentials were refused
    ├── StillPending                waiting ended before the first handover
    ├── WebhookError
    │   ├── WebhookRejected         the signature or token is missing or wrong
    │   │   └── WebhookUnverifiable the account has no secret to check it with
    │   ├── WebhookMalformed        authentic, but not what the provider's documents promise
    │   └── ForeignItem             an item that belongs to another account
    ├── NotSupported                an optional verb this provider does not have
    ├── MediaError
    │   ├── MediaTooLarge           the file has more bytes than are kept
    │   ├── MediaMismatch           the bytes are not those that were announced
    │   ├── MediaPending            the file is not here yet
    │   ├── MediaFailed             the file never came
    │   ├── MediaGone               the file is no longer kept
    │   └── MediaUnavailable        the media store cannot be read or written
    ├── ServerUnreachable           no Relevo server answers at the address that was asked
    ├── AnswerLost                  the server broke off: what it made of the request is not known
    ├── ForeignAnswer               what answers there does not speak as a Relevo server does
    ├── RequestRefused              the server refused the request; `problem` says why
    │   ├── Unauthorized            it wants an API key, or another one
    │   ├── MissingScope            the key does not allow this
    │   └── TooManyRequests         the key's rate is used up
    │       └── TooManyStreams      or its open event streams
    └── EngineError
        ├── UnknownMessage
        ├── UnknownMedia
        ├── UnknownConversation
        ├── UnknownWebhook
        ├── IdempotencyConflict     the key was used for another message
        ├── NotInDoubt              the message's outcome is known: nothing to resolve
        ├── NotReplayable           the message was not given up: nothing to replay
        ├── InvalidCursor           a page's cursor that no page gave
        ├── EngineBusy              the queue of writes is full; try again later
        └── EngineUnavailable       the store cannot be reached, locked or opened

Policy rides on the exception: the engine asks a `SendError` what may happen
next instead of matching on classes. Every error has a stable `code`.
"""

from relevo.errors.asking import (
    AnswerLost,
    ForeignAnswer,
    MissingScope,
    RequestRefused,
    ServerUnreachable,
    TooManyRequests,
    TooManyStreams,
    Unauthorized,
)
from relevo.errors.engine import (
    EngineBusy,
    EngineError,
    EngineUnavailable,
    IdempotencyConflict,
    InvalidCursor,
    NotInDoubt,
    NotReplayable,
    UnknownConversation,
    UnknownMedia,
    UnknownMessage,
    UnknownWebhook,
)
from relevo.errors.media import (
    MediaError,
    MediaFailed,
    MediaGone,
    MediaMismatch,
    MediaPending,
    MediaTooLarge,
    MediaUnavailable,
)
from relevo.errors.messages import (
    InvalidAddress,
    InvalidMessage,
    UnsupportedContent,
)
from relevo.errors.root import (
    Phase,
    RelevoError,
)
from relevo.errors.sending import (
    AuthFailed,
    LayerFailed,
    OptedOut,
    OutcomeUnknown,
    ProviderFailed,
    Rejected,
    SendError,
    StillPending,
    Throttled,
    Unavailable,
    WindowClosed,
)
from relevo.errors.settings import (
    ConfigurationError,
    PluginUnavailable,
    ProviderFault,
    UnknownAccount,
)
from relevo.errors.webhooks import (
    ForeignItem,
    NotSupported,
    WebhookError,
    WebhookMalformed,
    WebhookRejected,
    WebhookUnverifiable,
)

__all__ = [
    "AnswerLost",
    "AuthFailed",
    "ConfigurationError",
    "EngineBusy",
    "EngineError",
    "EngineUnavailable",
    "ForeignAnswer",
    "ForeignItem",
    "IdempotencyConflict",
    "InvalidAddress",
    "InvalidCursor",
    "InvalidMessage",
    "LayerFailed",
    "MediaError",
    "MediaFailed",
    "MediaGone",
    "MediaMismatch",
    "MediaPending",
    "MediaTooLarge",
    "MediaUnavailable",
    "MissingScope",
    "NotInDoubt",
    "NotReplayable",
    "NotSupported",
    "OptedOut",
    "OutcomeUnknown",
    "Phase",
    "PluginUnavailable",
    "ProviderFailed",
    "ProviderFault",
    "Rejected",
    "RelevoError",
    "RequestRefused",
    "SendError",
    "ServerUnreachable",
    "StillPending",
    "Throttled",
    "TooManyRequests",
    "TooManyStreams",
    "Unauthorized",
    "Unavailable",
    "UnknownAccount",
    "UnknownConversation",
    "UnknownMedia",
    "UnknownMessage",
    "UnknownWebhook",
    "UnsupportedContent",
    "WebhookError",
    "WebhookMalformed",
    "WebhookRejected",
    "WebhookUnverifiable",
    "WindowClosed",
]
