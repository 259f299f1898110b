"""Files of rules: what is read from them, and that nothing in them is ever lost."""

import os
import stat
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataikuapi.iac import DiffEngine, IgnoreFileError, IgnoreRule, read_ignore_file
from dataikuapi.iac.ignore.file import add_to_ignore_file, default_rules
from dataikuapi.iac.ignore.patterns import escape
from dataikuapi.iac.models import Resource, State
from iac.strategies import ATTRIBUTES

TEXT = """\
# What the nightly job writes.
dataset.SHOP.tmp_*

  # Comments of columns are not ours.
dataset.SHOP.* schema.columns[*].comment author=ann expires=2027-01-31
"dataset.SHOP.größe m" reason="no one\\nlooks"
"""
RULES = [
    IgnoreRule("dataset.SHOP.tmp_*"),
    IgnoreRule(
        "dataset.SHOP.*",
        "schema.columns[*].comment",
        author="ann",
        expires=date(2027, 1, 31),
    ),
    IgnoreRule("dataset.SHOP.größe m", reason="no one\nlooks"),
]
ONE, TWO = IgnoreRule("dataset.A"), IgnoreRule("dataset.B", "x", reason="two words")


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".dataikuignore"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# Reading


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [0, 1])
def test_rules_are_read_in_their_order(path, bom, end, last):
    text = TEXT if last else TEXT.rstrip("\n")
    path.write_bytes(bom + text.replace("\n", end).encode("utf-8"))
    assert read_ignore_file(path) == RULES
    assert read_ignore_file(str(path)) == RULES


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"\xef\xbb\xbf", b"# a", b"\r\n \t\r\n#\r\n", b"\xef\xbb\xbf# a"],
)
def test_a_file_may_hold_no_rule(path, data):
    path.write_bytes(data)
    assert read_ignore_file(path) == []


def test_lines_end_where_the_line_ends_and_nowhere_else(path):
    path.write_bytes('a reason="x\u2028y\x85z"\nb\r\nc\vd\n'.encode())
    assert [rule.resource for rule in read_ignore_file(path)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("a b c", "has 3"),
        ('a reason="x', "not closed"),
        ("a~x", "write ~0"),
        ("a expires=soon", "not a date"),
        ("a x..y", "not a valid path"),
        ("a fingerprint=1 fingerprint=2", "twice"),
        ("a #b", "comment"),
    ],
)
def test_a_bad_line_is_named(path, line, why):
    path.write_bytes(f"# first\r\n\r\ndataset.A\r\n{line}\r\nalso bad one\r\n".encode())
    with pytest.raises(IgnoreFileError) as caught:
        read_ignore_file(path)
    message = str(caught.value)
    assert message.startswith(f"{path}, line 4: ")
    assert why in message
    assert message.endswith("Fix the line or comment it out with #")


def test_a_file_in_another_encoding_is_refused(path):
    path.write_bytes("dataset.A\n# größe\n".encode("latin-1"))
    with pytest.raises(IgnoreFileError, match="line 2: not UTF-8.*save the file as"):
        read_ignore_file(path)
    path.write_bytes("dataset.A".encode("utf-16"))
    with pytest.raises(IgnoreFileError, match="line 1: not UTF-8"):
        read_ignore_file(path)


def test_a_file_that_is_not_there_is_named(path):
    with pytest.raises(IgnoreFileError, match="no file .*dataikuignore; create it"):
        read_ignore_file(path)


def test_a_folder_is_no_file(path):
    path.mkdir()
    for use in (read_ignore_file, lambda path: add_to_ignore_file(path, [ONE], "")):
        with pytest.raises(IgnoreFileError) as caught:
            use(path)
        assert str(caught.value) == (
            f"cannot read {path}: Is a directory; name a readable text file"
        )


def test_a_file_without_rights_is_refused(path, monkeypatch):
    """By an error put in: root, who runs tests in containers, may read anything."""
    path.write_text("dataset.A\n", "utf-8")

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(IgnoreFileError, match="cannot read .*: Permission denied; "):
        read_ignore_file(path)
    with pytest.raises(IgnoreFileError, match="cannot read .*: Permission denied; "):
        add_to_ignore_file(path, [TWO], "")
    monkeypatch.undo()
    assert path.read_text("utf-8") == "dataset.A\n"


def test_the_file_of_the_current_folder_may_be_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert default_rules() == []
    (tmp_path / ".dataikuignore").write_text(TEXT, "utf-8")
    assert default_rules() == RULES
    (tmp_path / ".dataikuignore").write_text("a b c", "utf-8")
    with pytest.raises(IgnoreFileError, match="^.dataikuignore, line 1: "):
        default_rules()


# Appending


def test_a_new_file_is_made_with_its_folders(tmp_path):
    path = tmp_path / "a" / "b" / "rules"
    assert add_to_ignore_file(path, [ONE, TWO], "Accepted by ann") == 2
    assert path.read_bytes() == (
        b'# Accepted by ann\ndataset.A\ndataset.B x reason="two words"\n'
    )
    assert os.listdir(path.parent) == ["rules"]


def test_what_is_in_the_file_stays(path):
    path.write_text(TEXT, "utf-8")
    assert add_to_ignore_file(str(path), iter([ONE, TWO]), "More") == 2
    added = '\n# More\ndataset.A\ndataset.B x reason="two words"\n'
    assert path.read_text("utf-8") == TEXT + added
    assert read_ignore_file(path) == [*RULES, ONE, TWO]


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"# only a comment",
        b"dataset.X",
        b"dataset.X\r\ndataset.Y\r\n",
        b"dataset.X\r\ndataset.Y",
        b"dataset.X\r",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbfdataset.X\n\n\n",
        "# größe\n\tdataset.X   \n".encode(),
    ],
)
def test_what_is_in_the_file_stays_byte_by_byte(path, before):
    path.write_bytes(before)
    there = read_ignore_file(path)
    assert add_to_ignore_file(path, [ONE], "c") == 1
    after = path.read_bytes()
    assert after.startswith(before)
    assert read_ignore_file(path) == [*there, ONE]
    added = after[len(before) :]
    assert added.count(b"\r\n") == (added.count(b"\n") if b"\r\n" in before else 0)


def test_rules_that_are_there_are_not_added_again(path):
    path.write_text(TEXT, "utf-8")
    assert add_to_ignore_file(path, [RULES[0], ONE, ONE, RULES[2]], "c") == 1
    assert read_ignore_file(path) == [*RULES, ONE]


def test_a_rule_that_differs_in_anything_is_another(path):
    add_to_ignore_file(path, [IgnoreRule("a", expires=date(2026, 1, 1))], "c")
    later = [IgnoreRule("a", expires=date(2027, 1, 1)), IgnoreRule("a")]
    assert add_to_ignore_file(path, later, "c") == 2


@pytest.mark.parametrize("rules", [[], RULES])
def test_with_nothing_to_add_the_file_is_not_touched(path, rules, monkeypatch):
    path.write_text(TEXT, "utf-8")
    os.utime(path, ns=(1, 1))
    before = path.stat()
    monkeypatch.setattr("os.replace", None)
    assert add_to_ignore_file(path, rules, "c") == 0
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_with_nothing_to_add_no_file_is_made(tmp_path):
    assert add_to_ignore_file(tmp_path / "a" / "rules", [], "c") == 0
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("data", [b"a b c\n", b"\xff\n", b'{"a": "b"}'])
@pytest.mark.parametrize("rules", [[], [ONE]])
def test_a_file_that_is_none_is_refused_before_anything_is_written(path, data, rules):
    path.write_bytes(data)
    with pytest.raises(IgnoreFileError, match="line 1"):
        add_to_ignore_file(path, rules, "c")
    assert path.read_bytes() == data
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize(
    ("comment", "lines"),
    [
        ("", []),
        ("one", ["# one"]),
        (
            "one\ndataset.*\r\nthree\u2028four",
            ["# one", "# dataset.*", "# three", "# four"],
        ),
        ("one\n\ntwo", ["# one", "#", "# two"]),
        ("gr\udce4", ["# gr\\udce4"]),
    ],
)
def test_a_comment_never_becomes_a_rule(path, comment, lines):
    add_to_ignore_file(path, [ONE], comment)
    assert path.read_text("utf-8").splitlines() == [*lines, "dataset.A"]
    assert read_ignore_file(path) == [ONE]


def test_the_mode_of_the_file_stays(path):
    path.write_text(TEXT, "utf-8")
    for rule, bits in ((ONE, 0o640), (TWO, 0o664)):
        path.chmod(bits)
        add_to_ignore_file(path, [rule], "c")
        assert mode(path) == bits


def test_a_new_file_has_the_mode_of_any_new_file(path):
    before = os.umask(0o027)
    try:
        add_to_ignore_file(path, [ONE], "c")
    finally:
        os.umask(before)
    assert mode(path) == 0o640


def test_a_symbolic_link_stays_one(tmp_path, path):
    target = tmp_path / "folder" / "rules"
    path.symlink_to(target)
    for rule in (ONE, TWO):  # Where it leads to nothing yet, and then to a file.
        add_to_ignore_file(path, [rule], "")
        assert path.is_symlink()
    assert read_ignore_file(target) == [ONE, TWO]


@pytest.mark.parametrize("failing", ["os.replace", "os.fsync", "os.fchmod"])
def test_a_write_that_fails_leaves_the_old_file_alone(path, monkeypatch, failing):
    path.write_text(TEXT, "utf-8")

    def fail(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(failing, fail)
    with pytest.raises(IgnoreFileError) as caught:
        add_to_ignore_file(path, [ONE], "c")
    assert str(caught.value) == (
        f"cannot write {path}: No space left on device; the file is unchanged. Name a "
        "file in a writable folder"
    )
    assert path.read_text("utf-8") == TEXT
    assert os.listdir(path.parent) == [path.name]


def test_a_write_that_is_interrupted_leaves_nothing_behind(path, monkeypatch):
    def interrupt(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        add_to_ignore_file(path, [ONE], "c")
    assert os.listdir(path.parent) == []


def test_the_file_is_on_the_disk_before_it_takes_its_place(path, monkeypatch):
    path.write_text(TEXT, "utf-8")
    done = []
    replace, fsync = os.replace, os.fsync

    def replacing(source, target):
        assert path.read_text("utf-8") == TEXT
        assert len(read_ignore_file(source)) == 4
        assert os.path.dirname(source) == os.path.dirname(target)
        done.append("replace")
        replace(source, target)

    monkeypatch.setattr("os.replace", replacing)
    monkeypatch.setattr("os.fsync", lambda file: (done.append("fsync"), fsync(file)))
    add_to_ignore_file(path, [ONE], "c")
    assert done == ["fsync", "replace", "fsync"]


def test_a_folder_that_cannot_be_synced_is_no_failure(path, monkeypatch):
    def refuse(*_args):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr("os.open", refuse)
    assert add_to_ignore_file(path, [ONE], "c") == 1
    assert read_ignore_file(path) == [ONE]


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(IgnoreFileError, match="Not a directory"):
        add_to_ignore_file(tmp_path / "file" / "rules", [ONE], "c")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.mkdir", refuse)
    with pytest.raises(IgnoreFileError, match="cannot write .*: Permission denied"):
        add_to_ignore_file(tmp_path / "a" / "rules", [ONE], "c")


# Both ways


ODD = st.text(max_size=8) | st.text('# "\\\r\n\t=~*/.a\u2028\x85\ufeff', max_size=8)
SOME_RULES = st.lists(
    st.builds(
        IgnoreRule,
        st.builds(escape, ODD.filter(bool)),
        st.none() | st.builds(lambda name: f"/{escape(name)}", ODD),
        fingerprint=st.none() | ODD,
        author=st.none() | ODD,
        reason=st.none() | ODD,
        expires=st.none() | st.dates(),
    ),
    max_size=4,
)


@settings(deadline=None)
@given(SOME_RULES, SOME_RULES, ODD)
def test_rules_are_read_as_they_were_added(tmp_path_factory, rules, more, comment):
    path = tmp_path_factory.mktemp("rules") / "rules"
    path.write_bytes(b"\xef\xbb\xbf# mine")
    added = add_to_ignore_file(path, rules, comment)
    added += add_to_ignore_file(path, more, comment)
    expected = list(dict.fromkeys([*rules, *more]))
    assert read_ignore_file(path) == expected
    assert added == len(expected)


@settings(deadline=None)
@given(ATTRIBUTES, ATTRIBUTES)
def test_drift_that_was_accepted_in_a_file_is_gone(tmp_path_factory, old, new):
    states = State(), State()
    for state, attributes in zip(states, (old, new)):
        state.add_resource(Resource("recipe", "recipe.SHOP.a *~b", attributes))
    (diff,) = DiffEngine().diff(*states)
    path = tmp_path_factory.mktemp("rules") / "rules"
    path.write_bytes(b"")
    rules = [IgnoreRule.for_change(diff, change) for change in diff.changes]
    assert add_to_ignore_file(path, rules, "c") == len(diff.changes)
    hidden = DiffEngine(ignore=read_ignore_file(path)).diff(*states)
    assert hidden[0].changes == ()
    assert all(use.suppressed == 1 for use in hidden.rules)
