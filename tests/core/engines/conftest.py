"""Failures of the shipped rules show the values compared, as in a test file."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("relevo.testing.engine_rules")
