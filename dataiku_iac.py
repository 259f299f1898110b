"""Makes ``dataikuapi.iac`` importable where Dataiku's client lies in another folder.

``dataikuapi`` is a package of dataiku-api-client, so Python looks for
``dataikuapi.iac`` in the folder of the client only. In a virtual environment with
``--system-site-packages``, or in a DSS code environment, that is another folder than
ours. Importing this module adds the folder beside it. An installed library does so at
the start of Python, by ``dataiku_iac.pth``. From a folder on ``PYTHONPATH``, whose
``.pth`` files Python does not read, import it by name:

.. code-block:: python

    import dataiku_iac  # before dataikuapi.iac

It runs at each start of Python, so it imports nothing that Python has not imported by
then: neither the client nor ``dataikuapi.iac``, nor ``__future__`` or ``typing``.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dataikuapi")


class _Finder:
    """Finds ``dataikuapi.iac`` beside this module, wherever ``dataikuapi`` is."""

    @staticmethod
    def find_spec(
        name: str,
        path: "Sequence[str] | None" = None,
        target: "ModuleType | None" = None,
    ) -> "ModuleSpec | None":
        """Return where the module is; ``None`` for any other, as the protocol says."""
        if name != "dataikuapi.iac":
            return None
        from importlib.machinery import PathFinder

        return PathFinder.find_spec(name, [_FOLDER])


def main() -> int:
    """Run the command line, as ``python -m dataikuapi.iac`` does."""
    from dataikuapi.iac.cli import main as run

    return run()


# In front, so that an older copy beside the client does not win over this one.
sys.meta_path.insert(0, _Finder)

if __name__ == "__main__":
    sys.exit(main())
