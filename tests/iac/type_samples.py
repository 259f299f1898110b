"""Objects of each type, as the tests of the type have them."""

import copy
import inspect
import json
from importlib import import_module

from iac.on_instance import InstanceTypeContract
from iac.typed import TypeContract


def contract_of(resource_type):
    """Return the class with the tests of a type, in ``test_sync_TYPE.py``."""
    module = import_module(f"iac.test_sync_{resource_type}")
    return next(
        item
        for item in vars(module).values()
        if inspect.isclass(item)
        and issubclass(item, TypeContract | InstanceTypeContract)
        and getattr(item, "resource_type", "") == resource_type
    )


def add_objects(store, project_key, resource_type):
    """Add the objects of a type, and what they need, to a sandbox."""
    contract = contract_of(resource_type)
    objects = copy.deepcopy(contract.objects)
    if issubclass(contract, InstanceTypeContract):
        for object_id, document in objects.items():
            store.instance.add(contract.kind, object_id, **document)
        return
    project = store.project(project_key)
    for kind, object_id, document in contract.others:
        if object_id not in project.objects(kind).names():
            store.add(kind, project_key, object_id, **document)
    for object_id, document in objects.items():
        payload = document.pop("payload", None)
        store.add(contract.kind, project_key, object_id, payload=payload, **document)


def object_files(resource_type):
    """Return the files of the objects of a type, without payloads, in git layout."""
    contract = contract_of(resource_type)
    return {
        contract.kind.file.format(id=object_id): json.dumps(document).encode()
        for object_id, document in contract.objects.items()
    }
