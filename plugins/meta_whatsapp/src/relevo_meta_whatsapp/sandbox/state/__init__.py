"""What one sandbox remembers: numbers, people, messages, media, templates, apps."""

from relevo_meta_whatsapp.sandbox.state.memory import SandboxState
from relevo_meta_whatsapp.sandbox.state.messages import TakenMessage
from relevo_meta_whatsapp.sandbox.state.numbers import NumberState, SandboxNumber

__all__ = ["NumberState", "SandboxNumber", "SandboxState", "TakenMessage"]
