"""Which objects in a document are keyed by the user's columns?"""

__all__ = ["KEYED_BY_COLUMN"]

KEYED_BY_COLUMN = frozenset("""
    analysisColumnData columnUseScientificNotationByName columnWidthsByName
    outputColumnNameOverrides per_feature
    """.split())
"""Objects in payloads whose keys are columns, so that a key in them means nothing."""
