// Draws one Answer in the conversation.

import { button, make, origin, withGaps } from "./dom.js";

const VERDICTS = {
  supported: { sign: "✓", words: "supported by its source" },
  partly: { sign: "≈", words: "only partly supported" },
  unsupported: { sign: "✗", words: "not supported" },
};

/** Every citation of an answer by its number: those of its claims, and of its conflicts. */
export function citationsOf(answer) {
  const found = new Map();
  const cited = answer.claims.flatMap((claim) => claim.citations);
  const versions = answer.conflicts.flatMap((conflict) => conflict.versions);
  for (const citation of [...cited, ...versions]) found.set(citation.number, citation);
  return new Map([...found].sort((a, b) => a[0] - b[0]));
}

/** The passages shown with an abstention: the best of each of the three nearest articles. */
export function nearestTo(answer) {
  const best = new Map();
  for (const passage of answer.passages) {
    if (!best.has(passage.article_id)) best.set(passage.article_id, passage);
  }
  return [...best.values()].slice(0, 3);
}

/**
 * The answer as an element. `openSource(key, from)` shows a source in the panel: the number of a
 * citation, or "p0", "p1" ... for the passages nearest to an abstention.
 */
export function drawAnswer(answer, openSource) {
  const drawn = make("div", { class: `fn-answer${answer.abstained ? " fn-abstained" : ""}` });
  if (answer.searched_for !== answer.question) drawn.append(drawSearchedFor(answer));
  drawn.append(answer.abstained ? drawAbstention(answer.text) : drawText(answer, openSource));
  if (!answer.abstained) drawn.append(drawTally(answer));
  drawn.append(...answer.conflicts.map((conflict) => drawConflict(conflict, openSource)));
  if (answer.warnings.length) drawn.append(drawWarnings(answer.warnings));
  if (answer.abstained && answer.passages.length) drawn.append(drawNearest(answer, openSource));
  if (answer.claims.length) drawn.append(drawChecks(answer.claims, answer.abstained));
  drawn.append(make("p", { class: "fn-origin" }, describe(answer)));
  return drawn;
}

function drawSearchedFor(answer) {
  return make("p", { class: "fn-searched" }, "Searched for: ", make("q", {}, answer.searched_for));
}

/** "The articles don't say: no article mentions it." as a verdict with its reason beneath. */
function drawAbstention(text) {
  const [, verdict, reason] = /^([^:“"]+): (.+)$/s.exec(text) ?? [null, text, null];
  if (reason === null) return make("p", { class: "fn-text" }, text);
  const sentence = reason[0].toUpperCase() + reason.slice(1);
  return make("div", { class: "fn-text" },
    make("p", { class: "fn-outcome" }, `${verdict}.`), make("p", {}, sentence));
}

/** The text, with each claim marked by its verdict and each [n] turned into a button. */
function drawText(answer, openSource) {
  const paragraph = make("p", { class: "fn-text" });
  // Offsets count code points; a JavaScript string counts UTF-16 units.
  const points = Array.from(answer.text);
  const cut = (start, end) => points.slice(start, end).join("");
  const citations = citationsOf(answer);
  const draw = (text) => withFootnotes(text, citations, openSource);
  let at = 0;
  const claims = answer.claims.filter((claim) => cut(claim.start, claim.end) === claim.text);
  for (const claim of claims.sort((a, b) => a.start - b.start)) {
    // Markers that follow a claim belong to it: its verdict comes after them.
    const [markers] = /^(?:\s*\[\d+\])*/.exec(cut(claim.end));
    const end = claim.end + markers.length;
    paragraph.append(...draw(cut(at, claim.start)), drawClaim(claim, draw(cut(claim.start, end))));
    at = end;
  }
  paragraph.append(...draw(cut(at)));
  return paragraph;
}

function drawClaim(claim, parts) {
  const { sign, words } = VERDICTS[claim.verdict.label];
  const label = `${words}: ${claim.verdict.reason}`;
  const shown = claim.verdict.label === "supported" ? sign : `${sign} ${words}`;
  const mark = make("span", { class: "fn-verdict", role: "img", "aria-label": label, title: label }, shown);
  const drawn = sign === shown ? keptTogether([...parts, mark]) : [...keptTogether(parts), mark];
  return make("span", { class: `fn-claim fn-${claim.verdict.label}` }, ...drawn);
}

/** The parts, with what follows the last word (its footnotes) never alone on the next line. */
function keptTogether(parts) {
  const drawn = parts.filter((part) => part !== "");
  const last = drawn.findLastIndex((part) => typeof part === "string");
  const [, before, word] = /^(.*\s)?(\S{1,16})$/s.exec(drawn[last] ?? "") ?? [];
  const after = drawn.slice(last + 1);
  if (!word || after.length > 4) return parts; // too long for a narrow screen
  return [...drawn.slice(0, last), before ?? "", make("span", { class: "fn-tail" }, word, ...after)];
}

function withFootnotes(text, citations, openSource) {
  return text.split(/(\s*\[\d+\])/).flatMap((part) => {
    const citation = citations.get(Number(/^\s*\[(\d+)\]$/.exec(part)?.[1]));
    return citation ? drawFootnote(citation, openSource) : withGaps(part);
  });
}

function drawFootnote(citation, openSource) {
  const label = `Footnote ${citation.number}: ${origin(citation)}`;
  const attributes = { class: "fn-number", "aria-label": label, title: origin(citation) };
  const drawn = button(attributes, String(citation.number), () => openSource(citation.number, drawn));
  return drawn;
}

function drawTally(answer) {
  const count = (label) => answer.claims.filter((claim) => claim.verdict.label === label).length;
  const all = answer.claims.length === 1 ? "1 statement" : `${answer.claims.length} statements`;
  const parts = [`Checked against the articles: ${count("supported")} of ${all} supported`];
  if (count("partly")) parts.push(`${count("partly")} only partly supported`);
  if (count("unsupported")) parts.push(`${count("unsupported")} not supported`);
  return make("p", { class: `fn-tally${parts.length === 1 ? " fn-whole" : ""}` }, parts.join(" · "));
}

function drawConflict(conflict, openSource) {
  const versions = conflict.versions.map((version) =>
    make("li", {},
      make("strong", {}, origin(version)), `: “${oneLine(version.quote)}”`, drawFootnote(version, openSource)),
  );
  return make("div", { class: "fn-conflict" },
    make("p", {}, `The outlets disagree: ${conflict.about}`), make("ul", {}, ...versions));
}

function drawWarnings(warnings) {
  const items = warnings.map((warning) => make("li", {}, warning));
  return make("ul", { class: "fn-warnings", "aria-label": "Warnings" }, ...items);
}

function drawNearest(answer, openSource) {
  const items = nearestTo(answer).map((passage, n) => {
    const show = button({ class: "fn-show" }, "Show in the article", () => openSource(`p${n}`, show));
    return make("li", {},
      make("p", { class: "fn-nearest-origin" }, make("strong", {}, origin(passage)), ` · ${passage.title}`),
      make("blockquote", {}, shortened(passage.quote)), show);
  });
  return make("div", { class: "fn-nearest" },
    make("p", {}, "The nearest passages, which do not answer it:"), make("ol", {}, ...items));
}

function oneLine(text) {
  return text.trim().replace(/\s+/g, " ");
}

/** A quote on one line: whole where it is short, else its first sentences or words. */
function shortened(quote, most = 240) {
  const line = oneLine(quote);
  if (line.length <= most) return line;
  const first = Array.from(line).slice(0, most).join("");
  const [sentences] = /^.{100,}[.!?]["”’)]*(?=\s)/s.exec(first) ?? [first.replace(/\s\S*$/, "")];
  return `${sentences}\u00a0…`;
}

function drawChecks(claims, open) {
  const items = claims.map(({ text, verdict }) => {
    const { sign, words } = VERDICTS[verdict.label];
    return make("li", { class: `fn-${verdict.label}` },
      make("q", {}, text.replace(/\s*\[\d+\]/g, "")),
      make("p", {}, `${sign} ${words}: ${verdict.reason}`));
  });
  const wanting = open || claims.some((claim) => claim.verdict.label !== "supported");
  const details = make("details", { class: "fn-checks", open: wanting ? "" : null });
  details.append(make("summary", {}, "How each statement was checked"), make("ol", {}, ...items));
  return details;
}

function describe(answer) {
  const own = answer.model === "extractive";
  let by = own ? "In the articles’ own sentences" : `Written by ${answer.model}`;
  if (answer.abstained && answer.raw === null) by = "Looked through the articles";
  const seconds = answer.timings.total;
  if (seconds === undefined) return by;
  return `${by}, in ${seconds < 0.1 ? "under 0.1" : seconds.toFixed(1)} s`;
}
