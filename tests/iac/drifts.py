"""Drifts to show: of sample and real projects, of many objects, of hostile names."""

from datetime import datetime, timezone

from dataikuapi.iac import DiffEngine
from dataikuapi.iac.models import UnreadableResource
from dataikuapi.iac.sources.project_files import read_project_files
from iac.flows import changed, dataset, diff, recipe, resource, with_columns
from iac.histories import KEY, file_maps, path_of

SAMPLE = KEY
REAL = ("customer-value", "loan-advisor")

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "</style></title></svg><svg onload=alert(1)>",
    "'\" onmouseover='alert(1)' autofocus onfocus=\"alert(1)",
    '"]; click n0 href "https://elsewhere.example/"',
    "--> n1 & n2",
    "a end; click n0 call alert()",
    "end",
    "subgraph",
    '"`**bold**`"',
    "```",
    "1. list",
    "- item",
    '%%{init: {"securityLevel": "loose"}}%%',
    "$$x^2$$",
    "\ufb02\xb0\xb060\xb6\xdf",
    "#lt;b#gt; &lt;b&gt;",
    "{{ 7 * 7 }} {% raw %}",
    "javascript:alert(1)",
    "データ \u202e elif",
)
"""Names that are markup or syntax somewhere."""

LINES = "a\nend\nclick n0 call alert()\n```\n<script>alert(1)</script>"


def history_drift(name, steps=50):
    """Return what differs between the last version of a project and an earlier one."""
    maps = file_maps(path_of(name))
    key = name.upper().replace("-", "_")
    old, new = (
        read_project_files(files, key, datetime(2026, 1, day, tzinfo=timezone.utc))
        for day, files in enumerate((maps[max(-steps, -len(maps))], maps[-1]), 1)
    )
    return titled(DiffEngine().diff(old, new), f"Drift of {key}")


def large_drift(count=2000):
    """Return so many changes, each another one, in 20 projects."""
    old, new = [], []
    for number in range(count // 2):
        key = f"PROJECT_{number % 20}"
        name, output = f"orders_{number:04}", f"orders_{number + 20:04}"
        old += [
            dataset(name, "id", project=key),
            recipe(f"compute_{name}", name, output, key, "import dataiku\nx = 0\n"),
        ]
        new += [
            changed(old[-2], shortDesc=f"column_{number}"),
            changed(old[-1], payload=f"import dataiku\ncolumn_{number}\n"),
        ]
    return titled(diff(old, new), "Drift of 20 projects")


def hostile_drift():
    """Return a drift in which everything has a hostile name."""
    sets = [dataset(name, "id") for name in HOSTILE]
    new = [
        with_columns(item, "id", name) for item, name in zip(sets, HOSTILE, strict=True)
    ]
    for name in HOSTILE:
        item = recipe(f"{name} made", "", "", payload=f"{name}\n{name}\n")
        item.attributes["inputs"] = {"main": {"items": [{"ref": name}]}}
        item.attributes["outputs"] = {"main": {"items": [{"ref": f"{name} 2"}]}}
        new.append(item)
    zones = [zone("z1", HOSTILE[0], HOSTILE[:3]), zone("z2", "end", HOSTILE[3:6])]
    model = resource("saved_model", "m1", "SHOP", {"name": LINES})
    found = diff([*sets, *zones], [*new, *zones, model])
    found.unknown = (UnreadableResource("dataset.SHOP.b", HOSTILE[0]),)
    return titled(found, f"Drift of {HOSTILE[1]}")


def zone(name, label, datasets):
    """Return a flow zone with datasets in it."""
    items = [{"objectId": item, "objectType": "DATASET"} for item in datasets]
    return resource("flow_zone", name, "SHOP", {"name": label, "items": items})


def titled(diffs, title):
    """Return diffs with a title."""
    diffs.title = title
    return diffs
