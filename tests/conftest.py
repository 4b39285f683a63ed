"""How the property tests draw: the same cases in every run, so that a clone that was green stays green.

``LUBIAO_EXPLORE=1 tox -e tests`` draws new ones; what it finds becomes an example of its own.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True)
settings.register_profile("explore", derandomize=False)
settings.load_profile("explore" if os.environ.get("LUBIAO_EXPLORE") else "repeatable")
