// The cited articles along time; undated ones stand apart.

import { button, day, make } from "./dom.js";
import { explain } from "./tip.js";
import { citationsOf } from "./claims.js";

const APART = 0.075; // of the strip's width: marks that are nearer stand above each other

/** The articles that an answer cites, each with its numbers, oldest first; undated ones last. */
function articlesOf(answer) {
  const found = new Map();
  for (const citation of citationsOf(answer).values()) {
    const { article_id: id, title, source, published, number } = citation;
    if (!found.has(id)) found.set(id, { title, source, published, numbers: [] });
    found.get(id).numbers.push(number);
  }
  const late = "9999-99-99";
  return [...found.values()].sort((a, b) => (a.published ?? late) < (b.published ?? late) ? -1 : 1);
}

/** The strip; null where an answer cites fewer than two articles. */
export function drawTimeline(answer, open) {
  const articles = articlesOf(answer);
  if (articles.length < 2) return null;
  const dated = articles.filter((article) => article.published);
  const undated = articles.filter((article) => !article.published);
  const strip = make("section", { class: "fn-time", "aria-label": "Cited articles along time" });
  if (dated.length) strip.append(drawStrip(dated, open));
  if (undated.length) {
    const marks = undated.map((article) => make("li", {}, drawMark(article, open)));
    strip.append(make("div", { class: "fn-undated" },
      make("span", {}, "Undated"), make("ol", {}, ...marks)));
  }
  return strip;
}

function drawStrip(articles, open) {
  const times = articles.map(({ published }) => Date.parse(published));
  const [first, last] = [times[0], times.at(-1)];
  const ends = []; // where the last mark of each row stands
  const marks = articles.map((article, n) => {
    const at = last > first ? (times[n] - first) / (last - first) : 0.5;
    let row = ends.findIndex((end) => at - end >= APART);
    if (row < 0) row = ends.length;
    ends[row] = at;
    const mark = make("li", {}, drawMark(article, open));
    mark.style.left = `${at * 100}%`;
    mark.style.setProperty("--fn-row", row);
    return mark;
  });
  const line = make("ol", { class: "fn-marks" }, ...marks);
  line.style.height = `${ends.length * 1.75}rem`;
  const days = [articles[0], articles.at(-1)].map(({ published }) => make("span", {}, day(published)));
  return make("div", { class: "fn-strip" }, line,
    make("p", { class: "fn-days" }, ...(last > first ? days : days.slice(1))));
}

function drawMark(article, open) {
  const { title, source, published, numbers } = article;
  const what = [day(published), source, title].filter(Boolean).join(" · ");
  const notes = `${numbers.length === 1 ? "footnote" : "footnotes"} ${numbers.join(", ")}`;
  const shown = numbers.length > 2 ? `${numbers[0]}…${numbers.at(-1)}` : numbers.join(", ");
  const mark = button({ class: "fn-mark-day", "aria-label": `${what} (${notes})` }, shown,
    () => open(String(numbers[0]), mark));
  explain(mark, what);
  return mark;
}
