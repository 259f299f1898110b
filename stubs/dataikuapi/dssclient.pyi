from collections.abc import Mapping
from typing import Any

class DSSClient:
    api_key: str | None
    host: str
    _perform_json: Any
    _session: Any
    def __init__(
        self,
        host: str,
        api_key: str | None = None,
        internal_ticket: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        no_check_certificate: bool = False,
        client_certificate: str | tuple[str, str] | None = None,
        **kwargs: Any,
    ) -> None: ...
    # Everything else, which is not typed.
    def __getattr__(self, name: str) -> Any: ...
