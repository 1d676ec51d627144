"""The templates that every account of the sandbox begins with, as data: one of each kind."""

from __future__ import annotations

from typing import Any

_LINK: dict[str, Any] = {
    "type": "URL",
    "text": "Track",
    "url": "https://shop.example/t/{{1}}",
    "example": ["77"],
}
_CARD: dict[str, Any] = {
    "components": [
        {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::sandbox"]}},
        {"type": "BODY", "text": "{{1}} at a price", "example": {"body_text": [["Shoes"]]}},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "More"}]},
    ]
}


def _body(text: str, *example: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"example": {"body_text": [list(example)]}} if example else {}
    return {"type": "BODY", "text": text, **shown}


SEEDS: tuple[dict[str, Any], ...] = (
    {
        "name": "hello_world",
        "language": "en_US",
        "category": "UTILITY",
        "components": [
            {"type": "HEADER", "format": "TEXT", "text": "Hello World"},
            _body("Welcome. This is a test message."),
            {"type": "FOOTER", "text": "WhatsApp Business Platform sample message"},
        ],
    },
    {
        "name": "order_update",
        "language": "es_AR",
        "category": "UTILITY",
        "components": [_body("Hola {{1}}, tu pedido {{2}} está en camino.", "Ana", "77")],
    },
    {
        "name": "order_update",
        "language": "en_US",
        "category": "UTILITY",
        "components": [_body("Hi {{1}}, your order {{2}} is on its way.", "Ana", "77")],
    },
    {
        "name": "appointment_reminder",
        "language": "es_AR",
        "category": "UTILITY",
        "parameter_format": "NAMED",
        "components": [
            {
                "type": "BODY",
                "text": "Hola {{customer}}, te esperamos el {{day}}.",
                "example": {
                    "body_text_named_params": [
                        {"param_name": "customer", "example": "Ana"},
                        {"param_name": "day", "example": "lunes"},
                    ]
                },
            }
        ],
    },
    {
        "name": "order_receipt",
        "language": "en_US",
        "category": "UTILITY",
        "components": [
            {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::sandbox"]}},
            _body("Hi {{1}}, it ships {{2}}.", "Ana", "today"),
            {"type": "FOOTER", "text": "Shop SL"},
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Thanks"}, _LINK]},
        ],
    },
    {
        "name": "spring_sale",
        "language": "en_US",
        "category": "MARKETING",
        "components": [
            {
                "type": "HEADER",
                "format": "TEXT",
                "text": "For you, {{1}}",
                "example": {"header_text": ["Ana"]},
            },
            _body("{{1}} off until Sunday.", "20%"),
            {
                "type": "BUTTONS",
                "buttons": [{"type": "COPY_CODE", "example": "SAVE20"}],
            },
        ],
    },
    {
        "name": "last_chance",
        "language": "en_US",
        "category": "MARKETING",
        "components": [
            {
                "type": "LIMITED_TIME_OFFER",
                "limited_time_offer": {"text": "Ends soon", "has_expiration": True},
            },
            _body("One more day, {{1}}.", "Ana"),
            {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "example": "SAVE20"}, _LINK]},
        ],
    },
    {
        "name": "new_arrivals",
        "language": "en_US",
        "category": "MARKETING",
        "components": [_body("New in, {{1}}:", "Ana"), {"type": "CAROUSEL", "cards": [_CARD] * 2}],
    },
    {
        "name": "sign_in_code",
        "language": "en_US",
        "category": "AUTHENTICATION",
        "components": [
            {
                "type": "BODY",
                "text": "*{{1}}* is your verification code.",
                "add_security_recommendation": True,
                "example": {"body_text": [["123456"]]},
            },
            {
                "type": "BUTTONS",
                "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code"}],
            },
        ],
    },
)
