"""Promotions: what one environment has is planned for another one, and applied."""

import json

import pytest

from dataikuapi.iac import LocalFileBackend
from dataikuapi.iac.live_ids import live_ids_of
from iac.promoting import DEV, PROD, TwoEnvironments, bare_copy, promotable_sample

pytestmark = pytest.mark.all_types

OVERLAY = (
    "connections: {pg_analytics: pg_prod}, code_envs: {py39: py39_prod}, "
    "variables: {currency: USD}"
)
ENRICH = "recipes/compute_orders_enriched"
FOLDER_ID = "Rt5wQ2pL"
CODE = f'import dataiku\nfolder = dataiku.Folder("{FOLDER_ID}")  # not {FOLDER_ID}x\n'
EXPLICIT = {"envMode": "EXPLICIT_ENV", "envName": "py39"}
ADDED: dict[str, dict[str, object]] = {
    "dashboards/Db6hKs2.json": {"showGrid": True},
    "datasets/countries.json": {"checks": []},
    "datasets/customers_enriched.json": {"checks": []},
    "datasets/orders_archive.json": {"checks": []},
}
SCENARIO = "scenarios/REFRESH_ORDERS/"


def write_code(folder):
    """Let a recipe name a folder, and a code environment.

    Let documents have what DSS adds to each that it creates.
    """
    for name, added in ADDED.items():
        path = folder / name
        document = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps({**added, **document}), "utf-8")
    (folder / f"{ENRICH}.py").write_text(CODE, "utf-8")
    path = folder / f"{ENRICH}.json"
    document = json.loads(path.read_text("utf-8"))
    document["params"]["envSelection"] = EXPLICIT
    path.write_text(json.dumps(document), "utf-8")


@pytest.fixture
def two(run, server, store, tmp_path):
    """A project in development, and an empty one in production; both are stored."""
    folder = promotable_sample(tmp_path)
    write_code(folder)
    store.load_folder(folder, DEV)
    store.load_folder(bare_copy(folder, tmp_path / "bare"), PROD)
    two = TwoEnvironments(run, server, tmp_path)
    two.configure(OVERLAY)
    own = {"standard": {}, "local": {"host": "prod.example.com"}}
    two.project(PROD).set_variables(own)
    two.sync("dev", "prod")
    return two


@pytest.fixture
def promoted(two):
    """Both environments after the first promotion."""
    two.promote()
    if two.actions():  # DSS has created the default zone.
        assert two.actions() == {f"flow_zone.{PROD}.default": "adopt"}
        two.promote()
    return two


def stored(two):
    return LocalFileBackend(two.folder / "prod.json").load()


def live_name(two, code_id):
    """Return the name of the id that an object has in production."""
    return live_ids_of(stored(two))[code_id].rpartition(".")[2]


def test_plan_after_a_promotion_is_empty(promoted):
    code, output, _ = promoted.plan()
    assert code == 0
    assert output.endswith("No changes.")


def test_what_is_created_has_what_the_overlay_says(promoted):
    params = promoted.live("datasets/orders_enriched")["params"]
    assert params["connection"] == "pg_prod"
    recipe = promoted.live(ENRICH)["recipe"]
    assert recipe["params"]["envSelection"] == {**EXPLICIT, "envName": "py39_prod"}
    variables = promoted.live("variables/")
    assert variables["standard"]["currency"] == "USD"
    assert variables["standard"]["late_after_days"] == 5
    assert variables["local"] == {"host": "prod.example.com"}


def test_scenarios_are_created_inactive_unless_the_overlay_says_otherwise(two):
    two.promote()
    assert two.live(SCENARIO, DEV)["active"] is True
    assert two.live(SCENARIO)["active"] is False
    patch = 'patch: [{id: "scenario.*", pointer: /active, value: true}]'
    two.configure(f"{OVERLAY}, {patch}")
    (changed,) = [item for item in two.document()["resources"] if item["changes"]]
    assert changed["resource_id"] == f"scenario.{PROD}.REFRESH_ORDERS"
    assert [change["path"] for change in changed["changes"]] == ["active"]


def test_references_follow_the_ids_of_production(promoted):
    folder = live_name(promoted, f"managed_folder.{PROD}.{FOLDER_ID}")
    assert folder != FOLDER_ID
    payload = promoted.live(ENRICH)["payload"]
    assert payload == CODE.replace(f'"{FOLDER_ID}"', f'"{folder}"')
    insight = live_name(promoted, f"insight.{PROD}.In4tRv8")
    dashboard = live_name(promoted, f"dashboard.{PROD}.Db6hKs2")
    pages = promoted.live(f"dashboards/{dashboard}/")["pages"]
    assert pages[0]["grid"]["tiles"][0]["insightId"] == insight


def test_only_what_changed_is_promoted_again(promoted):
    promoted.put("datasets/orders", DEV, shortDesc="All orders")
    zones = promoted.project(DEV).get_flow()
    zones.get_zone("q7LmT2a").add_item(promoted.project(DEV).get_dataset("orders"))
    promoted.sync("dev")
    zone = live_name(promoted, f"flow_zone.{PROD}.q7LmT2a")
    assert promoted.actions() == {
        f"dataset.{PROD}.orders": "update",
        f"flow_zone.{PROD}.{zone}": "update",
    }
    promoted.promote()
    assert promoted.live("datasets/orders")["shortDesc"] == "All orders"
    assert promoted.actions() == {}


def test_edits_in_production_alone_are_kept(promoted):
    promoted.put("datasets/orders", shortDesc="By hand")
    promoted.put("datasets/orders", DEV, description="From development")
    promoted.sync("dev")
    promoted.promote()
    found = promoted.live("datasets/orders")
    assert (found["shortDesc"], found["description"]) == ("By hand", "From development")


def test_values_of_the_environment_stay_and_are_told(promoted):
    """They are not taken from development, nor changed back, nor in conflict."""
    promoted.put(SCENARIO, active=True, runAsUser="robot")
    params = promoted.live("datasets/countries")["params"]
    own = {**params, "connection": "files_of_prod", "path": "/prod/countries"}
    promoted.put("datasets/countries", params=own)
    params = promoted.live("datasets/countries", DEV)["params"]
    promoted.put("datasets/countries", DEV, params={**params, "path": "/new"})
    promoted.sync("dev")
    code, output, _ = promoted.plan("-v")
    assert code == 0
    assert "3 environment-specific values" in output
    for path in ("connection", "path"):
        assert f"dataset.{PROD}.countries: params.{path}" in output
    assert "params.path" not in promoted.plan()[1]
    assert promoted.live("datasets/countries")["params"] == own
    assert promoted.live(SCENARIO)["runAsUser"] == "robot"


def test_storage_of_another_type_stays_with_all_that_belongs_to_it(promoted):
    columns = promoted.live("datasets/countries")["schema"]
    params = {"connection": "s3_prod", "bucket": "b", "path": "/c"}
    promoted.put("datasets/countries", type="EC2", params=params)
    promoted.put("datasets/countries", DEV, shortDesc="Countries")
    promoted.sync("dev", "prod")
    promoted.promote()
    found = promoted.live("datasets/countries")
    assert (found["type"], found["params"]) == ("EC2", params)
    assert (found["shortDesc"], found["schema"]) == ("Countries", columns)


def test_live_environment_is_a_source_as_well(promoted):
    promoted.put("datasets/orders", DEV, shortDesc="All orders")
    assert promoted.actions() == {}
    assert promoted.actions("live:dev") == {f"dataset.{PROD}.orders": "update"}


def test_pull_from_either_environment_gives_the_same_files(promoted):
    assert promoted.run("pull", "-e", "dev")[0] == 0

    file = promoted.folder / "SHOP/scenarios/REFRESH_ORDERS.json"
    promoted.put(SCENARIO, active=json.loads(file.read_text("utf-8"))["active"])
    code, output, errors = promoted.run("pull", "-e", "prod")
    assert (code, errors) == (0, "")
    assert output.startswith("SHOP in SHOP: 0 written, 0 removed"), output


def test_environments_are_compared_with_the_ids_of_the_code(promoted):
    for arguments in (("compare", "dev", "prod"), ("diff", "env:dev", "env:prod")):
        _, output, errors = promoted.run(*arguments, "--format", "json")
        found = json.loads(output)["resources"]
        changed = {item["change"] for item in found}
        assert not changed & {"added", "removed"}, errors
    promoted.run("pull", "-e", "dev")
    _, output, _ = promoted.run("diff", "./SHOP", "env:prod", "--format", "json")
    changed = {item["change"] for item in json.loads(output)["resources"]}
    assert not changed & {"added", "removed"}


def test_names_that_repeat_are_blocked_with_the_ids(two):
    insight = {"type": "dataset_table", "name": "Revenue by month, as a table"}
    client = two.project(PROD).client
    ids = [
        client._perform_json(
            "POST",
            f"/projects/{PROD}/insights/",
            body={"insightPrototype": {**insight, "params": {"datasetSmartName": n}}},
        )["id"]
        for n in ("a", "b")
    ]
    code, output, _ = two.plan()
    assert code == 3
    assert two.actions()[f"insight.{PROD}.In4tRv8"] == "blocked"
    assert two.actions()[f"dashboard.{PROD}.Db6hKs2"] == "blocked"
    assert all(f"insight.{PROD}.{name}" in output for name in ids)


def test_names_that_repeat_in_the_source_are_blocked_with_the_id(two):
    insight = two.live("insights/In4tRv8/", DEV)
    body = {"insightPrototype": {**insight, "params": {"datasetSmartName": "orders"}}}
    post = two.project(DEV).client._perform_json
    other = post("POST", f"/projects/{DEV}/insights/", body=body)["id"]
    body["insightPrototype"]["params"] = {"datasetSmartName": "customers"}
    there = post("POST", f"/projects/{PROD}/insights/", body=body)["id"]
    two.sync("dev")
    code, output, _ = two.plan()
    assert code == 3
    for name in ("In4tRv8", other):
        assert two.actions()[f"insight.{PROD}.{name}"] == "blocked"
    assert f"insight.{PROD}.{there}" in output


def test_articles_are_matched_by_name_since_their_ids_are_counted(two):
    own = two.project(PROD).get_wiki().create_article("Operations", content="Ours\n")
    assert own.article_id in (1, "1")
    two.sync("prod")
    two.promote()
    ids = live_ids_of(stored(two))
    assert ids[f"wiki_article.{PROD}.1"] != f"wiki_article.{PROD}.1"
    assert two.live("wiki/1")["article"]["name"] == "Operations"
    home = live_name(two, f"wiki_article.{PROD}.1")
    assert two.live(f"wiki/{home}")["article"]["name"] == "Home"
    tree = two.live("wiki/")
    assert str(tree["homeArticleId"]) == home
    assert {str(node["id"]) for node in tree["taxonomy"]} == {"1", home}
    article = two.project(DEV).get_wiki().get_article("1").get_data()
    article.set_name("Start")
    article.save()
    two.sync("dev")
    two.promote()
    assert two.live(f"wiki/{home}")["article"]["name"] == "Start"
    assert two.live("wiki/1")["article"]["name"] == "Operations"


def test_pull_gives_articles_that_only_production_has_a_number(promoted):
    assert promoted.run("pull", "-e", "dev")[0] == 0
    folder = promoted.folder / "SHOP/wiki/articles"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    promoted.project(PROD).get_wiki().create_article("Operations", content="Ours\n")
    assert promoted.run("pull", "-e", "prod")[0] == 0
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert before.items() < after.items()


def test_code_is_planned_with_the_ids_of_production(promoted):
    assert promoted.run("pull", "-e", "dev")[0] == 0
    file = promoted.folder / "SHOP/scenarios/REFRESH_ORDERS.json"
    document = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**document, "active": False}), "utf-8")
    assert promoted.actions("./SHOP") == {}


def test_what_only_one_environment_has_is_left_out(two, store):
    store.add_project("CRM")
    text = (two.folder / "dataiku-iac.yaml").read_text("utf-8")
    text = text.replace(f"SHOP: {DEV}", f"SHOP: {DEV}, CRM: CRM")
    (two.folder / "dataiku-iac.yaml").write_text(text, "utf-8")
    two.sync("dev")
    code, output, errors = two.plan()
    assert code == 2
    assert "CRM is left out: not both environments have it" in errors
    assert "CRM:" not in output


def test_value_of_the_origin_alone_stays_as_the_target_has_it(promoted):
    """Without code, nobody knows what the two have in common there."""
    path = promoted.folder / "dataiku-iac.yaml"
    patch = 'patch: [{id: "variables.*", pointer: /standard/late_after_days, value: 5}]'
    text = path.read_text("utf-8").replace(
        "state: dev.json", f"state: dev.json, {patch}"
    )
    path.write_text(text, "utf-8")
    variables = promoted.live("variables/")
    own = {**variables, "standard": {**variables["standard"], "late_after_days": 9}}
    promoted.project(PROD).set_variables(own)
    promoted.sync("prod")
    assert promoted.actions() == {}


def test_real_projects_are_promoted(run, server, store, tmp_path, project_folder):
    """All that DSS has calls for is there after it, and nothing is to be done again."""
    store.load_folder(project_folder, DEV)
    store.load_folder(bare_copy(project_folder, tmp_path / "bare"), PROD)
    two = TwoEnvironments(run, server, tmp_path)
    two.configure()
    two.sync("dev", "prod")
    before = two.actions()
    assert "create" in before.values()
    result = two.apply()
    failed = [item for item in result.results if not item.status.is_done]
    assert failed == [], str(result)
    two.apply()  # DSS has created the default zone.
    left = two.actions()
    assert set(left.values()) <= {"plan-only", "blocked", "kept"}, two.plan("-v")[1]
    assert left.items() <= before.items()


def test_a_saved_plan_says_for_which_environment_it_is(two):
    _, _, errors = two.run("plan", "env:dev", "-e", "prod", "--out", "promotion.json")
    assert "to execute it: dataiku-iac apply promotion.json -e prod" in errors
    code, _, errors = two.run("apply", "promotion.json", "--yes")
    assert code == 1
    assert "it is a plan for environment prod, and this is dev" in errors
