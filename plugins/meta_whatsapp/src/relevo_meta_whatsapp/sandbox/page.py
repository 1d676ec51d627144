"""The sandbox's one page."""

from __future__ import annotations

from relevo_meta_whatsapp.sandbox.state import SandboxState
from relevo_meta_whatsapp.sandbox.templates import TEMPLATES

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox: nothing leaves this machine</title>
<style>
  body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem;
         color: #1c1917; background: #fafaf9 }}
  .band {{ background: #b45309; color: #fff; padding: .5rem 1rem; font-weight: 600 }}
  code {{ background: #e7e5e4; padding: 0 .25rem }}
  @media (prefers-color-scheme: dark) {{
    body {{ color: #f5f5f4; background: #1c1917 }}
    code {{ background: #44403c }}
  }}
</style>
<p class="band">Sandbox: nothing leaves this machine</p>
<h1>A stand-in for Meta's Graph API</h1>
<p>This is a sandbox of relevo-meta-whatsapp. It takes WhatsApp messages as Meta would, keeps them in
memory, reaches nobody, and posts webhooks to the one address it was started with.</p>
<p>Business number id: <code>{number}</code>. Messages taken: <strong>{total}</strong>.</p>
<p>Approved templates: {templates}.</p>
<ul>
  <li><code>POST /v25.0/{number}/messages</code>: send (text, template, read receipt)</li>
  <li><code>POST /sandbox/reply</code> <code>{{"from": "...", "text": "..."}}</code>: a person writes</li>
  <li><code>GET|PUT /sandbox/behaviour</code>: delays, faults, what becomes of messages</li>
  <li><code>GET|DELETE /sandbox/messages</code>: <a href="/sandbox/messages">what was taken</a></li>
  <li><code>POST /sandbox/handshake</code>: do Meta's handshake with the webhook address</li>
</ul>
"""  # noqa: E501 - HTML


def page(state: SandboxState) -> str:
    """Write the page."""
    templates = ", ".join(f"{one.name} ({one.language})" for one in TEMPLATES)
    return _PAGE.format(number=state.number.phone_number_id, total=state.total, templates=templates)
