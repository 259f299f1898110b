"""Files of variables, in which DSS stores what somebody typed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataikuapi.iac.cli import main
from dataikuapi.iac.sandbox import lenient_json as of_the_sandbox
from dataikuapi.iac.types.lenient_json import loads
from iac.sandbox.project_files import FILES
from iac.strategies import JSON_VALUES


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a:1}", {"a": 1}),
        ("{a:b,'c':'d'}", {"a": "b", "c": "d"}),
        ("{a=1; b => two}", {"a": 1, "b": "two"}),
        ("{host: it's, 'b': 'c\"d'}", {"host": "it's", "b": 'c"d'}),
        (
            r"""{a: 'line\nend \'q\' \u00e9', "b": "\'"}""",
            {"a": "line\nend 'q' é", "b": "'"},
        ),
        ('{"a": "line\nend\ttab"}', {"a": "line\nend\ttab"}),
        (
            "[TRUE, False, null, NaN, -1.5e3, 01, .5, 2024-01-31]",
            [True, False, None, "NaN", -1500.0, "01", ".5", "2024-01-31"],
        ),
        ('# one\n{ /* two\n */ "a": 1, // three\n b:2}\n', {"a": 1, "b": 2}),
        ("{a: &b, c: *b, d: !e}", {"a": "&b", "c": "*b", "d": "!e"}),
        ("\ufeff{a: 1}", {"a": 1}),
    ],
)
def test_it_is_read_as_dss_reads_it(text, value):
    assert (loads(text), repr(loads(text))) == (value, repr(value))
    assert repr(of_the_sandbox.loads(text)) == repr(value)


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"a" 1}', "{a:}", "{a: two words}", "[1 2]", '["a]', "{} {}", "[1,,2]"],
)
def test_the_rest_is_refused(text):
    with pytest.raises(ValueError, match="line 1"):
        loads(text)


@given(st.text("{}[]:=,;'\"\\/*# \n\tab1.-", max_size=12))
def test_it_is_never_read_as_something_else(text):
    try:
        read = loads(text)
    except ValueError:
        return
    assert repr(read) == repr(of_the_sandbox.loads(text))


@given(JSON_VALUES)
def test_json_is_read_as_json(value):
    text = json.dumps(value)
    assert repr(loads(text)) == repr(json.loads(text))


@pytest.mark.parametrize(
    "text",
    [
        '{"db_password": "hunter2-s3cr3t" "x": 1}',
        "{db_password: hunter2-s3cr3t x: 1}",
        "{db_password: hunter2-s3cr3t",
        r'{"db_password": "hunter2-s3cr3t\x"}',
        r"{db_password: hunter2-s3cr3t \ }",
    ],
)
def test_an_error_does_not_quote_the_file(tmp_path, capsys, text):
    for path, content in {**FILES, "variables.json": text.encode()}.items():
        (tmp_path / "SHOP" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "SHOP" / path).write_bytes(content)
    folder = str(tmp_path / "SHOP")
    assert main(["diff", folder, folder]) == 1
    error = capsys.readouterr().err
    assert "variables.json is not JSON" in error and "line 1" in error
    assert "s3cr3t" not in error
