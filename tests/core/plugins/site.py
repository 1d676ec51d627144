"""Distributions made for a test: real folders with real metadata on the real path."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

from relevo.config import PluginSettings
from relevo.plugins import PluginRow, Plugins, load_plugins

PROVIDER = """
    import relevo
    from pydantic import BaseModel

    class Config(BaseModel):
        pass

    class Acme(relevo.Provider[Config]):
        name = {name!r}
        config_type = Config
        capabilities = frozenset({{relevo.Capability.TEXT}})

        async def send(self, message):
            raise NotImplementedError

    @relevo.hookimpl
    def relevo_providers():
        return [Acme]
"""


TOOLS = """
    import relevo
    from contextlib import asynccontextmanager

    class Stand:
        name = "acme"

        @asynccontextmanager
        async def start(self, webhook_url):
            yield

    async def app(scope, receive, send):
        raise NotImplementedError

    @relevo.hookimpl
    def relevo_commands():
        return [relevo.Command("wave", print, "Wave.")]

    @relevo.hookimpl
    def relevo_sandboxes():
        return (Stand(),)

    @relevo.hookimpl
    def relevo_mounts():
        return [relevo.Mount("/wave", app, "wave")]

    @relevo.hookimpl
    def relevo_middleware():
        return []
"""


@dataclass
class Site:
    """A folder of installed distributions."""

    folder: Path

    def install(
        self,
        distribution: str,
        entry_points: dict[str, str],
        modules: dict[str, str] | None = None,
        *,
        version: str = "1.2",
    ) -> Path:
        """Write what pip would have written; give the metadata folder."""
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
        )
        lines = [f"{name} = {value}" for name, value in entry_points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[relevo.plugins]", *lines, ""]))
        for module, source in (modules or {}).items():
            (self.folder / f"{module}.py").write_text(textwrap.dedent(source))
        return info

    def install_good(self, name: str = "good") -> None:
        """Install a plugin that works."""
        module = f"{name}_plugin"
        self.install(f"relevo-{name}", {name: module}, {module: PROVIDER.format(name=name)})

    def load(
        self,
        *,
        enabled: list[str] | None = None,
        disabled: list[str] | None = None,
        strict: bool = False,
    ) -> Plugins:
        """Load what is installed here, and only here."""
        settings = PluginSettings(enabled=enabled, disabled=disabled or [], strict=strict)
        return load_plugins(settings, path=[str(self.folder)])


def row_of(plugins: Plugins, name: str) -> PluginRow:
    (row,) = [row for row in plugins.report.rows if row.name == name]
    return row
