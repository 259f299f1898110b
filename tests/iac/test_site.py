"""The pages of the site: what is on them runs, and is what a run prints."""

import re
from xml.etree import ElementTree

import pytest

import dataikuapi.iac
import make_api
import make_cli
import make_config
from dataikuapi.iac.cli.root import dataiku_iac
from pages import DOCS, blocks_of, page_files
from sessions import DSS, Session, SessionError, comparable, run_page

pytestmark = pytest.mark.all_types

PAGES = {page.relative_to(DOCS.parent).as_posix(): page for page in page_files()}
CODE = {name for name, page in PAGES.items() if "```" in page.read_text("utf-8")}
LONGEST_REASON = 80


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CODE))
def test_what_is_on_a_page_runs_and_prints_what_the_page_shows(name, tmp_path):
    """Run docs/make_transcripts.py, and look at what it changes, if it does not."""
    folder = tmp_path / "work"
    folder.mkdir()
    text = PAGES[name].read_text("utf-8")
    assert run_page(text, folder) == text


def test_almost_all_blocks_are_run_and_the_others_say_why():
    """Here, or by a test of their own that reads the page."""
    never, count = {}, 0
    for name, page in PAGES.items():
        for block in blocks_of(page.read_text("utf-8")):
            count += 1
            reason = block.reason_not_to_run or ""
            elsewhere = re.fullmatch(r"(tests/iac/\w+\.py) runs it", reason)
            if elsewhere:
                assert name in (DOCS.parent / elsewhere[1]).read_text("utf-8"), reason
            elif reason:
                never[f"{name}:{block.line}"] = reason
    assert count > 100
    assert len(never) <= 2, never
    assert all(10 < len(reason) <= LONGEST_REASON for reason in never.values())


def test_each_fence_is_seen():
    """A fence that is written otherwise would be shown, but not run."""
    for name, page in PAGES.items():
        text = page.read_text("utf-8")
        fences = len(re.findall(r"^ *```", text, re.MULTILINE))
        shown = [block for block in blocks_of(text) if block.language != "hidden"]
        assert fences == 2 * len(shown), name


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("```bash\nfalse\n```\n", "line 1: false exits with 1"),
        ("```python\n1 / 0\n```\n", "line 1: division by zero"),
        ("```text\nwhat?\n```\n", "no comment says why"),
        ('```yaml title="dataiku-iac.yaml"\nenvs: {}\n```\n', "envs"),
    ],
)
def test_what_does_not_work_is_told(block, message, tmp_path):
    with pytest.raises(Exception, match=re.escape(message)) as caught:
        run_page(block, tmp_path)
    assert isinstance(caught.value, (SessionError, dataikuapi.iac.ConfigurationError))


def test_a_transcript_that_differs_is_replaced(tmp_path):
    page = "# Page\n\n   ```console\n   $ echo one; echo $?\n   two\n   ```\n\nText\n"
    written = run_page(page, tmp_path)
    assert written == page.replace("two\n", "one\n   0\n")


def test_the_picture_shows_a_drift_report(tmp_path):
    """Run docs/make_picture.py if it does not."""
    picture = ElementTree.parse(DOCS / "assets" / "drift-report.svg")
    texts = picture.iter("{http://www.w3.org/2000/svg}text")
    shown = " ".join(text.text or "" for text in texts).replace(
        "\N{NO-BREAK SPACE}", " "
    )
    with Session.start(tmp_path, DSS) as session:
        session.sync()
        session.edit()
        printed = session.command("dataiku-iac drift")[1]
    assert (
        comparable(shown).split()
        == comparable(f"$ dataiku-iac drift {printed}").split()
    )


def test_reference_has_each_command_key_and_public_name():
    cli = make_cli.page()
    for name in dataiku_iac.commands:
        assert f"\n## dataiku-iac {name}\n" in cli
    assert "| `environments.NAME.tls.ca_file` | PEM file" in make_config.page()
    python = (DOCS / "reference" / "python.md").read_text("utf-8") + make_api.page()
    documented = set(re.findall(r"^::: dataikuapi\.iac\.(\w+)$", python, re.MULTILINE))
    assert set(dataikuapi.iac.__all__) - documented == set()


def test_links_of_the_readme_lead_somewhere():
    text = (DOCS.parent / "README.md").read_text("utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) > 15
    assert [link for link in links if not (DOCS.parent / link).is_file()] == []
