"""``python -m conformance`` is ``lubiao``."""

import sys

from conformance.cli import main

sys.exit(main())
