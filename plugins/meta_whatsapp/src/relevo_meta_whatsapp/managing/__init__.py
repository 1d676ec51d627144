"""What Meta knows of an account besides its messages: its templates, and how it is."""

from relevo_meta_whatsapp.managing.asking import HealthDesk
from relevo_meta_whatsapp.managing.fitting import check_fit
from relevo_meta_whatsapp.managing.shelf import TemplateShelf
from relevo_meta_whatsapp.managing.template_calls import (
    create_template,
    delete_template,
    list_templates,
)

__all__ = [
    "HealthDesk",
    "TemplateShelf",
    "check_fit",
    "create_template",
    "delete_template",
    "list_templates",
]
