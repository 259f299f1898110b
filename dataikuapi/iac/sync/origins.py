"""Who raised an exception, by the code that it came through."""

import traceback

__all__ = ["is_about_response", "is_raised_by_client", "modules_of"]


def is_raised_by_client(error: Exception) -> bool:
    """Return whether the client, or a library that it calls, raised the error."""
    modules = modules_of(error)
    ours = [name.startswith("dataikuapi.iac.") for name in modules]
    clients = [name.startswith("dataikuapi.") for name in modules]
    return not ours[-1] and any(
        is_clients and not is_ours
        for is_clients, is_ours in zip(clients, ours, strict=True)
    )


def is_about_response(error: Exception) -> bool:
    """Return whether the client raised the error about what DSS returned.

    Not about a body that it was to send, and not our code that it calls back.
    """
    modules = modules_of(error)
    called = [name for name in modules if name.startswith("dataikuapi.")]
    is_ours = not called or called[-1].startswith("dataikuapi.iac.")
    return not is_ours and "json.encoder" not in modules


def modules_of(error: BaseException) -> list[str]:
    """Return the names of the modules that it came through, the innermost last."""
    return [
        str(frame.f_globals.get("__name__"))
        for frame, _ in traceback.walk_tb(error.__traceback__)
    ]
