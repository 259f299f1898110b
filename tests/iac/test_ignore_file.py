"""Ignore files: parsing them, and appending to them without losing anything."""

import os
import stat
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
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
def test_rules_are_read_in_order(path, bom, end, last):
    text = TEXT if last else TEXT.rstrip("\n")
    path.write_bytes(bom + text.replace("\n", end).encode("utf-8"))
    assert read_ignore_file(path) == RULES
    assert read_ignore_file(str(path)) == RULES


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"\xef\xbb\xbf", b"# a", b"\r\n \t\r\n#\r\n", b"\xef\xbb\xbf# a"],
)
def test_file_may_have_no_rules(path, data):
    path.write_bytes(data)
    assert read_ignore_file(path) == []


def test_only_line_feeds_end_a_line(path):
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
def test_invalid_line_error_has_the_line_number(path, line, why):
    path.write_bytes(f"# first\r\n\r\ndataset.A\r\n{line}\r\nalso bad one\r\n".encode())
    with pytest.raises(IgnoreFileError) as caught:
        read_ignore_file(path)
    message = str(caught.value)
    assert message.startswith(f"{path}, line 4: ")
    assert why in message
    assert message.endswith("Fix the line or comment it out with #")


def test_file_in_another_encoding_is_refused(path):
    path.write_bytes("dataset.A\n# größe\n".encode("latin-1"))
    with pytest.raises(IgnoreFileError, match="line 2: not UTF-8.*save the file as"):
        read_ignore_file(path)
    path.write_bytes("dataset.A".encode("utf-16"))
    with pytest.raises(IgnoreFileError, match="line 1: not UTF-8"):
        read_ignore_file(path)


def test_missing_file_error_names_the_file(path):
    with pytest.raises(IgnoreFileError, match="no file .*dataikuignore; create it"):
        read_ignore_file(path)


def test_folder_is_not_an_ignore_file(path):
    path.mkdir()
    for use in (read_ignore_file, lambda path: add_to_ignore_file(path, [ONE], "")):
        with pytest.raises(IgnoreFileError) as caught:
            use(path)
        assert str(caught.value) == (
            f"cannot read {path}: Is a directory; name a readable text file"
        )


def test_unreadable_file_is_an_error(path, monkeypatch):
    """The error is injected, because root, as in containers, may read anything."""
    path.write_text("dataset.A\n", "utf-8")

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(IgnoreFileError, match="cannot read .*: Permission denied; "):
        read_ignore_file(path)
    with pytest.raises(IgnoreFileError, match="cannot read .*: Permission denied; "):
        add_to_ignore_file(path, [TWO], "")
    monkeypatch.undo()
    assert path.read_text("utf-8") == "dataset.A\n"


def test_default_file_may_be_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert default_rules() == []
    (tmp_path / ".dataikuignore").write_text(TEXT, "utf-8")
    assert default_rules() == RULES
    (tmp_path / ".dataikuignore").write_text("a b c", "utf-8")
    with pytest.raises(IgnoreFileError, match="^.dataikuignore, line 1: "):
        default_rules()


# Appending


def test_new_file_is_created_with_its_folders(tmp_path):
    path = tmp_path / "a" / "b" / "rules"
    assert add_to_ignore_file(path, [ONE, TWO], "Accepted by ann") == 2
    assert path.read_bytes() == (
        b'# Accepted by ann\ndataset.A\ndataset.B x reason="two words"\n'
    )
    assert os.listdir(path.parent) == ["rules"]


def test_existing_rules_are_preserved(path):
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
def test_existing_content_is_preserved_byte_for_byte(path, before):
    path.write_bytes(before)
    there = read_ignore_file(path)
    assert add_to_ignore_file(path, [ONE], "c") == 1
    after = path.read_bytes()
    assert after.startswith(before)
    assert read_ignore_file(path) == [*there, ONE]
    added = after[len(before) :]
    assert added.count(b"\r\n") == (added.count(b"\n") if b"\r\n" in before else 0)


def test_existing_rules_are_not_added_again(path):
    path.write_text(TEXT, "utf-8")
    assert add_to_ignore_file(path, [RULES[0], ONE, ONE, RULES[2]], "c") == 1
    assert read_ignore_file(path) == [*RULES, ONE]


def test_same_rule_by_another_author_is_not_added_again(path):
    baseline = IgnoreRule("a", fingerprint="0123456789abcdef", author="ann")
    add_to_ignore_file(path, [baseline], "c")
    again = replace(baseline, author="bob", reason="agreed")
    assert add_to_ignore_file(path, [again], "c") == 0
    assert read_ignore_file(path) == [baseline]


def test_rules_with_any_difference_are_distinct(path):
    add_to_ignore_file(path, [IgnoreRule("a", expires=date(2026, 1, 1))], "c")
    later = [IgnoreRule("a", expires=date(2027, 1, 1)), IgnoreRule("a")]
    assert add_to_ignore_file(path, later, "c") == 2


@pytest.mark.parametrize("rules", [[], RULES])
def test_file_is_not_touched_if_there_is_nothing_to_add(path, rules, monkeypatch):
    path.write_text(TEXT, "utf-8")
    os.utime(path, ns=(1, 1))
    before = path.stat()
    monkeypatch.setattr("os.replace", None)
    assert add_to_ignore_file(path, rules, "c") == 0
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_no_file_is_created_if_there_is_nothing_to_add(tmp_path):
    assert add_to_ignore_file(tmp_path / "a" / "rules", [], "c") == 0
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("data", [b"a b c\n", b"\xff\n", b'{"a": "b"}'])
@pytest.mark.parametrize("rules", [[], [ONE]])
def test_invalid_file_is_refused_before_anything_is_written(path, data, rules):
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
def test_comment_never_becomes_a_rule(path, comment, lines):
    add_to_ignore_file(path, [ONE], comment)
    assert path.read_text("utf-8").splitlines() == [*lines, "dataset.A"]
    assert read_ignore_file(path) == [ONE]


def test_file_mode_is_preserved(path):
    path.write_text(TEXT, "utf-8")
    for rule, bits in ((ONE, 0o640), (TWO, 0o664)):
        path.chmod(bits)
        add_to_ignore_file(path, [rule], "c")
        assert mode(path) == bits


def test_mode_that_cannot_be_set_is_a_warning(path, monkeypatch, caplog):
    path.write_text(TEXT, "utf-8")
    path.chmod(0o640)

    def refuse(*_args):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.fchmod", refuse)
    add_to_ignore_file(path, [ONE], "c")
    assert read_ignore_file(path)[-1] == ONE
    assert caplog.messages == [
        f"permissions of {path}: mode 640 cannot be set: Operation not permitted"
    ]


def test_what_is_not_a_regular_file_is_refused(path):
    os.mkfifo(path)
    with pytest.raises(IgnoreFileError, match="cannot read .*: not a regular file"):
        read_ignore_file(path)
    with pytest.raises(IgnoreFileError, match="cannot read .*: not a regular file"):
        add_to_ignore_file(path, [ONE], "c")


def test_new_file_has_the_default_mode(path):
    before = os.umask(0o027)
    try:
        add_to_ignore_file(path, [ONE], "c")
    finally:
        os.umask(before)
    assert mode(path) == 0o640


def test_symbolic_link_is_followed(tmp_path, path):
    target = tmp_path / "folder" / "rules"
    path.symlink_to(target)
    for rule in (ONE, TWO):  # First a dangling link, then a link to a file.
        add_to_ignore_file(path, [rule], "")
        assert path.is_symlink()
    assert read_ignore_file(target) == [ONE, TWO]


@pytest.mark.parametrize("failing", ["os.replace", "os.fsync"])
def test_failed_write_leaves_the_file_unchanged(path, monkeypatch, failing):
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


def test_interrupted_write_leaves_nothing_behind(path, monkeypatch):
    def interrupt(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        add_to_ignore_file(path, [ONE], "c")
    assert os.listdir(path.parent) == []


def test_new_content_is_fsynced_before_it_replaces_the_file(path, monkeypatch):
    path.write_text(TEXT, "utf-8")
    done = []
    replace, fsync = os.replace, os.fsync

    def replacing(source, target):
        assert path.read_text("utf-8") == TEXT
        assert len(read_ignore_file(source)) == 4
        assert os.path.dirname(source) == os.path.dirname(target)
        done.append("replace")
        replace(source, target)

    def syncing(file):
        done.append("fsync")
        fsync(file)

    monkeypatch.setattr("os.replace", replacing)
    monkeypatch.setattr("os.fsync", syncing)
    add_to_ignore_file(path, [ONE], "c")
    assert done == ["fsync", "replace", "fsync"]


def test_failed_fsync_of_the_folder_is_not_an_error(path, monkeypatch):
    really_open = os.open

    def refuse_folders(name, *args):
        if os.path.isdir(name):
            raise OSError(22, "Invalid argument")
        return really_open(name, *args)

    monkeypatch.setattr("os.open", refuse_folders)
    assert add_to_ignore_file(path, [ONE], "c") == 1
    assert read_ignore_file(path) == [ONE]


def test_file_in_place_of_a_folder_is_an_error(tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(IgnoreFileError, match="Not a directory"):
        add_to_ignore_file(tmp_path / "file" / "rules", [ONE], "c")


def test_folder_that_cannot_be_created_is_an_error(tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.mkdir", refuse)
    with pytest.raises(IgnoreFileError, match="cannot write .*: Permission denied"):
        add_to_ignore_file(tmp_path / "a" / "rules", [ONE], "c")


# Round trips


UNUSUAL = st.text(max_size=8) | st.text('# "\\\r\n\t=~*/.a\u2028\x85\ufeff', max_size=8)
SOME_RULES = st.lists(
    st.builds(
        IgnoreRule,
        st.builds(escape, UNUSUAL.filter(bool)),
        st.none() | st.builds(lambda name: f"/{escape(name)}", UNUSUAL),
        fingerprint=st.none() | UNUSUAL,
        author=st.none() | UNUSUAL,
        reason=st.none() | UNUSUAL,
        expires=st.none() | st.dates(),
    ),
    max_size=4,
)


def is_in(rule, rules):
    """Return whether one of the rules ignores the same for as long."""
    return any(
        (rule.resource, rule.path, rule.fingerprint)
        == (other.resource, other.path, other.fingerprint)
        and (rule.expires or date.max) <= (other.expires or date.max)
        for other in rules
    )


@given(SOME_RULES, SOME_RULES, UNUSUAL)
def test_added_rules_are_read_back(tmp_path_factory, rules, more, comment):
    path = tmp_path_factory.mktemp("rules") / "rules"
    path.write_bytes(b"\xef\xbb\xbf# mine")
    added = add_to_ignore_file(path, rules, comment)
    added += add_to_ignore_file(path, more, comment)
    expected = list(dict.fromkeys(rules))
    expected += [rule for rule in dict.fromkeys(more) if not is_in(rule, expected)]
    assert read_ignore_file(path) == expected
    assert added == len(expected)


@given(ATTRIBUTES, ATTRIBUTES)
def test_accepted_drift_is_suppressed(tmp_path_factory, old, new):
    states = State(), State()
    for state, attributes in zip(states, (old, new), strict=True):
        state.add_resource(Resource("recipe", "recipe.SHOP.a *~b", attributes))
    (diff,) = DiffEngine().diff(*states)
    path = tmp_path_factory.mktemp("rules") / "rules"
    path.write_bytes(b"")
    rules = [IgnoreRule.for_change(diff, change) for change in diff.changes]
    assert add_to_ignore_file(path, rules, "c") == len(diff.changes)
    filtered = DiffEngine(ignore=read_ignore_file(path)).diff(*states)
    assert filtered[0].changes == ()
    assert all(usage.suppressed == 1 for usage in filtered.rules)
