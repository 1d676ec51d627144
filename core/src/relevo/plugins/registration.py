"""Check one imported plugin's hooks through pluggy, and fire them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pluggy

from relevo import hooks
from relevo.findings import did_you_mean
from relevo.plugins.importing import said_by, traceback_of
from relevo.plugins.offers import OFFERS, check_offer, flatten
from relevo.plugins.report import PluginBroken, PluginFault, described
from relevo.redaction import frames_of


class PluginHooks:
    """One plugin's hooks, checked against the specifications.

    Each plugin is registered by itself: pluggy ends a call at the first
    implementation that raises, so in company one could silence the others.

    Raises:
        PluginBroken: It implements no hook, an unknown one, or one with other parameters.
    """

    def __init__(self, name: str, plugin: object) -> None:
        self._name = name
        self._registry = pluggy.PluginManager(hooks.PROJECT)
        self._registry.add_hookspecs(hooks)
        with _blaming("Reading its hooks"):
            try:
                self._registry.register(plugin, name=name)
            except pluggy.PluginValidationError as error:
                words = " ".join(str(error).split())
                msg = f"a hook does not match its specification: {words}."
                raise PluginBroken(PluginFault.HOOK_SIGNATURE, msg) from None
            self._refuse_unknown(plugin)

    def implements(self, hook: str) -> bool:
        """Tell whether the plugin implements a hook."""
        return bool(getattr(self._registry.hook, hook).get_hookimpls())

    def collect(self, hook: str, *, quiet: bool = False, **arguments: object) -> list[Any]:
        """Fire one hook and give what it offers, checked.

        Args:
            hook: Which.
            quiet: Keep the plugin's own words out of the error: it was given
                what may be secret.
            arguments: For the hook.

        Raises:
            PluginBroken: It raised, or offered something else.
        """
        caller = getattr(self._registry.hook, hook)
        plain = [impl for impl in caller.get_hookimpls() if not (impl.wrapper or impl.hookwrapper)]
        with _blaming(hook, quiet=quiet):
            offered = flatten(hook, caller(**arguments), len(plain))
            for offer in offered:
                check_offer(self._name, hook, offer)
        return offered

    def _refuse_unknown(self, plugin: object) -> None:
        callers = self._registry.get_hookcallers(plugin) or []
        try:
            self._registry.check_pending()
        except pluggy.PluginValidationError:
            unknown = next(caller.name for caller in callers if not caller.has_spec())
            hint = did_you_mean(unknown, OFFERS) or f" Hooks are: {', '.join(OFFERS)}."
            msg = f"there is no hook {unknown!r}.{hint}"
            raise PluginBroken(PluginFault.UNKNOWN_HOOK, msg) from None
        if not any(caller.has_spec() for caller in callers):
            msg = (
                f"its entry point names {described(plugin)}, which implements no hook. Mark a "
                f"function with @relevo.hookimpl. Hooks are: {', '.join(OFFERS)}."
            )
            raise PluginBroken(PluginFault.NO_HOOK, msg)


@contextmanager
def _blaming(doing: str, *, quiet: bool = False) -> Iterator[None]:
    """Turn whatever a plugin's code raises into its own fault."""
    try:
        yield
    except (KeyboardInterrupt, PluginBroken):
        raise
    except BaseException as error:  # noqa: BLE001 - even SystemExit: a plugin may raise anything
        words = type(error).__name__ if quiet else said_by(error)
        place = frames_of(error) if quiet else traceback_of(error)
        msg = f"{doing} raised {words}."
        raise PluginBroken(PluginFault.HOOK_RAISED, msg, place) from None
