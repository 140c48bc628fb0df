"""The report in a real browser: nothing leaves it, nothing hostile runs, every failure is found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from eval.dataset import Case, EvalError, Place, Question, Quote
from eval.failures import FAILURES, failures
from eval.page import as_script, page, shown
from eval.records import About, Record, Run
from eval.scores import Scored, score
from index.types import Article
from qa.types import Answer, Citation, Claim, Conflict, Label, Passage, Verdict
from tests.browser_support import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

EVIL = "<img src=x onerror=alert(1)> </script><script>alert(2)</script> <!-- ${7*191} $a_b$ \u2028"
TOWN = Article(
    "town",
    "v1",
    f"Town & {EVIL}",
    f"The council met on Monday. The bridge cost 14 million. {EVIL}. Rain fell all day.\n\n"
    "The mayor left at noon. Nobody clapped at the quay.\n",
    f"Ledger {EVIL}",
    "javascript:alert(3)",
    date(2024, 3, 4),
)
ARTICLES = {TOWN.id: TOWN}
COST, RAIN, LEFT = "The bridge cost 14 million.", "Rain fell all day.", "The mayor left at noon."


def passage(quote: str, kind: type[Any] = Citation, **more: Any) -> Any:
    start = TOWN.text.index(quote)
    return kind.of(TOWN, start, start + len(quote), **more)


def said(*quotes: str, label: Label = "supported", answer: str = EVIL) -> Answer:
    """One claim that cites these quotes, and hostile words wherever a model or a person writes."""
    cited = tuple(passage(quote, number=n) for n, quote in enumerate(quotes, 1))
    claim = Claim(answer, 0, len(answer), Verdict(label, f"because {EVIL}"), cited)
    return Answer(
        "q", f"searched {EVIL}", answer, (claim,), warnings=(EVIL,), raw=EVIL, confidence=0.5
    )


ABSTAINED = Answer(
    "q", "q", f"Not said {EVIL}", abstained=True, passages=(passage(RAIN, Passage),), confidence=0.1
)


def case(key: str, *quotes: str, kind: str = "one_sentence", answers: Sequence[str] = ()) -> Case:
    points = tuple(
        (Place(TOWN.id, TOWN.text.index(q), TOWN.text.index(q) + len(q)),) for q in quotes
    )
    gold = tuple((Quote("town", q),) for q in quotes)
    asked = Question(key, kind, f"{key}? {EVIL}", tuple(answers), gold, answerable=bool(quotes))
    return Case(asked, points, points)


MADE: dict[str, tuple[Case, Answer | None]] = {
    "fine": (case("fine", COST, answers=["14 million"]), said(COST)),
    "failed": (case("failed", COST), None),
    "should_abstain": (case("should_abstain", kind="near_miss"), said(COST)),
    "wrong_abstention": (case("wrong_abstention", COST), ABSTAINED),
    "wrong_citation": (case("wrong_citation", COST), said(COST, RAIN)),
    "missed_citation": (case("missed_citation", COST, LEFT), said(COST)),
    "unsupported": (case("unsupported", COST), said(COST, label="unsupported")),
    "inexact": (
        case("inexact", COST),
        replace(
            said(COST),
            conflicts=(
                Conflict(EVIL, (replace(passage(COST, number=2), quote="It cost 15 million."),)),
            ),
        ),
    ),
    "unquoted": (case("unquoted", COST, answers=["the mayor"]), said(COST)),
    "refused": (case("refused", kind="not_in_articles"), ABSTAINED),
}
"""Questions that are named for what goes wrong with them; two go well."""


def made_run(folder: str, swapped: bool = False) -> tuple[Run, list[Scored]]:
    """A run with a rival and a search. Swapped, the question that failed is refused."""
    records = []
    for key, (asked, answer) in MADE.items():
        if swapped and key == "failed":
            answer = ABSTAINED
        error = None if answer else f"no answer {EVIL}"
        records.append(Record(asked, "own", answer, error=error, seconds=0.2 + len(records) / 10))
        records.append(Record(asked, f"first {EVIL}", said(RAIN)))
        places = tuple(place for point in asked.points for place in point)
        records.append(Record(asked, "hybrid", retrieved=(Place(TOWN.id, 0, 10), *places)))
    about = About(
        set=f"set {EVIL}",
        about=EVIL,
        measures=("gold@1", "gold@2"),
        created="2026-11-25T17:30:00Z",
        systems=("own", f"first {EVIL}", "hybrid"),
        searches=("hybrid",),
        model=EVIL,
        fingerprints={"code": EVIL},
    )
    run = Run(Path(folder), about, tuple(records))
    return run, score(run, ARTICLES)


RUNS = [("one <img src=x onerror=alert(4)> $x$ --", False), ("two", True)]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    runs = shown([made_run(*run) for run in RUNS])
    path.write_text(page(runs, ARTICLES), encoding="utf-8")
    return path


@pytest.fixture
def visit(browser: Browser, report: Path) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visit = Visit(context.new_page())
    visit.page.goto(report.as_uri())
    yield visit
    context.close()


def listed(page: Page) -> list[str]:
    """The ids of the questions that are shown."""
    told = page.locator("#list .asked .soft").all_text_contents()
    return [text.split(" · ")[0] for text in told]


def press(page: Page, name: str) -> None:
    page.locator(f'#filters [data-failure="{name}"]').click()


@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_is_told_from_the_others(name: str) -> None:
    _, scored = made_run("run")
    found = {s.record.case.question.id: failures(s) for s in scored if s.record.system == "own"}
    assert found[name] == [name]
    assert found["fine"] == found["refused"] == []


@pytest.mark.browser
def test_the_page_opens_offline_and_nothing_hostile_runs(visit: Visit, report: Path) -> None:
    for button in visit.page.locator(".asked").all():
        button.click()
    for summary in visit.page.locator("summary").all():
        summary.click()
    visit.page.wait_for_load_state("networkidle")
    assert visit.requests == [report.as_uri()]
    assert visit.troubles == []
    assert visit.page.locator("img, iframe, object, embed, #list script, #list a").count() == 0
    assert visit.page.locator("body script").count() == 2
    text = visit.page.locator("body").inner_text()
    assert "1337" not in text
    for told in ("because <img", "Ledger <img", "no answer <img", "searched for “searched <img",
                 "Warning: <img", "one <img src=x onerror=alert(4)> $x$ --"):  # fmt: skip
        assert told in text
    drawn = visit.page.locator(".plot svg").all_text_contents()
    assert len(drawn) == 5
    assert any("one <img src=x onerror=alert(4)> $x$ --" in svg for svg in drawn)


@pytest.mark.browser
def test_a_filter_leaves_the_questions_with_that_failure(visit: Visit) -> None:
    for name in FAILURES:
        press(visit.page, name)
        # The other run refused the question that failed.
        left = ["failed", "wrong_abstention"] if name == "wrong_abstention" else [name]
        assert listed(visit.page) == left
        assert f"{len(left)} of {len(left)} question" in visit.page.locator("#shown").inner_text()
        button = visit.page.locator(f'#filters [data-failure="{name}"]')
        assert button.get_attribute("aria-pressed") == "true"
        assert button.locator(".count").inner_text() == str(len(left))


@pytest.mark.browser
def test_filters_work_together(visit: Visit) -> None:
    page = visit.page
    assert len(listed(page)) == len(MADE)
    press(page, "none")
    assert listed(page) == ["fine", "refused"]
    page.get_by_label("Kind", exact=True).select_option("one_sentence")
    assert listed(page) == ["fine"]
    press(page, "")
    page.get_by_label("Kind", exact=True).select_option("")
    page.get_by_label("Only where runs differ").check()
    assert listed(page) == ["failed"]
    page.get_by_label("Only where runs differ").uncheck()
    page.get_by_label("Run", exact=True).select_option("1")
    press(page, "failed")
    assert listed(page) == []
    press(page, "any")
    page.get_by_label("Words of the question").fill("UNSUPP")
    assert listed(page) == ["unsupported"]


@pytest.mark.browser
def test_a_question_opens_by_keyboard_and_shows_the_quote_in_its_context(visit: Visit) -> None:
    page = visit.page
    press(page, "wrong_citation")
    button = page.locator(".asked")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    details = page.locator(f"#{button.get_attribute('aria-controls')}")
    gold, one, two = details.locator("> div").all()
    assert gold.locator("mark").all_text_contents() == [COST]
    assert one.locator("mark").all_text_contents() == [COST, RAIN]
    assert one.locator(".judged").all_text_contents() == [" · overlaps gold", " · overlaps no gold"]
    for context in details.locator("blockquote").all_text_contents():
        assert context.strip("… ") in TOWN.text
    assert "supported: because" in two.inner_text()
    page.keyboard.press("Enter")
    assert details.is_hidden()


@pytest.mark.browser
def test_rivals_stand_in_every_table(visit: Visit) -> None:
    for table in visit.page.locator("#tables table").all():
        title = table.locator("caption").inner_text()
        if title not in ("Search", "Speed and cost") and " less " not in title:
            assert table.locator("tr.rival").count() >= 1, title
    assert visit.page.locator("caption", has_text="two less one").count() == 1


CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, a = 1] = rgb(getComputedStyle(at).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return rgb(getComputedStyle(document.body).backgroundColor);
  };
  const low = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    const style = getComputedStyle(element);
    if (!own || ["SCRIPT", "NOSCRIPT", "STYLE"].includes(element.tagName)) continue;
    const ink = rgb(element.namespaceURI.endsWith("svg") ? style.fill : style.color);
    const [one, two] = [light(ink), light(behind(element))].sort((a, b) => b - a);
    if ((one + 0.05) / (two + 0.05) < 4.5) low.push(`${element.tagName} ${element.textContent}`);
  }
  return low;
}"""

UNNAMED = """() => [...document.querySelectorAll(
    "button, select, input, [role=img], [role=region]")]
  .filter((e) => !(e.getAttribute("aria-label") || e.innerText || e.labels?.[0]?.innerText
    || document.getElementById(e.getAttribute("aria-labelledby") ?? "")?.innerText || e.hidden))
  .map((e) => e.outerHTML)"""


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_can_be_read_wide_and_narrow_in_dark_and_light(
    visit: Visit, scheme: Any, width: int
) -> None:
    page = visit.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    for button in page.locator(".asked").all():
        button.click()
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    headings = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map((h) => +h.tagName[1])"
    )
    steps = [b - a for a, b in pairwise(headings)]
    assert headings.count(1) == 1 and max(steps) == 1
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


def test_the_policy_lets_only_its_own_script_run(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy and "http" not in policy
    markup = text.split("<script")[0]
    assert re.findall(r"<[^>]*\s(?:src|href|xlink:href)=\"(?!#)[^\"]*", markup) == []


def test_data_cannot_end_its_script() -> None:
    assert as_script({"a": "</script><!-- & \u2028"}) == (
        '{"a":"\\u003c/script\\u003e\\u003c!-- \\u0026 \\u2028"}'
    )
    assert as_script("\ud83d") == '"\\ud83d"'


def test_runs_of_two_sets_are_not_shown_together() -> None:
    run, scored = made_run("run")
    other = replace(run, about=replace(run.about, set="other"))
    with pytest.raises(EvalError, match="runs of different sets"):
        shown([(run, scored), (other, scored)])
    with pytest.raises(EvalError, match="has no answers to show"):
        shown([(replace(run, about=replace(run.about, systems=("hybrid",))), scored)])
    assert [s.name for s in shown([(run, scored), (run, scored)])] == ["run", "run (2)"]
