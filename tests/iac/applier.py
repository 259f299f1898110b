"""A process that applies plans in processes of its own, which tests kill."""

import json
import os
import signal
import sys
import traceback
from pathlib import Path

from dataikuapi import DSSClient
from dataikuapi.iac import LocalFileBackend, RetryPolicy, StateManager, open_source
from dataikuapi.iac.apply import ApplyEngine
from dataikuapi.iac.backends.journal import BlobJournal
from dataikuapi.iac.plan import PlanOptions
from dataikuapi.iac.state_store import StateStore
from iac.pulling import with_layout


def manager_of(url, api_key, state_file, types=None, workers=4):
    """Return a manager that makes no request twice."""
    return StateManager(
        LocalFileBackend(state_file),
        DSSClient(url, api_key),
        "dev",
        max_workers=workers,
        policy=RetryPolicy(max_retries=0),
        types=with_layout() if types is None else types,
    )


def say(word):
    """Tell the test something."""
    os.write(1, f"{word}\n".encode())


class Steps:
    """Kills this process at a step that stores something.

    Args:
        at: the number of the step, and whether it is killed before or after it; the
            steps are counted from 1.
    """

    def __init__(self, at):
        self._number, self._when = at
        self._seen = 0

    def wrap(self, owner, name):
        """Count the calls of a method."""
        method = getattr(owner, name)

        def counted(*args, **options):
            self._seen += 1
            self._die("before")
            found = method(*args, **options)
            self._die("after")
            return found

        setattr(owner, name, counted)

    def _die(self, when):
        if (self._seen, self._when) == (self._number, when):
            os.kill(os.getpid(), signal.SIGKILL)


def apply(url, api_key, state_file, folder, key, step):
    """Plan, wait for a line, and apply."""
    manager = manager_of(url, api_key, state_file)
    code = open_source(folder, project_key=key).read()
    plan = manager.plan(code, PlanOptions(allow_delete=True))
    steps = Steps(step)
    steps.wrap(BlobJournal, "append")
    steps.wrap(StateStore, "merge_and_save")
    say("planned")
    sys.stdin.readline()
    result = ApplyEngine(manager.client, manager).apply(plan)
    Path(f"{state_file}.result").write_text(str(result), "utf-8")
    say(f"stopped {result.is_interrupted}")


def main():
    """For each line of input, the arguments of an apply, fork a process that does it.

    Ctrl-C is for that process.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if not child:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            say(f"born {os.getpid()}")
            code = 1
            try:
                apply(**json.loads(line))
                code = 0
            except BaseException:
                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(code)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        say(f"ended {ended}")


if __name__ == "__main__":
    main()
