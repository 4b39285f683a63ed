"""One run: prepared, judged target by target on demand, ended as a report and the records it can be built from again.

The ways a run may break, in order: configuration (:class:`conformance.system.problem.ConfigurationError`, exit 2,
before any verdict) -> reading a source (configuration too) -> judging (``error`` findings, exit 4) -> nothing judged
(``not-run``, exit 3). A run that was killed goes on where it was (:mod:`conformance.run.journal`).
"""

from conformance.run.options import CHINA, Challenge, Options, Progress
from conformance.run.preparing import prepare
from conformance.run.running import Run

__all__ = ["CHINA", "Challenge", "Options", "Progress", "Run", "prepare"]
