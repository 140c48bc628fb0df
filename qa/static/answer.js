// Draws one Answer: its text, what it rests on, and where the articles differ.

import { button, counted, day, make, oneLine, origin, shortened, titleOf } from "./dom.js";
import { VERDICTS, drawFootnote, drawText, keptTogether } from "./claims.js";
import { drawTimeline } from "./timeline.js";

/** Said before quotes that rather do not answer. */
export const DOUBT = "Not sure that this answers the question:";

/** The passages shown with an abstention: the best of each of the three nearest articles. */
export function nearestTo(answer) {
  const best = new Map();
  for (const passage of answer.passages) {
    if (!best.has(passage.article_id)) best.set(passage.article_id, passage);
  }
  return [...best.values()].slice(0, 3);
}

/**
 * The answer as elements. `open(key, from)` shows a source in the panel: the number of a citation,
 * or "p0", "p1" ... for the passages nearest to an abstention.
 */
export function drawAnswer(answer, open) {
  const drawn = [answer.abstained ? drawAbstention(answer.text) : drawText(answer, open)];
  if (answer.doubtful) drawn.unshift(make("p", { class: "fn-doubtful" }, DOUBT));
  if (!answer.abstained && answer.claims.length) drawn.push(drawTally(answer));
  drawn.push(...answer.conflicts.map((conflict) => drawConflict(conflict, open)));
  if (!answer.abstained) drawn.push(drawTimeline(answer, open));
  if (answer.warnings.length) drawn.push(drawWarnings(answer.warnings));
  if (answer.abstained && answer.passages.length) drawn.push(drawNearest(answer, open));
  if (answer.claims.length) drawn.push(drawChecks(answer.claims, answer.abstained));
  return drawn.filter(Boolean);
}

/** "The articles don't say: no article mentions it." as a verdict with its reason beneath. */
function drawAbstention(text) {
  const [, verdict, reason] = /^([^:“"]+): (.+)$/s.exec(text) ?? [null, text, null];
  if (reason === null) return make("p", { class: "fn-text fn-outcome" }, text);
  const sentence = reason[0].toUpperCase() + reason.slice(1);
  return make("div", { class: "fn-text" },
    make("p", { class: "fn-outcome" }, `${verdict}.`), make("p", { dir: "auto" }, sentence));
}

/** "4 of 5 statements checked against their source", and what became of the others. */
export function tallyOf(claims) {
  const count = (label) => claims.filter((claim) => claim.verdict.label === label).length;
  const all = counted(claims.length, "statement");
  const parts = [`${count("supported")} of ${all} checked against their source`];
  if (claims.length === 1 && count("supported")) parts[0] = "The statement is checked against its source";
  if (count("partly")) parts.push(`${count("partly")} only partly supported`);
  if (count("unsupported")) parts.push(`${count("unsupported")} not supported`);
  return parts;
}

function drawTally(answer) {
  const parts = tallyOf(answer.claims);
  return make("p", { class: `fn-tally${parts.length === 1 ? " fn-whole" : ""}` }, parts.join(" · "));
}

const KINDS = [
  ["corrected: ", "Corrected", "fn-corrected"],
  ["updated: ", "Updated", "fn-updated"],
  ["the articles differ: ", "The outlets disagree", "fn-differs"],
];

/** What a conflict is, in words for its heading, and what it is about. */
export function kindOf(conflict) {
  const known = KINDS.find(([start]) => conflict.about.startsWith(start));
  const [start, title, name] = known ?? ["", "The outlets disagree", "fn-differs"];
  return { title, name, about: conflict.about.slice(start.length) };
}

function drawConflict(conflict, open) {
  const { title, name, about } = kindOf(conflict);
  const versions = conflict.versions.map((version) =>
    make("li", {},
      make("p", { class: "fn-version-origin" },
        make("strong", {}, version.source ?? "No outlet"), ` ${day(version.published)}`),
      make("p", { class: "fn-version", dir: "auto" },
        ...keptTogether([`“${oneLine(version.quote)}”`, drawFootnote(version, open)]))));
  return make("section", { class: `fn-conflict ${name}`, "aria-label": title },
    make("h3", {}, title), make("p", { class: "fn-conflict-about", dir: "auto" }, about),
    make("ol", {}, ...versions));
}

function drawWarnings(warnings) {
  const items = warnings.map((warning) => make("li", { dir: "auto" }, sentence(warning)));
  return make("ul", { class: "fn-warnings", "aria-label": "Warnings" }, ...items);
}

function sentence(text) {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?)]$/.test(text) ? "" : "."}`;
}

function drawNearest(answer, open) {
  const items = nearestTo(answer).map((passage, n) => {
    const label = `Show in the article: ${titleOf(passage)}`;
    const show = button({ class: "fn-link", "aria-label": label, "data-number": `p${n}` },
      "Show in the article", () => open(`p${n}`, show));
    return make("li", {},
      make("p", { class: "fn-nearest-origin", dir: "auto" },
        make("strong", {}, origin(passage)), ` · ${titleOf(passage)}`),
      make("blockquote", { dir: "auto" }, shortened(passage.quote)), show);
  });
  return make("section", { class: "fn-nearest" },
    make("h3", {}, "The nearest passages, which do not answer it"), make("ol", {}, ...items));
}

function drawChecks(claims, open) {
  const items = claims.map(({ text, verdict }) => {
    const { sign, words } = VERDICTS[verdict.label];
    return make("li", { class: `fn-${verdict.label}` },
      make("q", { dir: "auto" }, text.replace(/\s*\[\d+\]/g, "")),
      make("p", {}, `${sign} ${words}: ${verdict.reason}`));
  });
  const wanting = open || claims.some((claim) => claim.verdict.label !== "supported");
  const details = make("details", { class: "fn-checks", open: wanting ? "" : null });
  details.append(make("summary", {}, "How each statement was checked"), make("ol", {}, ...items));
  return details;
}

/** Which of the models answered, how long it took, and what it cost where that is known. */
export function describe(answer, seconds, cost, models) {
  const label = models.find(({ name }) => name === answer.model)?.label ?? answer.model;
  let by = answer.model === "extractive" ? "In the articles' own sentences" : `Written by ${label}`;
  if (answer.abstained && answer.raw === null) by = "Looked through the articles";
  const took = seconds == null ? "" : `, in ${seconds < 0.1 ? "under 0.1" : seconds.toFixed(1)} s`;
  return `${by}${took}${cost == null ? "" : `, for $${amount(cost)}`}`;
}

/** Dollars to the cent, and small sums to their first two figures. */
function amount(cost) {
  return cost === 0 || cost >= 0.1 ? cost.toFixed(2) : Number(cost.toPrecision(2)).toString();
}
