"""Variables as users type them, which DSS stores unchanged and serves as JSON."""

import json

import pytest
from hypothesis import given

from dataikuapi.iac.sandbox.lenient_json import loads
from iac.sandbox.project_files import FILES
from iac.strategies import JSON_VALUES


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": word}', {"a": "word"}),
        ("{a: it's, 'b': 'c\"d'}", {"a": "it's", "b": 'c"d'}),
        (
            "[TRUE, False, null, NaN, -1.5e3, 01, .5, 2024-01-31]",
            [True, False, None, "NaN", -1500.0, "01", ".5", "2024-01-31"],
        ),
        ("{a = 1; b => 2}", {"a": 1, "b": 2}),
        ("[1,, 2,]", [1, None, 2, None]),
        ("[]", []),
        ('# one\n{ /* two */ "a": 1 // three\n}\n', {"a": 1}),
        ('"tab\tline\nend"', "tab\tline\nend"),
        (r"""'\'\"\\\u00e9\n'""", "'\"\\é\n"),
        ('\ufeff{"a": 1, "a": 2}', {"a": 2}),
        ("word", "word"),
    ],
)
def test_it_is_read_as_gson_reads_it(text, value):
    read = loads(text)
    assert (read, repr(read)) == (value, repr(value))


@given(JSON_VALUES)
def test_json_is_read_as_json(value):
    text = json.dumps(value)
    assert repr(loads(text)) == repr(json.loads(text))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: expected a value"),
        ("{\n", "line 2: expected a name"),
        ('{"a" 1}', "line 1: expected a colon"),
        ('{"a":}', "line 1: expected a value"),
        ('{"a": two words}', "line 1: expected a comma or }"),
        ('{"a": 1,}', "line 1: expected a name"),
        ("[1 2]", "line 1: expected a comma or ]"),
        ('["a]', "line 1: expected a closing quote"),
        ("{} {}", "line 1: expected the end"),
        ("[1] /* open", "line 1: expected the end"),
        (r'"\x"', "Invalid"),
    ],
)
def test_what_gson_refuses_is_refused(text, problem):
    with pytest.raises(ValueError, match=problem):
        loads(text)


def test_the_api_serves_it_as_json(client, store):
    typed = {"variables.json": b"{year: latest}", "localvariables.json": b"{host: dev}"}
    store.load_files("P", {**FILES, **typed})
    variables = {"standard": {"year": "latest"}, "local": {"host": "dev"}}
    assert client.get_project("P").get_variables() == variables
