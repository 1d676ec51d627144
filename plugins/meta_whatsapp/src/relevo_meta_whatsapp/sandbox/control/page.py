"""The sandbox's one page."""

from __future__ import annotations

from relevo_meta_whatsapp.sandbox.state import SandboxState

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
memory, reaches nobody, and posts webhooks to addresses on this machine only.</p>
<p>Business numbers: {numbers}. Messages taken: <strong>{total}</strong>.
Windows of 24 hours: <strong>{windows}</strong>. Limits: <strong>{limits}</strong>.</p>
<p>Templates: {templates}.</p>
<h2>As Meta</h2>
<ul>
  <li><code>POST /v25.0/{number}/messages</code>: every type of message, read receipts, typing</li>
  <li><code>POST /v25.0/{number}/media</code>, <code>GET|DELETE /v25.0/&lt;media id&gt;</code></li>
  <li><code>GET /v25.0/{number}?fields=</code>, <code>whatsapp_business_profile</code>,
  <code>block_users</code>, <code>register</code>, <code>settings</code></li>
  <li><code>/v25.0/{waba}/message_templates</code>, <code>subscribed_apps</code>,
  <code>phone_numbers</code></li>
</ul>
<h2>Its own</h2>
<ul>
  <li><code>POST /sandbox/reply</code> <code>{{"from": "...", "text": "..."}}</code>: a person writes</li>
  <li><code>POST /sandbox/inbound</code> <code>{{"kind": "image", "from": "..."}}</code>:
  <a href="/sandbox/inbound">anything else</a> that comes in</li>
  <li><code>GET|PUT|PATCH /sandbox/behaviour</code>: windows, limits, delays, faults</li>
  <li><code>GET|DELETE /sandbox/messages</code>: <a href="/sandbox/messages">what was taken</a></li>
  <li><code>GET /sandbox/state</code>: <a href="/sandbox/state">what it knows</a>;
  <code>POST /sandbox/reset</code>: forget it</li>
  <li><code>POST /sandbox/templates</code>, <code>/sandbox/numbers</code>, <code>/sandbox/apps</code>:
  what becomes of them</li>
  <li><code>POST /sandbox/clock</code> <code>{{"advance_s": 86400}}</code>: let time pass</li>
  <li><code>POST /sandbox/scenario</code>: play a scenario</li>
  <li><code>POST /sandbox/handshake</code>: do Meta's handshake with the webhook address</li>
</ul>
"""  # noqa: E501 - HTML


def page(state: SandboxState) -> str:
    """Write the page."""
    first = state.number
    templates = ", ".join(f"{one.name} ({one.language})" for one in state.templates[first.waba_id])
    return _PAGE.format(
        numbers=", ".join(f"<code>{number}</code>" for number in state.numbers),
        number=first.phone_number_id,
        waba=first.waba_id,
        total=state.total,
        windows="as at Meta" if state.behaviour.windows == "real" else "always open",
        limits="as at Meta" if state.behaviour.limits else "none",
        templates=templates,
    )
