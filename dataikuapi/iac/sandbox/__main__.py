"""Serve projects from the command line: `python -m dataikuapi.iac.sandbox`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from dataikuapi.iac.sandbox import (
    ProjectLayoutError,
    ProjectStore,
    SandboxServer,
    sample_folder,
)


def _until_interrupted() -> None:
    threading.Event().wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dataikuapi.iac.sandbox",
        description="Serve projects as an embedded DSS, on this machine only.",
    )
    parser.add_argument(
        "--project",
        metavar="DIR",
        type=Path,
        action="append",
        help="folder in DSS git layout; may be repeated; by default the sample project",
    )
    parser.add_argument("--port", type=int, default=0, help="by default any free one")
    return parser


def _describe(server: SandboxServer) -> str:
    connect = f'dataikuapi.DSSClient("{server.url}", "{server.api_key}")'
    return "\n".join(
        [
            f"URL:      {server.url}",
            f"API key:  {server.api_key}",
            f"Projects: {', '.join(server.store.project_keys())}",
            f"Connect:  {connect}",
            "Stop with Ctrl-C.",
        ]
    )


def main(
    argv: Sequence[str] | None = None,
    wait: Callable[[], None] = _until_interrupted,
) -> int:
    """Serve until interrupted.

    Args:
        argv: arguments; those of the process when omitted.
        wait: returns, or raises KeyboardInterrupt, when it is time to stop.

    Returns:
        The exit code: 0 when interrupted, 2 when a folder or the port cannot be used.
    """
    arguments = _parser().parse_args(argv)
    store = ProjectStore()
    try:
        for folder in arguments.project or [sample_folder()]:
            store.load_folder(folder)
        with SandboxServer(store, arguments.port) as server:
            print(_describe(server), flush=True)
            wait()
    except KeyboardInterrupt:
        return 0
    except (ProjectLayoutError, OSError, OverflowError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    # Set explicitly: a shell starts background jobs with SIGINT ignored, and Python
    # inherits that.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    sys.exit(main())
