"""Damaged state files: valid ones, changed at random in their bytes or structure."""

import json
from typing import Any

# As few as a mutation can hit often: every key that the format knows, and two that it
# does not, of which one looks like the key of a resource.
SMALL: dict[str, Any] = {
    "version": 1,
    "serial": 7,
    "environment": "dev",
    "updated_at": "2026-01-02T12:00:00Z",
    "resources": {
        "dataset.SHOP.orders": {
            "resource_type": "dataset",
            "resource_id": "dataset.SHOP.orders",
            "attributes": {"type": "S3", "params": {"n": [1, 0.5, None, "é"]}, "": {}},
            "metadata": {
                "deployed_at": "2026-01-02T12:00:00.123456Z",
                "deployed_by": "anna",
                "checksum": "ab" * 32,
                "dataiku_internal_id": None,
                "last_modified_by": "bob",
                "last_modified_at": "2026-01-01T00:00:00+02:00",
                "version_number": 3,
                "created_at": None,
                "pipeline": {"run": 12},
            },
            "depends_on": ["project.SHOP"],
        },
        "project.SHOP": {
            "resource_type": "project",
            "resource_id": "project.SHOP",
            "attributes": {"name": "Shop", "resources": {"a": {}}},
            "metadata": {
                "deployed_at": "2026-01-02T12:00:00",
                "deployed_by": "anna",
                "checksum": "44" * 32,
            },
        },
    },
    "lineage": "5b1cd9a2",
    "instance": {"node_id": "design"},
    "scope": [
        {
            "project": "SHOP",
            "types": ["dataset", "project"],
            "read_at": "2026-01-02T11:00:00Z",
        }
    ],
    "dataset.SHOP.written_by": {"tool": ["other", 2]},
}


def nested(depth):
    """Return the text of lists in each other."""
    return "[" * depth + "]" * depth


VALUES = [
    *("null", "true", "false", "0", "1", "-1", "1.0", "7.5", '""', '"1"', "[]", "{}"),
    *("18446744073709551615", "18446744073709551616", "-9223372036854775809"),
    *(
        "1e400",
        "-1e400",
        "1e-400",
        "0.1234567890123456789012",
        "1" + "0" * 400,
        "7" * 9_000,
    ),
    *("NaN", "Infinity", "-Infinity", "undefined", "01", "0x1", "'a'", "+1", ".5"),
    *('"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\ud83d\\ude00"', '"\\x41"'),
    *('"12345678901234567890"', '", 12345678901234567890"', '"\\\\", 1'),
    *(nested(depth) for depth in (2, 150, 197, 200, 203, 400, 2_000, 50_000)),
    *('{"a": ' * depth + "1" + "}" * depth for depth in (100, 203, 1_100, 20_000)),
    *('{"a": 1, "a": 2}', '{"a": {}, "": [{}]}', '[1, [2, {"b": "c"}]]'),
]
KEYS = ["", ".", "a", "version", "resources", "attributes", "metadata", "\\ud800", "é"]
IDS = [
    *("dataset", "dataset.", ".SHOP", "dataset..a", "Dataset.SHOP.a", "dataset.SHOP."),
    *("dataset.SHOP.a.b c'd", "dataset.SHOP.\\n", "dataset.SHOP.a\\n", "dataset.SHOP"),
    *("project.SHOP.x", "dataset.SHOP.\\ud800", "dataset.SHOP." + "x" * 5_000, " "),
    *("dataset.SHOP.\\u0000", "d\\u00e4taset.SHOP.a", "made_up.SHOP.a", "recipe.A.ü"),
]
TIMES = [
    *("2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "now"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0000-01-01T00:00:00Z"),
    *("2026-01-01T00:00:60Z", "2026-01-01T00:00:00+99:99", "2026-W01-1T00:00:00Z", ""),
    *("2026-01-01t00:00:00.1234567890123z", "2026-01-01 00:00:00", "2026-01-01"),
    *("2026-01-01T00:00:00,123456Z", "٢٠٢٦-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    *("2026-01-01T00:00:00+0200", "2026-01-01T00:00:00Z\\n", "2026-01-01T00:00:00Z "),
]
TOKENS = [
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b"\\",
        b"\n",
        b"\x00",
        b"\xff",
        b"\xc3",
    ),
    *(
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"NaN",
        b"9" * 30,
        b"[" * 300,
        b"}}",
        b" " * 500,
    ),
    *(
        b"\n    },\n    ",
        b'\n  "resources": {\n    "',
        b"\n    }\n  }",
        b'"":0',
        b"/**/",
    ),
]


# Damage to the bytes


def cut(dice, data):
    """Leave only the beginning, or only the end."""
    at = dice.randrange(len(data))
    return dice.choice((data[:at], data[at:]))


def flip(dice, data):
    """Flip some bits."""
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 8))):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def piece_of(dice, data):
    """Choose where a piece begins and ends; most are short, some have whole lines."""
    if dice.random() < 0.5:
        starts = [0, *(at + 1 for at, byte in enumerate(data) if byte == 10)]
        start, stop = sorted(dice.choices(starts, k=2))
        return start, min(stop, start + 5_000)
    start = dice.randrange(len(data))
    return start, start + dice.choice((1, 2, 5, 20, 100))


def splice(dice, data):
    """Copy a piece to somewhere else."""
    start, stop = piece_of(dice, data)
    at = piece_of(dice, data)[0]
    return data[:at] + data[start:stop] + data[at:]


def duplicate(dice, data):
    """Repeat a piece where it is."""
    start, stop = piece_of(dice, data)
    return data[:stop] + data[start:]


def delete(dice, data):
    """Leave out a piece."""
    start, stop = piece_of(dice, data)
    return data[:start] + data[stop:]


def insert(dice, data):
    """Put something in that has a meaning in JSON, or has none."""
    at = piece_of(dice, data)[0]
    return data[:at] + dice.choice(TOKENS) + data[at:]


BYTES = [cut, flip, splice, duplicate, delete, insert]


# Damage to the structure


class Raw:
    """Stands in a document for a text that is written as it is."""

    def __init__(self, text):
        self.text = text


class Writer:
    """Writes documents in which there may be texts, and keys that come twice."""

    def __init__(self, separator, indent):
        self.separator, self.indent = separator, indent

    def text(self, value, level=1):
        if isinstance(value, Raw):
            return value.text
        if isinstance(value, dict):
            pairs = [(self.text(key), item) for key, item in value.items()]
            return self.pairs(pairs, level)
        if isinstance(value, Pairs):
            pairs = [(self.text(key), item) for key, item in value.pairs]
            return self.pairs(pairs, level)
        if isinstance(value, list):
            items = [self.text(item, level + 1) for item in value]
            return self.joined("[", items, "]", level)
        return json.dumps(value, ensure_ascii=False)

    def pairs(self, pairs, level):
        members = [
            f"{key}{self.separator}{self.text(item, level + 1)}" for key, item in pairs
        ]
        return self.joined("{", members, "}", level)

    def joined(self, start, items, end, level):
        if not items or self.indent is None:
            return start + ",".join(items) + end
        inner, outer = "\n" + self.indent * level, "\n" + self.indent * (level - 1)
        return start + inner + f",{inner}".join(items) + outer + end


class Pairs:
    """An object as pairs, so that a key may come twice."""

    def __init__(self, pairs):
        self.pairs = pairs


WRITERS = [Writer(": ", "  "), Writer(":", None), Writer(" :", "\t"), Writer(": ", "")]


def spots_of(value):
    """Return all containers that hold something, the outermost first."""
    spots, found = [value], []
    while spots:
        spot = spots.pop(0)
        items = spot.values() if isinstance(spot, dict) else spot
        spots += [item for item in items if isinstance(item, (dict, list)) and item]
        found.append(spot)
    return found


def spot_in(dice, document):
    """Choose a container and a key in it; the outer ones as often as the inner ones."""
    spots = spots_of(document)
    spot = dice.choice(spots[: dice.choice((1, 3, 6, 12, len(spots)))])
    keys = list(spot) if isinstance(spot, dict) else range(len(spot))
    return spot, dice.choice(list(keys))


def swap(dice, document):
    """Put a value of another type somewhere, or one that JSON cannot carry."""
    spot, key = spot_in(dice, document)
    spot[key] = Raw(dice.choice(VALUES))


def leave_out(dice, document):
    """Leave out a member or an item."""
    spot, key = spot_in(dice, document)
    del spot[key]


def move(dice, document):
    """Put a part of the document in the place of another."""
    (spot, key), (other, name) = spot_in(dice, document), spot_in(dice, document)
    spot[key] = json.loads(json.dumps(other[name]))


def repeat(dice, document):
    """Let a key come twice, the second time with another value or the same."""
    spots = [spot for spot in spots_of(document) if isinstance(spot, dict)]
    holders = [
        (spot, key)
        for spot in spots
        for key, item in spot.items()
        if isinstance(item, dict) and item
    ]
    spot, key = dice.choice(holders[: dice.choice((1, 4, len(holders)))])
    pairs = list(spot[key].items())
    name, value = dice.choice(pairs)
    other = dice.choice((value, Raw(dice.choice(VALUES))))
    pairs.insert(dice.randrange(len(pairs) + 1), (name, other))
    spot[key] = Pairs(pairs)


def rename(dice, document):
    """Give a key another name."""
    spots = [spot for spot in spots_of(document) if isinstance(spot, dict)]
    spot = dice.choice(spots)
    key = dice.choice(list(spot))
    spot[Raw(f'"{dice.choice(KEYS)}"')] = spot.pop(key)


def odd_id(dice, document):
    """Give a resource another id: as its key, in its entry, or both."""
    resources = document["resources"]
    key = dice.choice(list(resources))
    entry, odd = resources.pop(key), Raw(f'"{dice.choice(IDS)}"')
    if dice.random() < 0.7:
        entry["resource_id"] = odd
    if dice.random() < 0.5:
        entry["resource_type"] = Raw(odd.text.partition(".")[0].strip('"').join('""'))
    resources[odd if dice.random() < 0.7 else key] = entry


def times_of(document):
    """Return all containers of times, each with the key of one."""
    return [
        (spot, key)
        for spot in spots_of(document)
        if isinstance(spot, dict)
        for key in spot
        if key.endswith("_at")
    ]


def odd_time(dice, document):
    """Put an odd time where there is one."""
    spot, key = dice.choice(times_of(document))
    spot[key] = Raw(f'"{dice.choice(TIMES)}"')


STRUCTURE = [swap, swap, leave_out, move, repeat, rename, odd_id, odd_time]


def mutated(dice, document):
    """Return the bytes of a state file that was damaged, a little or a lot."""
    document = json.loads(json.dumps(document))
    writer = dice.choice((WRITERS[0], dice.choice(WRITERS)))
    if dice.random() < 0.6:
        dice.choice(STRUCTURE)(dice, document)
        return writer.text(document).encode("utf-8", "surrogatepass") + b"\n"
    data = writer.text(document).encode() + b"\n"
    for _ in range(dice.choice((1, 1, 1, 3))):
        data = dice.choice(BYTES)(dice, data) or data
    return data
