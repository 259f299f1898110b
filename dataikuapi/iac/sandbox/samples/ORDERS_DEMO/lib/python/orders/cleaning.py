"""Cleans what the shops send."""


def normalize_country(code):
    """Return a country code in capitals, or None for an unknown one."""
    code = (code or "").strip().upper()
    return code if len(code) == 2 else None
