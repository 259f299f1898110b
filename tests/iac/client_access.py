"""How a user of the client opens an object of each type: what there is, and its save.

Where only newer releases of the client have methods for a type, or they take a closer
look at its documents, these are the requests that the methods make.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple


class Opened(NamedTuple):
    """An object as a user has it at hand.

    Args:
        document: to be changed.
        save: sends it to DSS.
    """

    document: Any
    save: Callable[[], object]


def settings_of(method):
    """Return how to open a type whose handles have settings.

    Args:
        method: of a project, which returns the handle.
    """

    def opened(project, name):
        settings = getattr(project, method)(name).get_settings()
        return Opened(settings.get_raw(), settings.save)

    return opened


def request_of(path, method="PUT"):
    """Return how to open a type by requests.

    Args:
        path: of an object, below the project.
        method: of the request that saves it.
    """

    def opened(project, name):
        url = f"/projects/{project.project_key}/{path.format(name=name)}"
        document = project.client._perform_json("GET", url)
        save = partial(project.client._perform_empty, method, url, body=document)
        return Opened(document, save)

    return opened


def open_project(project, name):
    """Open the three documents of a project."""
    settings = project.get_settings()
    document = {
        "metadata": project.get_metadata(),
        "settings": settings.get_raw(),
        "permissions": project.get_permissions(),
    }

    def save():
        project.set_metadata(document["metadata"])
        settings.settings = document["settings"]
        settings.save()
        project.set_permissions(document["permissions"])

    return Opened(document, save)


def open_recipe(project, name):
    """Open a recipe with its payload."""
    settings = project.get_recipe(name).get_settings()
    document = {"recipe": settings.recipe_settings, "payload": settings.str_payload}

    def save():
        settings.data["recipe"] = document["recipe"]
        if document["payload"] is not None:
            settings.str_payload = document["payload"]
        settings.save()

    return Opened(document, save)


def open_scenario(project, name):
    """Open a scenario with its script, if that is what it is."""
    settings = project.get_scenario(name).get_settings()
    document = {"settings": settings.data, "script": getattr(settings, "code", None)}

    def save():
        settings.data = document["settings"]
        if document["script"] is not None:
            settings.code = document["script"]
        settings.save()

    return Opened(document, save)


def open_zone(project, name):
    """Open a zone."""
    settings = project.get_flow().get_zone(name).get_settings()
    return Opened(settings.get_raw(), settings.save)


def open_variables(project, name):
    """Open the variables, standard and local."""
    document = project.get_variables()
    return Opened(document, lambda: project.set_variables(document))


def open_palette(project, name):
    """Open the palette of tags."""
    document = project.get_tags()
    return Opened(document, lambda: project.set_tags(document))


def open_manifest(project, name):
    """Open the manifest of an application."""
    manifest = project.get_app_manifest()
    return Opened(manifest.get_raw(), manifest.save)


def open_analysis(project, name):
    """Open an analysis."""
    definition = project.get_analysis(name).get_definition()
    return Opened(
        definition.get_raw(),
        partial(project.get_analysis(name).set_definition, definition),
    )


def open_worksheet(project, name):
    """Open a worksheet, which is found by its dataset."""
    for item in project.list_datasets():
        dataset = project.get_dataset(item["name"])
        for worksheet in dataset.list_statistics_worksheets():
            if worksheet.worksheet_id == name:
                settings = worksheet.get_settings()
                return Opened(settings.get_raw(), settings.save)
    raise LookupError(name)


def open_library_file(project, name):
    """Open a file of the library."""
    file = project.get_library().get_file(name)
    document = {"text": file.read()}
    return Opened(document, lambda: file.write(document["text"]))


def open_wiki(project, name):
    """Open home and tree of the wiki."""
    settings = project.get_wiki().get_settings()
    document = {
        "home": settings.get_home_article_id(),
        "taxonomy": settings.get_taxonomy(),
    }

    def save():
        settings.set_home_article_id(document["home"])
        settings.set_taxonomy(document["taxonomy"])
        settings.save()

    return Opened(document, save)


def open_article(project, name):
    """Open an article with its text."""
    data = project.get_wiki().get_article(name).get_data()
    return Opened(data.article_data, data.save)


def open_notebook(project, name):
    """Open a Jupyter notebook."""
    content = project.get_jupyter_notebook(name).get_content()
    return Opened(content.get_raw(), content.save)


OPEN: dict[str, Callable[[Any, str], Opened]] = {
    "project": open_project,
    "dataset": settings_of("get_dataset"),
    "recipe": open_recipe,
    "scenario": open_scenario,
    "flow_zone": open_zone,
    "variables": open_variables,
    "managed_folder": settings_of("get_managed_folder"),
    "saved_model": settings_of("get_saved_model"),
    "evaluation_store": request_of("evaluationstores/{name}"),
    "streaming_endpoint": settings_of("get_streaming_endpoint"),
    "app_manifest": open_manifest,
    "tag_palette": open_palette,
    "knowledge_bank": request_of("knowledge-banks/{name}"),
    "agent": request_of("agents/{name}"),
    "agent_tool": request_of("agents/tools/{name}"),
    "rag_model": request_of("retrieval-augmented-llms/{name}"),
    "dashboard": settings_of("get_dashboard"),
    "insight": settings_of("get_insight"),
    "analysis": open_analysis,
    "ml_task": request_of("models/lab/{name}/settings", "POST"),
    "statistics_worksheet": open_worksheet,
    "library_file": open_library_file,
    "web_app": settings_of("get_webapp"),
    "api_service": settings_of("get_api_service"),
    "wiki": open_wiki,
    "wiki_article": open_article,
    "notebook": open_notebook,
    "sql_notebook": request_of("sql-notebooks/{name}"),
}
"""By resource type; each is called with the project and the name of the object."""


def saved(project, kind, name, change):
    """Open an object, change it, save it, and return how to undo that.

    Args:
        project: a handle.
        kind: the resource type of the object.
        name: of the object.
        change: of the document, in place.
    """
    opened = OPEN[kind](project, name)
    before = json.dumps(opened.document)
    change(opened.document)
    opened.save()

    def undo():
        again = OPEN[kind](project, name)
        again.document.clear()
        again.document.update(json.loads(before))
        again.save()

    return undo
