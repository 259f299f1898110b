"""Files of a project that DSS would not write, or writes only now and then."""

import json

import pytest

from dataikuapi.iac.cli import main
from dataikuapi.iac.sandbox import sample_folder
from iac.histories import files_in

ITEM = {"objectType": "DATASET", "objectId": "orders"}


@pytest.fixture
def compared(tmp_path, capsys):
    """Return a function that compares the sample project with other files in it."""

    def compare(before, after):
        for folder, files in (("before", before), ("after", after)):
            for path, content in {**files_in(sample_folder()), **files}.items():
                file = tmp_path / folder / "ORDERS_DEMO" / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
        code = main(
            [
                "diff",
                *(str(tmp_path / name / "ORDERS_DEMO") for name in ("before", "after")),
            ]
        )
        return code, capsys.readouterr()

    return compare


def test_key_of_the_own_project_in_a_zone_is_no_change(compared):
    before, after = (
        {"zones/q7LmT2a.json": json.dumps({"name": "Raw", "items": [item]}).encode()}
        for item in (ITEM, {**ITEM, "projectKey": "ORDERS_DEMO"})
    )
    code, shown = compared(before, after)
    assert (code, "flow_zone" in shown.out) == (0, False)


@pytest.mark.parametrize("references", [[{"a": 1}], "python"])
def test_links_of_another_shape_are_an_error_of_that_file(compared, references):
    links = json.dumps({"gitReferences": references}).encode()
    code, shown = compared({}, {"lib/external-libraries.json": links})
    assert code == 1
    assert (
        "external-libraries.json: expected an object under gitReferences" in shown.err
    )
