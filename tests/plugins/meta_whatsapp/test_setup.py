"""`relevo meta setup` against the sandbox over real HTTP: each thing is checked, and said."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

import relevo
from relevo.cli.app import run
from relevo_meta_whatsapp import MetaWhatsAppConfig
from relevo_meta_whatsapp.sandbox import Behaviour
from relevo_meta_whatsapp.setup.asking import choose
from relevo_meta_whatsapp.setup.calls import MetaCalls
from relevo_meta_whatsapp.setup.table import Secret, export_lines

if TYPE_CHECKING:
    from tests.plugins.meta_whatsapp.conftest import Graph, Remote

Capture = pytest.CaptureFixture[str]
Setup = Callable[..., tuple[int, str]]
VERIFY = "sandbox-my-word"


@pytest.fixture
def setup(graph: Graph, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Setup:
    """Run the command with the sandbox's secrets in the environment; give its code and words."""
    account = graph.remote.account
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("META_ACCESS_TOKEN", str(account["access_token"]))
    monkeypatch.setenv("META_APP_SECRET", str(account["app_secret"]))
    monkeypatch.setenv("META_VERIFY_TOKEN", VERIFY)

    def command(*tokens: str) -> tuple[int, str]:
        code = run(["meta", "setup", "shop", "--base-url", graph.remote.url, "--script", *tokens])
        said = capsys.readouterr()
        return code, said.err + said.out

    return command


@contextmanager
def answering_handshakes(word: str, refusal: bytes = b"no") -> Iterator[str]:
    """Serve what Relevo serves: the challenge, for whoever knows the word."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            known = asked.get("hub.verify_token") == [word]
            self.send_response(200 if known else 403)
            self.end_headers()
            self.wfile.write(asked["hub.challenge"][0].encode() if known else refusal)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the standard library names them
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhooks/shop"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def table_in(text: str) -> dict[str, Any]:
    return dict(tomllib.loads(text[text.index("[accounts.shop]") :])["accounts"]["shop"])


def test_account_is_found_checked_and_printed(setup: Setup, graph: Graph) -> None:
    code, said = setup()
    assert code == 0, said
    assert "ok  token: valid, and it never expires" in said
    assert "ok  number: " in said
    assert "ok  app secret: Meta takes the proof made with META_APP_SECRET" in said
    assert "ok  subscription: " in said
    assert table_in(said) == {
        "provider": "meta_whatsapp",
        "phone_number_id": graph.number,
        "waba_id": graph.waba,
        "base_url": graph.remote.url,
        "access_token": "env:META_ACCESS_TOKEN",
        "app_secret": "env:META_APP_SECRET",
        "verify_token": "env:META_VERIFY_TOKEN",
    }
    for key in ("access_token", "app_secret"):
        assert str(graph.remote.account[key]) not in said


def test_file_is_written_and_can_be_read_as_settings(setup: Setup, graph: Graph) -> None:
    file = Path("relevo.toml")
    file.write_text('default_account = "shop"')
    code, said = setup("--write", "relevo.toml")
    assert code == 0, said
    assert graph.token not in file.read_text()
    settings = relevo.load_settings(file)
    assert settings.accounts["shop"].values["phone_number_id"] == graph.number
    code, said = setup("--write", "relevo.toml")
    assert code == 2
    assert "has an account 'shop' already" in said


def test_secrets_go_into_the_file_only_when_asked(setup: Setup, graph: Graph) -> None:
    code, _ = setup("--write", "relevo.toml", "--secrets-in-file")
    assert code == 0
    written = tomllib.loads(Path("relevo.toml").read_text())["accounts"]["shop"]
    assert written["access_token"] == graph.token
    written.pop("provider")
    MetaWhatsAppConfig.model_validate(written)


def test_wrong_token_is_said_with_what_to_do(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("META_ACCESS_TOKEN", "canary-wrong")
    code, said = setup()
    assert code == 1
    assert "!!  token: " in said
    assert "system user" in said
    assert "[accounts" not in said
    assert "canary-wrong" not in said


def test_each_app_secret_is_proved(
    setup: Setup, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is replaced there are two, and the older one may be void."""
    graph.state.behave(Behaviour(story=(), demand_proof=True))
    monkeypatch.setenv("OLDER", "canary-older")
    code, said = setup("--app-secret-env", "OLDER", "--app-secret-env", "META_APP_SECRET")
    assert code == 1
    assert "ok  app secret: Meta takes the proof made with META_APP_SECRET" in said
    assert "!!  app secret: OLDER is not the secret" in said
    assert "canary-older" not in said


def test_app_that_demands_proof_gets_it_with_every_request(setup: Setup, graph: Graph) -> None:
    graph.state.behave(Behaviour(story=(), demand_proof=True))
    code, said = setup()
    assert code == 0, said
    assert "ok  app: it demands a proof of its secret" in said
    assert table_in(said)["appsecret_proof"] is True


def test_wrong_app_secret_is_said_and_the_token_is_not_blamed(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Graph checks a proof whenever one is sent, whether or not the app demands it."""
    monkeypatch.setenv("META_APP_SECRET", "canary-wrong")
    code, said = setup()
    assert code == 1
    assert "ok  token: valid" in said
    assert "!!  app secret: META_APP_SECRET is not the secret" in said
    assert "canary-wrong" not in said


def test_wrong_app_secret_is_blamed_where_the_app_demands_a_proof(
    setup: Setup, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing can be asked then, and yet the token may be good."""
    graph.state.behave(Behaviour(story=(), demand_proof=True))
    monkeypatch.setenv("META_APP_SECRET", "canary-wrong")
    code, said = setup()
    assert code == 1
    assert "!!  app secret: META_APP_SECRET is not the secret" in said
    assert "token: " not in said
    monkeypatch.delenv("META_APP_SECRET")
    code, said = setup()
    assert code == 1
    assert "!!  app secret: the app demands a proof of its secret" in said
    assert "token: " not in said


def test_secret_that_nobody_checks_is_not_called_good(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something in between may answer every request: then nothing is known of the secret."""

    async def take_any(self: MetaCalls, number_id: str, secret: str) -> bool:
        del self, number_id, secret
        return True

    monkeypatch.setattr(MetaCalls, "prove", take_any)
    _, said = setup()
    assert "??  app secret: META_APP_SECRET was not checked" in said
    assert "ok  app secret" not in said


def test_settings_alone_are_on_the_standard_output(
    setup: Setup, graph: Graph, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a script can keep them: `relevo meta setup --script > relevo.toml`."""
    del setup
    monkeypatch.delenv("META_VERIFY_TOKEN")
    assert run(["meta", "setup", "shop", "--base-url", graph.remote.url, "--script"]) == 0
    said = capsys.readouterr()
    assert set(tomllib.loads(said.out)) == {"accounts"}
    assert "# export META_VERIFY_TOKEN=" in said.out
    assert "ok  token" in said.err
    assert "ok  " not in said.out


def test_account_there_is_refused_before_anything_is_asked(setup: Setup) -> None:
    Path("relevo.toml").write_text("[accounts.shop]\nprovider = 'console'\n")
    code, said = setup("--write", "relevo.toml")
    assert code == 2
    assert "has an account 'shop' already" in said
    assert "token" not in said


def test_missing_token_names_its_variable(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("META_ACCESS_TOKEN")
    code, said = setup()
    assert code == 2
    assert "set META_ACCESS_TOKEN" in said


def test_wrong_number_is_said(setup: Setup) -> None:
    code, said = setup("--phone-number-id", "1")
    assert code == 1
    assert "!!  number: 1: the token can see no number of this id" in said
    assert "[accounts" not in said


def test_wrong_business_account_is_blamed_and_no_other(setup: Setup) -> None:
    for given, seen in (("1", "the token can see no such"), ("x/../me", "it is no id")):
        code, said = setup("--waba-id", given)
        assert code == 1
        assert f"!!  business account: {given}: {seen}" in said
        assert "Check --waba-id" in said
        assert "phone_number_id" not in said
        assert "[accounts" not in said


@pytest.mark.parametrize("form", ["{}", "+{}", "+1 (555) {}"])
def test_number_as_people_see_it_is_recognised(setup: Setup, graph: Graph, form: str) -> None:
    display = graph.state.number.display_number
    given = form.format(display.removeprefix("1555") if "555" in form else display)
    code, said = setup("--phone-number-id", given)
    assert code == 1
    assert "is the number as people see it, not its id" in said
    assert f"Its id is {graph.number}" in said
    assert f"The token can see: {graph.number} (" in said


def test_version_that_meta_does_not_know_is_blamed(setup: Setup) -> None:
    code, said = setup("--api-version", "v99.0")
    assert code == 1
    assert "!!  api version: Meta does not know version v99.0" in said
    assert "token: " not in said


def test_version_of_another_form_is_said_in_plain_words(setup: Setup) -> None:
    code, said = setup("--api-version", "25")
    assert code == 2
    assert "such as v25.0" in said
    assert "pattern" not in said
    code, said = setup("--webhook-url", "example.com")
    assert code == 2
    assert "--webhook-url has to be an address" in said


def test_nothing_is_printed_or_written_where_something_cannot_work(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("META_APP_SECRET", "canary-wrong")
    code, said = setup()
    assert code == 1
    assert "Mend what is marked !!" in said
    assert "Put this into" not in said
    assert "[accounts" not in said
    code, _ = setup("--write", "relevo.toml")
    assert code == 1
    assert not Path("relevo.toml").exists()


@pytest.mark.parametrize(
    ("problem", "seen"),
    [
        (
            {"code": "handshake_refused", "detail": "hub.verify_token is not the account's."},
            ("HTTP 403: hub.verify_token is not the account's", "that META_VERIFY_TOKEN holds"),
        ),
        (
            {"code": "unknown_account", "detail": "No account 'shpo' is configured here."},
            ("HTTP 403: No account 'shpo' is configured", "has no account of this name"),
        ),
        ({"detail": f"you said {VERIFY}"}, ("HTTP 403\n", "META_VERIFY_TOKEN among them")),
    ],
)
def test_webhook_that_refuses_is_heard(
    setup: Setup, problem: dict[str, str], seen: tuple[str, str]
) -> None:
    """What a server of ours says is shown; what repeats the verify token is not."""
    with answering_handshakes("another", json.dumps(problem).encode()) as url:
        _, said = setup("--webhook-url", url)
    assert "??  webhook: " in said
    assert all(words in said for words in seen)
    assert VERIFY not in said


def test_verify_token_is_made_up_and_shown_once(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("META_VERIFY_TOKEN")
    code, said = setup()
    assert code == 0
    (line,) = [one for one in said.splitlines() if one.startswith("# export ")]
    name, _, value = line.removeprefix("# export ").partition("=")
    assert name == "META_VERIFY_TOKEN"
    assert len(value) >= 32


def test_app_that_hears_nothing_is_subscribed(setup: Setup, graph: Graph) -> None:
    graph.state.apps[0].is_subscribed = False
    code, said = setup("--leave-subscription")
    assert code == 0
    assert "subscription" not in said
    assert not graph.state.apps[0].is_subscribed
    code, said = setup()
    assert "hears of the WhatsApp business account now" in said
    assert graph.state.apps[0].is_subscribed


def test_webhook_is_reached_and_overridden(setup: Setup, graph: Graph) -> None:
    with answering_handshakes(VERIFY) as url:
        code, said = setup("--webhook-url", url)
        assert code == 0, said
        assert f"ok  webhook: {url} answers the handshake" in said
        assert "??  webhook: Meta sends to " in said
        code, said = setup("--webhook-url", url, "--override")
        assert code == 0, said
        assert "ok  webhook: Meta sends there" in said
        assert table_in(said)["webhook_url"] == url
    assert graph.state.apps[0].by_waba[graph.waba].url == url


@pytest.mark.parametrize(
    ("word", "seen"),
    [("another", "refuses the handshake with HTTP 403"), (None, "does not answer")],
)
def test_webhook_that_does_not_shake_hands_is_doubted(
    setup: Setup, word: str | None, seen: str
) -> None:
    if word is None:
        _, said = setup("--webhook-url", "http://127.0.0.1:9/webhooks/shop")
    else:
        with answering_handshakes(word) as url:
            _, said = setup("--webhook-url", url, "--override")
    assert "??  webhook: " in said
    assert seen in said
    assert "Start the server" in said


def test_address_that_shows_the_token_is_refused_before_anything_is_sent(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("META_ACCESS_TOKEN", "canary-token")
    code = run(["meta", "setup", "--base-url", "http://graph.example", "--script"])
    said = capsys.readouterr().err
    assert code == 2
    assert "plain http would show the access token" in said
    assert "canary-token" not in said


def test_nobody_to_ask_means_choosing_by_an_option() -> None:
    class Second:
        def tell(self, question: str, *, secret: bool = False) -> str | None:
            assert "one (Shop); two" in question
            assert not secret
            return "two"

    class Silent:
        def tell(self, question: str, *, secret: bool = False) -> str | None:
            del question, secret
            return None

    found = [("one", "Shop"), ("two", "")]
    assert choose(Second(), "number", "--n", found) == "two"
    with pytest.raises(relevo.ConfigurationError, match="Choose by --n"):
        choose(Silent(), "number", "--n", found)
    with pytest.raises(relevo.ConfigurationError, match="No number was found"):
        choose(Silent(), "number", "--n", [])


def test_entered_secret_is_not_repeated() -> None:
    typed = Secret("access_token", "TOKEN", "canary")
    assert export_lines([typed]) == "export TOKEN=...   # as you entered it\n"
    assert "canary" not in repr(typed)


def test_meta_alone_leads_to_setup(capsys: Capture, remote: Remote) -> None:
    del remote
    assert run(["meta"]) == 0
    assert "relevo meta setup" in capsys.readouterr().out
