"""Documents of all types of real projects, as the files of one project."""

import json

from dataikuapi.iac.sandbox import sample_folder
from iac.conftest import REAL_PROJECTS
from iac.histories import files_in

KINDS = REAL_PROJECTS.parent / "dss-kinds"

PLACES = {
    "agent-tools": "agent-tools/{}.json",
    "analysis": "analysis/{}/core_params.json",
    "app-manifest": "app-manifest.json",
    "dashboards": "dashboards/{}.json",
    "insights": "insights/{}.json",
    "knowledge-banks": "knowledge-banks/{}.json",
    "lambda_services": "lambda_services/{}.json",
    "lib": "lib/external-libraries.json",
    "managed_folders": "managed_folders/{}.json",
    "ml_tasks": "analysis/{}/ml/{}/params.json",
    "model_evaluation_stores": "model_evaluation_stores/{}.json",
    "notebooks": "ipython_notebooks/{}.ipynb",
    "saved_models": "saved_models/{}.json",
    "scenarios": "scenarios/{}.json",
    "sql_notebooks": "notebooks/sql/{}/params.json",
    "statistics_worksheets": "statistics_worksheets/{}.json",
    "tags": "tags.json",
    "variables": "variables.json",
    "web_apps": "web_apps/{}.json",
    "wiki_articles": "wiki/articles/{}.json",
    "zones": "zones/{}.json",
}
"""Where DSS commits each kind. What has no place in an instance is left out."""


STRIPPED = {
    "web_apps": {"type": "STANDARD"},
}
"""What DSS always has, and some of the documents lost with their content."""


WORKSHEET = b'{"dataSpec": {"inputDatasetSmartName": "orders"}}'
LAB = {
    "params.json": b"{}",
    "datasets/orders.json": b'{"type": "Filesystem"}',
    "analysis/a1/core_params.json": b'{"inputDatasetSmartName": "orders"}',
    "analysis/a1/ml/t1/params.json": b'{"id": "t1", "taskType": "CLUSTERING"}',
    "analysis/a2/core_params.json": b'{"inputDatasetSmartName": "orders"}',
    "analysis/a2/ml/t2/params.json": b'{"id": "t2", "taskType": "CLUSTERING"}',
    "statistics_worksheets/w1.json": WORKSHEET,
}
"""What is in the lab of a project."""


def kind_files():
    """Return the files of a project with what is there of each kind.

    The datasets and recipes are those of the sample, since kinds have none. Of what a
    project has one of, there is the first document.
    """
    files = {
        path: data
        for path, data in files_in(sample_folder()).items()
        if path.startswith(("datasets/", "recipes/", "params.json"))
    }
    params = {**json.loads(files["params.json"]), "projectAppType": "APP_TEMPLATE"}
    files["params.json"] = json.dumps(params).encode()
    for folder, place in PLACES.items():
        for path in sorted((KINDS / folder).glob("*.json")):
            found = {**STRIPPED.get(folder, {}), **json.loads(path.read_bytes())}
            document = json.dumps(found).encode()
            name = path.stem if folder == "wiki_articles" else f"{folder}{path.stem}"
            if folder == "ml_tasks":
                target = place.format(f"analysis{path.stem}", found["id"])
            else:
                target = place.format(name)
            files.setdefault(target, document)
            if folder == "statistics_worksheets":
                files |= _dataset_of(found)
    articles = [path for path in files if path.startswith("wiki/articles/")]
    pages = [{"id": int(path.split("/")[2][:-5]), "children": []} for path in articles]
    tree = {"taxonomy": pages, "homeArticleId": 1}
    return {**files, "wiki/taxonomy.json": json.dumps(tree).encode()}


def _dataset_of(worksheet):
    """Return the file of its dataset: DSS lists worksheets by dataset."""
    name = worksheet["dataSpec"]["inputDatasetSmartName"]
    return {f"datasets/{name}.json": b'{"type": "Filesystem", "params": {}}'}
