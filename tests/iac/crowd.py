"""Many processes that each sync a project into one state: ``crowd.py LOCATION …``.

Each is a job of a CI matrix: it has a manager of its own, and knows of no other.
"""

import os
import sys
import traceback

from dataikuapi import DSSClient
from dataikuapi.iac import StateManager, open_backend


def work(location, url, api_key, key, rounds):
    """Sync one project and save it, so many times."""
    client = DSSClient(url, api_key)
    for _ in range(rounds):
        types = ["project", "dataset", "recipe"]
        backend = open_backend(location)
        manager = StateManager(backend, client, "dev", max_workers=1, types=types)
        manager.save_state(manager.sync_project(key))


def main(location, url, api_key, rounds, *keys):
    """Fork a process for each project; exit with the number of those that failed."""
    children = []
    for key in keys:
        child = os.fork()
        if not child:
            code = 1
            try:
                work(location, url, api_key, key, int(rounds))
                code = 0
            except Exception:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    sys.exit(sum(code != 0 for code in codes))


if __name__ == "__main__":
    main(*sys.argv[1:])
