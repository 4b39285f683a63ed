"""A command of the office's own: bytes on standard input, DER on standard output. No shell; time and output bounded."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import tempfile
from contextlib import suppress
from threading import Thread
from typing import IO

from conformance.signing.signers.refusing import SignerError

#: Bytes kept of what a command says; a signature is 72.
LIMIT = 4096
#: Seconds for the last bytes of a command that has ended; more only where something it left behind still writes.
_PATIENCE = 5
#: Characters shown of what it says on standard error.
SHOWN = 200
#: What may be a secret in them: anything with a digit in it, and long words.
_SECRETIVE = re.compile(r"\S*\d\S*|\S{24,}")


class CommandHolder:
    """Signs by running a command, once a signature."""

    def __init__(self, command: str, timeout: float) -> None:
        """Raises SignerError where the text is no command."""
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise SignerError("signing.exec.malformed") from error
        if not self._words:
            raise SignerError("signing.exec.malformed")
        self._timeout = timeout

    def sign(self, message: bytes) -> bytes:
        """What the command gives for a message; raises SignerError."""
        with tempfile.TemporaryFile() as given:
            given.write(message)
            given.seek(0)
            try:
                process = subprocess.Popen(  # noqa: S603 - the office's own command, split without a shell
                    self._words, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
                )
            except (OSError, ValueError) as error:
                raise SignerError("signing.exec.not-started", error=type(error).__name__) from error
            output, errors = _Ear(process.stdout), _Ear(process.stderr)
            code = self._ended(process)
        said = output.heard()
        if code is None:
            raise SignerError("signing.exec.timeout", seconds=str(self._timeout))
        if len(said) > LIMIT:
            raise SignerError("signing.exec.too-much")
        if code:
            raise SignerError("signing.exec.failed", code=code, said=shown(errors.heard()))
        return said

    def _ended(self, process: subprocess.Popen[bytes]) -> int | None:
        """The exit code; None where it took too long and was ended, with all that it had started."""
        try:
            return process.wait(self._timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.returncode is None:
                _end(process)


class _Ear:
    """Reads a stream beside the process: at most the limit, then it stops listening."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._stream, self._heard = stream, b""
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    def heard(self) -> bytes:
        """All of it; one byte more than the limit where there was more."""
        self._thread.join(_PATIENCE)
        return self._heard

    def _listen(self) -> None:
        if self._stream is not None:
            with self._stream:
                self._heard = self._stream.read(LIMIT + 1)


def shown(said: bytes) -> str:
    """What a command said, fit to be shown: printable, bounded, without anything that may be a secret."""
    text = said[:LIMIT].decode("utf-8", "replace")
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    masked = _SECRETIVE.sub("***", plain)
    return masked[:SHOWN] + ("…" if len(masked) > SHOWN else "") or "—"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a running process and the group that it leads."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
