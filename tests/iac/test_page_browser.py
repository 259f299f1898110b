"""The report as a page, in a browser: it filters, unfolds, prints, and no more."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from dataikuapi.iac.reports import render_html_page
from iac.conftest import REAL_PROJECTS
from iac.drifts import (
    HOSTILE,
    LINES,
    REAL,
    SAMPLE,
    history_drift,
    hostile_drift,
    large_drift,
)

# In this order: Debian's, Ubuntu's, and the one of GitHub's runners.
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")

TAB, ENTER = "\ue004", "\ue007"
"""Keys, as WebDriver calls them."""

_CONTRAST = """
const [selector, text, fill] = arguments;
const channel = (value) => {
  const part = value / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
};
const luminance = (color) => {
  const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map(channel);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor;
    if (!/, 0\\)$/.test(color)) return color;
  }
};
return [...document.querySelectorAll(selector)].map((element) => {
  const ink = getComputedStyle(element)[text];
  const box = fill && element.parentElement.querySelector("rect");
  const paper = box ? getComputedStyle(box)[fill] : behind(element);
  const [a, b] = [luminance(ink), luminance(paper)].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
});
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Headless Chromium, which can reach nothing but files."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if not found or not driver:
        reason = "no Chromium: apt-get install chromium chromium-driver"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = found
    for argument in (
        "--headless=new",
        "--no-sandbox",  # It does not start as root otherwise.
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--window-size=1280,900",
        f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(argument)
    options.set_capability(
        "goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"}
    )
    options.unhandled_prompt_behavior = "ignore"
    service = webdriver.ChromeService(driver)
    with webdriver.Chrome(options=options, service=service) as started:
        started.get("about:blank")  # In place of a page of its own.
        yield Browser(started, tmp_path_factory.mktemp("pages"))


class Browser:
    """What a reader does with a page, and what they see."""

    def __init__(self, driver, folder: Path):
        self.driver = driver
        self.folder = folder

    def open(self, diffs, fragment=""):
        """Open the page about diffs, from a file."""
        path = self.folder / "page.html"
        path.write_text(render_html_page(diffs), "utf-8")
        self.emulate()
        self.driver.get("about:blank")
        self.problems()
        self.driver.get(f"{path.as_uri()}{fragment}")

    def emulate(self, media="", **features):
        """Choose screen or print, and what the reader prefers."""
        wanted = [
            {"name": name.replace("_", "-"), "value": value}
            for name, value in features.items()
        ]
        self.call("Emulation.setEmulatedMedia", media=media, features=wanted)

    def call(self, method, **parameters):
        return self.driver.execute_cdp_cmd(method, parameters)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def press(self, *keys):
        """Press keys wherever the focus is."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def matches(self):
        """Return how many changes are shown, once what was typed had its effect."""
        from selenium.webdriver.support.ui import WebDriverWait

        wait = WebDriverWait(self.driver, 30, poll_frequency=0.05)
        wait.until(
            lambda _: not self.run("return document.querySelector('[aria-busy]')")
        )
        found = self.run(
            "return [...document.querySelectorAll('#list > details')]"
            ".filter((each) => each.checkVisibility()).length"
        )
        said = self.run("return document.getElementById('matches').textContent")
        assert said.startswith((f"{found:,} of ", f"all {found:,} "))
        return found

    def focused(self):
        return self.driver.switch_to.active_element

    def problems(self):
        """Return what the browser complained about, and what it requested."""
        said = [item["message"] for item in self.driver.get_log("browser")]
        requests = {}
        for item in self.driver.get_log("performance"):
            message = json.loads(item["message"])["message"]
            values = message["params"]
            if message["method"] == "Network.requestWillBeSent":
                requests[values["requestId"]] = values["request"]["url"]
            elif message["method"] == "Network.loadingFailed":
                if values.get("blockedReason") == "csp":
                    del requests[values["requestId"]]
            elif message["method"] == "Page.javascriptDialogOpening":
                said.append("opened a dialog")
        page = self.folder.as_uri()
        return said + [
            f"requested {x}" for x in requests.values() if not x.startswith(page)
        ]

    def contrasts(self, selector, text="color", fill=""):
        return self.run(_CONTRAST, selector, text, fill)


def real_drift(name):
    if name != SAMPLE and not (REAL_PROJECTS / f"{name}.history.jsonl").exists():
        pytest.skip(f"there is no history of {name}")
    return history_drift(name)


@pytest.fixture(scope="module")
def sample():
    return history_drift(SAMPLE)


@pytest.mark.parametrize("name", [SAMPLE, *REAL])
def test_a_drift_is_shown_filtered_and_unfolded(browser, name):
    diffs = real_drift(name)
    browser.open(diffs)
    total = browser.matches()
    assert total > 10
    first = browser.find("#list > details > summary code").text
    browser.find("#text").send_keys(first.split(" ")[0])
    assert 1 <= browser.matches() < total
    browser.find("#unfold").click()
    assert browser.find("#list > details[open] .body").is_displayed()
    browser.find("button[type=reset]").click()
    assert browser.matches() == total
    assert len(browser.driver.find_elements("css selector", ".top li")) == 3
    assert browser.problems() == []


def test_two_thousand_changes(browser):
    browser.open(large_drift())
    assert browser.matches() == 2000
    browser.find("#text").send_keys("COLUMN_77 PROJECT_1 ")
    assert browser.matches() == 22
    browser.find("button[type=reset]").click()
    browser.find("#project option:nth-child(3)").click()
    assert browser.matches() == 100
    browser.find("#type option:nth-child(2)").click()
    assert browser.matches() == 50
    assert browser.problems() == []


def test_severities_are_filtered_and_counted(browser, sample):
    browser.open(sample)
    total = browser.matches()
    boxes = browser.driver.find_elements("css selector", "[name=severity]")
    assert len(boxes) > 3
    for box in boxes[1:]:
        box.click()
    name = boxes[0].get_attribute("value")
    label = browser.find("fieldset label").text
    assert label == f"{name} {browser.matches()}"
    shown = browser.driver.find_elements(
        "css selector", "#list > details:not([hidden])"
    )
    assert {x.get_attribute("data-severity") for x in shown} == {name}
    boxes[0].click()
    assert browser.matches() == 0 < total


def test_all_with_the_keyboard(browser, sample):
    browser.open(sample)
    browser.press(TAB)
    assert browser.focused().text == "Skip to the changes"
    browser.press(ENTER)
    browser.press(TAB)
    assert browser.focused().get_attribute("id") == "text"
    browser.press("compute_orders")
    found = browser.matches()
    assert found < len(sample)
    for _ in range(20):
        browser.press(TAB)
        if browser.focused().tag_name == "summary":
            break
    entry = browser.focused().find_element("xpath", "..")
    assert entry.get_attribute("open") is None
    browser.press(ENTER)
    assert entry.get_attribute("open") is not None
    outline = browser.run(
        "return getComputedStyle(arguments[0]).outlineStyle", browser.focused()
    )
    assert outline != "none", "nobody sees where the focus is"


def test_each_control_has_a_name(browser, sample):
    browser.open(sample)
    controls = browser.driver.find_elements(
        "css selector", "input, select, button, summary, a, [role=region], form, svg"
    )
    assert len(controls) > 20
    names = [item.accessible_name for item in controls if item.tag_name != "summary"]
    assert all(names)
    assert browser.find("output").get_attribute("aria-live") == "polite"
    assert browser.find("output").aria_role == "status"


def test_objects_of_the_flow_lead_to_their_changes(browser, sample):
    browser.open(sample)
    link = browser.find("svg a[href]")
    target = link.get_dom_attribute("href")
    browser.find("#text").send_keys("nothing has this")
    assert browser.matches() == 0
    browser.run("arguments[0].focus()", link)
    browser.press(ENTER)
    entry = browser.find(target)
    assert entry.is_displayed() and entry.get_attribute("open") is not None
    assert browser.focused() == entry.find_element("css selector", "summary")
    browser.open(sample, target)
    assert browser.find(target).get_attribute("open") is not None


def test_hostile_names_do_nothing(browser):
    browser.open(hostile_drift())
    browser.find("#unfold").click()
    browser.find("#text").send_keys("<img src=x")
    assert browser.matches() > 0
    assert browser.problems() == []
    assert browser.run("return document.scripts.length") == 1
    elements = (
        "img, iframe, object, embed, link, base, body svg svg, [onload], [onerror]"
    )
    assert browser.driver.find_elements("css selector", elements) == []
    assert (
        browser.run(
            "return [...document.querySelectorAll('*')]"
            ".flatMap((each) => [...each.attributes])"
            ".filter((each) => /^(on.*|style)$/.test(each.name)).length"
        )
        == 0
    )
    texts = browser.run("return document.body.textContent")
    missing = [x for x in HOSTILE if x.isprintable() and x not in texts]
    assert missing == []
    assert LINES.split("\n")[-1] in texts
    links = browser.driver.find_elements("css selector", "a")
    assert all(x.get_dom_attribute("href").startswith("#") for x in links)


def test_policy_holds_even_for_what_would_be_let_in(browser, sample):
    browser.open(sample)
    browser.driver.execute_async_script("""
        const done = arguments[0];
        const add = (tag, values) => document.body.append(
          Object.assign(document.createElement(tag), values));
        add("script", { textContent: "window.ran = true" });
        add("script", { src: "https://elsewhere.example/x.js" });
        add("img", { src: "https://elsewhere.example/x.png" });
        add("style", { textContent: "body { display: none }" });
        document.body.insertAdjacentHTML(
          "beforeend", "<i onclick='window.ran = true'></i>");
        document.querySelector("i").click();
        setTimeout(done, 200);
        """)
    assert browser.run("return window.ran") is None
    assert browser.find("h1").is_displayed()
    said = browser.problems()
    assert len(said) >= 5 and all("Content Security Policy" in x for x in said), said


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_readable(browser, sample, scheme):
    browser.open(sample)
    browser.find("#unfold").click()
    browser.emulate(prefers_color_scheme=scheme)
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    levels = [int(x) for x in re.findall(r"\d+", background)[:3]]
    assert (min(levels) > 200) if scheme == "light" else (max(levels) < 60)
    for selector in (
        "h1",
        ".mark",
        ".counts li",
        ".notes",
        ".gist",
        ".severity",
        "output",
        "th",
        "a",
        "ins",
        "del",
        "button",
        ".body code",
        ".quiet",
    ):
        found = browser.contrasts(selector)
        assert found and min(found) >= 4.5, selector
    found = browser.contrasts("svg a text, svg .node text", "fill", "fill")
    assert found and min(found) >= 4.5


def test_narrow_screens_need_no_scrolling_sideways(browser, sample):
    browser.open(sample)
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        width=360,
        height=700,
        deviceScaleFactor=1,
        mobile=True,
    )
    try:
        browser.find("#unfold").click()
        assert browser.run("return document.documentElement.scrollWidth") <= 360
    finally:
        browser.call("Emulation.clearDeviceMetricsOverride")


def test_print_unfolds_everything(browser, sample):
    browser.open(sample)
    hidden = (
        "return [...document.querySelectorAll('#list .body')].filter((each) => "
        "!each.checkVisibility() || !each.getBoundingClientRect().height).length"
    )
    assert browser.run(hidden) == browser.matches()
    browser.emulate("print")
    assert browser.run(hidden) == 0
    assert not browser.find("#filters").is_displayed()
    browser.emulate()
    browser.run("dispatchEvent(new Event('beforeprint'))")
    assert (
        browser.run("return document.querySelectorAll('details:not([open])').length")
        == 0
    )
    browser.run("dispatchEvent(new Event('afterprint'))")
    assert browser.run(hidden) == browser.matches()


def test_without_scripts_everything_is_there(browser, sample):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(sample)
        assert not browser.find("#filters").is_displayed()
        browser.find("#list > details summary").click()
        assert browser.find("#list > details .body").is_displayed()
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
