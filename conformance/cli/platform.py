"""``lubiao platform``: play one scene of the simulated platform, for who develops a client of it."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.speech import Speech

if TYPE_CHECKING:
    from conformance.dialogue.platform.scenes import Scene, Scenes
    from conformance.dialogue.platform.spec import ClientSpec
    from conformance.dialogue.platform.watching import Watched
    from conformance.standard.standards import Standards
    from conformance.system.declaration import Declaration, Target

CONFIGURATION = 2
_LAST_PORT = 65_535


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument("system", type=Path, help=speech.text("cli.system"))
    parser.add_argument("--target", metavar="NAME", help=speech.text("cli.platform.target"))
    parser.add_argument("--scene", metavar="ID", help=speech.text("cli.platform.scene"))
    parser.add_argument("--port", type=_port, default=0, metavar="N", help=speech.text("cli.platform.port"))
    parser.add_argument("--list", action="store_true", help=speech.text("cli.platform.list"))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Serve one scene until it is interrupted."""
    from conformance.system.problem import ConfigurationError
    from conformance.words import problem_lines

    try:
        return _run(arguments, speech)
    except ConfigurationError as error:
        print("\n".join(problem_lines(error, arguments.system, speech.language)), file=sys.stderr)
        return CONFIGURATION


def _run(arguments: argparse.Namespace, speech: Speech) -> int:
    import os
    from datetime import datetime

    from conformance.dialogue.platform.declared import client_spec
    from conformance.dialogue.platform.scenes import scenes_of
    from conformance.run import CHINA
    from conformance.system.declaration import read_declaration
    from conformance.system.resolve import load_standards, resolve

    declaration = read_declaration(arguments.system)
    target = _target(declaration, arguments.target)
    if target is None:
        speech.error("cli.platform.no-target")
        return CONFIGURATION
    standards = load_standards(declaration)
    today = datetime.now(CHINA).strftime("%Y%m%d")
    resolve(declaration, standards, today)
    scenes = scenes_of(standards)
    if arguments.list:
        _list(scenes, speech)
        return 0
    as_of = target.as_of or today
    spec = client_spec(target, declaration, standards, as_of=as_of, seed=0, environ=os.environ)
    known = [one for one in scenes.scenes if spec.job(one.job) is not None]
    scene = next((one for one in known if arguments.scene in (None, one.id)), None)
    if scene is None:
        speech.error("cli.platform.no-scene", known="、".join(one.id for one in known))
        return CONFIGURATION
    return _serve(spec, standards, scene, arguments.port, speech)


def _target(declaration: Declaration, name: str | None) -> Target | None:
    """The target of that name, or the first client that is declared."""
    clients = [one for one in declaration.targets if one.client is not None]
    return next((one for one in clients if name in (None, one.name)), None)


def _list(scenes: Scenes, speech: Speech) -> None:
    for one in scenes.scenes:
        print(f"{one.id}  {getattr(one.title, speech.language)}  [{one.judges}]")


def _serve(spec: ClientSpec, standards: Standards, scene: Scene, port: int, speech: Speech) -> int:
    import signal
    import tempfile

    from conformance.dialogue.platform.watching import showing

    voice = threading.Lock()
    asked = 0

    def told(watched: Watched) -> None:
        nonlocal asked
        with voice:
            asked += 1
            _tell(watched, speech)

    try:
        with (
            tempfile.TemporaryDirectory(prefix="lubiao-platform-") as folder,
            showing(spec, standards.services, standards, scene, Path(folder), port=port, told=told) as platform,
        ):
            title = getattr(scene.title, speech.language)
            speech.say("cli.platform.serving", scene=scene.id, title=title, url=platform.url, ca=str(platform.ca))
            speech.say("cli.platform.command", command=platform.command)
            sys.stdout.flush()
            # Making the rows, Polars put a handler of its own in the place of Python's.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            platform.play.ended.wait()
    except OSError as error:
        speech.error("cli.platform.port-taken", port=port, error=type(error).__name__)
        return CONFIGURATION
    except KeyboardInterrupt:
        speech.say("cli.platform.over", number=asked)
    return 0


def _tell(watched: Watched, speech: Speech) -> None:
    """One request: what was answered, and what is wrong with it. No value that the client sent is repeated."""
    from conformance.judge.service.client_calls import place_of

    said = watched.said
    where = place_of(said.request, said.interface)
    print(f"{where.path}  {where.file}  → {said.request.outcome}")
    for fault in watched.faults:
        print(f"    ✗ {fault.rule}  {fault.reason.render(speech.language)}")
    if not watched.faults:
        print(f"    ✓ {speech.text('cli.platform.good')}")
    sys.stdout.flush()


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _LAST_PORT:
        raise argparse.ArgumentTypeError(text)
    return number
