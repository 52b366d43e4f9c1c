"""The child process that holds a peer's handler, and does as the lines on its standard input say.

It imports as little as Lambda's own runtime does before a handler, so that the handler's imports
are its own to pay for.
"""

import importlib
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType, SimpleNamespace
from typing import Any

CONTEXT = SimpleNamespace(
    aws_request_id="8476a536-e9f4-11e8-9739-2dfe598c3fcd",
    function_name="api",
    function_version="$LATEST",
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:api",
    memory_limit_in_mb="512",
    get_remaining_time_in_millis=lambda: 30_000,
)


class Calls:
    """Counts the calls of functions, Python's and C's, as cProfile's total does.

    cProfile sees one thread; this sees every thread that begins after it.
    """

    def __init__(self) -> None:
        self.number = 0

    def start(self) -> None:
        threading.setprofile(self._count)
        sys.setprofile(self._count)

    def _count(self, frame: FrameType, what: str, argument: Any) -> None:
        self.number += what in {"call", "c_call"}


def timed(function: Callable[..., Any], *args: Any) -> tuple[Any, int, int]:
    """Call it; answer what it answers, and the nanoseconds on the wall and on the processor."""
    wall, processor = time.perf_counter_ns(), time.process_time_ns()
    answer = function(*args)
    return answer, time.perf_counter_ns() - wall, time.process_time_ns() - processor


def resident() -> int:
    """Answer the bytes of memory in use."""
    try:
        with open("/proc/self/statm") as statm:  # noqa: PTH123  # pathlib is the handler's to import
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:  # macOS, which has the maximum alone, and that in bytes
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    # Whatever the handler prints must not end up among the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    handler: Any = None
    calls = Calls()
    for line in sys.stdin:
        command = json.loads(line)
        answer: dict[str, Any] = {}
        if "handler" in command:
            module, attribute = command["handler"].split(":")
            imported, wall, processor = timed(importlib.import_module, module)
            handler = getattr(imported, attribute)
            answer = {"wall": wall, "processor": processor, "python": sys.version.split()[0]}
        elif "additions" in command:
            for name in command["additions"]:
                importlib.import_module(name)
        elif "count_calls" in command:
            calls.start()
        elif "explain" in command:
            plans = importlib.import_module("tests.benchmarks.plans")
            with plans.explained() as steps:
                response = handler(command["explain"], CONTEXT)
            answer = {
                "whole": {step.sql: step.whole for step in steps if step.whole},
                "statements": len(steps),
                "indexes": sorted({index for step in steps for index in step.indexes}),
                "last": response,
            }
        else:
            before = calls.number
            served = [timed(handler, event, CONTEXT) for event in command["events"]]
            responses, walls, processors = zip(*served, strict=True)
            answer = {
                "wall": walls,
                "processor": processors,
                "calls": calls.number - before,
                "statuses": [response["statusCode"] for response in responses],
                "last": responses[-1],
                "resident": resident(),
            }
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
