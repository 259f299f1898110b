"""What the tests of reports of plans share: plans, made up and of real projects."""

import json

from dataikuapi.iac.sandbox import ProjectStore
from dataikuapi.iac.sources import open_files, pull_project
from iac.pulling import read_live
from iac.test_plan import A, B, item, orders, planned, recipe, state

EDITED = "edited in the folder"


def of_orders(base, code, live, **options):
    """Return a plan for the project and one dataset."""
    return planned(state(*base), state(*code), state(*live), **options)


def script(number):
    """Return a recipe with a script."""
    return recipe("r", ["orders"], payload=f"import a\nx = {number}\nprint(x)\n")


def scripts_plan():
    """Return a plan with a script that both sides changed."""
    return planned(*(state(A, script(number)) for number in (1, 2, 3)))


def mixed_plan():
    """Return a plan with actions of all types but one."""
    gone, old = item("dataset.SHOP.gone", type="S3"), recipe("old", ["gone"], ["z"])
    web_app = item("web_app.SHOP.w", name="Map")
    secret = item("dataset.SHOP.s", type="S3", params={"password": "<secret>"})
    adopted = item("dataset.SHOP.adopted", x=1)
    base = state(
        A, item("dataset.SHOP.z", x=1, y=1), gone, old, web_app, script(1),
        item("dataset.SHOP.forgotten"),
    )  # fmt: skip
    code = state(
        B, item("dataset.SHOP.z", x=2, y=1), adopted, recipe("new", ["z"]),
        recipe("needy", ["s"]), secret, script(2),
    )  # fmt: skip
    live = state(
        orders(editor="ann", x=3), item("dataset.SHOP.z", editor="bob", x=1, y=3),
        gone, old, web_app, adopted, script(3), item("dataset.SHOP.unmanaged"),
    )  # fmt: skip
    return planned(base, code, live, allow_delete=True)


def edited_project(folder, serve, tmp_path):
    """Return the plan for a pulled folder in which a description was edited."""
    store = ProjectStore()
    key = store.load_folder(folder)
    with serve(store) as server:
        live = read_live(server, key, tmp_path)
    pulled = tmp_path / "pulled"
    pull_project(live, pulled)
    path = min((pulled / "datasets").glob("*.json"))
    document = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**document, "description": EDITED}), "utf-8")
    code = open_files(str(pulled), project_key=key).read()
    return planned(live, code, live)
