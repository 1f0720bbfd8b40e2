"""A lit test format that runs `opt-tool` and `filecheck` inside the lit worker.

Starting Python and importing xDSL costs more than most tests, and a test has several RUN lines of
two or three commands. A RUN line that is a pipeline of `opt-tool` and `filecheck`, optionally
with `not` and `2>&1`, runs without a process; every other one goes to lit's own shell.
"""

from __future__ import annotations

import io
import re
import shlex
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

# lit has no types.
_test: Any = import_module("lit.Test")
_runner: Any = import_module("lit.TestRunner")
_ShTest: Any = import_module("lit.formats").ShTest

_DBG = re.compile(r"^%dbg\(RUN: at line (\d+)\)\s*")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_SHELL = re.compile(r"[<>;&`$|]")


@dataclass(frozen=True)
class Command:
    """One command of a pipeline."""

    argv: tuple[str, ...]
    expect_failure: bool
    merge_stderr: bool


class InProcessTest(_ShTest):
    """`ShTest` that avoids processes where it can."""

    def __init__(self, timeout: int):
        base: Any = super()
        base.__init__(execute_external=False)
        self.timeout = timeout

    def execute(self, test: Any, litConfig: Any) -> Any:
        script = _runner.parseIntegratedTestScript(test)
        if isinstance(script, _test.Result):
            return script
        directory, base = _runner.getTempPaths(test)
        substitutions = _runner.getDefaultSubstitutions(test, directory, base)
        substitutions = [*test.config.substitutions, *substitutions]
        lines = _runner.applySubstitutions(script, substitutions, recursion_limit=5)
        pipelines = [parse_pipeline(_DBG.sub("", line)) for line in lines]
        if any(pipeline is None for pipeline in pipelines):
            base: Any = super()
            return base.execute(test, litConfig)
        Path(directory).mkdir(parents=True, exist_ok=True)
        signal.signal(signal.SIGALRM, _give_up)
        signal.alarm(self.timeout)
        try:
            for line, pipeline in zip(lines, pipelines, strict=True):
                if pipeline and (report := run_pipeline(pipeline)) is not None:
                    return _test.Result(_test.FAIL, f"RUN: {_DBG.sub('', line)}\n{report}")
        except TimeoutError:
            return _test.Result(_test.TIMEOUT, f"took more than {self.timeout} s")
        finally:
            signal.alarm(0)
        return _test.Result(_test.PASS, "")


def parse_pipeline(line: str) -> list[Command] | None:
    """The commands of a RUN line, or None if it needs a shell."""
    lexer = shlex.shlex(line, posix=False, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    commands: list[Command] = []
    words: list[str] = []
    for word in [*lexer, "|"]:
        if word != "|":
            words.append(word)
            continue
        if (command := _command(words)) is None:
            return None
        commands.append(command)
        words = []
    return commands


def _command(words: list[str]) -> Command | None:
    merge = words[-1:] == ["2>&1"]
    words = words[:-1] if merge else words
    fails = words[:1] == ["not"]
    words = words[1:] if fails else words
    if not words or words[0] not in COMMANDS:
        return None
    if any(_SHELL.search(_QUOTED.sub("", word)) for word in words):
        return None
    return Command(tuple(shlex.split(" ".join(words))), fails, merge)


def run_pipeline(commands: Sequence[Command]) -> str | None:
    """Run commands, each on the output of the one before; what happened if one fails."""
    data = b""
    messages: list[str] = []
    for command in commands:
        code, output, errors = _run(command, data)
        if errors:
            messages.append(f"{command.argv[0]} wrote to standard error:\n{errors}")
        if (code != 0) != command.expect_failure:
            shown = output.decode(errors="replace")[-4000:]
            return "\n".join([f"{shlex.join(command.argv)}: exit code {code}", *messages, shown])
        data = output
    return None


def _run(command: Command, data: bytes) -> tuple[int, bytes, str]:
    output, errors = _writable(), _writable()
    stdin, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(data), encoding="utf-8")
    try:
        target = output if command.merge_stderr else errors
        with redirect_stdout(output), redirect_stderr(target):
            code = _exit_code(COMMANDS[command.argv[0]], list(command.argv[1:]))
    finally:
        sys.stdin = stdin
    output.flush()
    errors.flush()
    return code, output.buffer.getvalue(), errors.buffer.getvalue().decode()


def _writable() -> Any:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _exit_code(main: Callable[[list[str]], int | None], argv: list[str]) -> int:
    try:
        return main(argv) or 0
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except TimeoutError:
        raise
    except BaseException:
        traceback.print_exc()
        return 1


def _give_up(signum: int, frame: object) -> None:
    raise TimeoutError


def _opt_tool(argv: list[str]) -> int | None:
    from ..opt_tool import main

    return main(argv)


def _filecheck(argv: list[str]) -> int | None:
    from filecheck.main import main

    return main(["filecheck", *argv])


COMMANDS: dict[str, Callable[[list[str]], int | None]] = {
    "opt-tool": _opt_tool,
    "filecheck": _filecheck,
}
