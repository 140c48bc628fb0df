// The text of an answer: each statement marked by its verdict, each [n] a button.

import { button, make, origin, withGaps } from "./dom.js";
import { explain } from "./tip.js";

export const VERDICTS = {
  supported: { sign: "✓", words: "supported by its source" },
  partly: { sign: "≈", words: "only partly supported" },
  unsupported: { sign: "✗", words: "not supported" },
};

/** Every citation of an answer by its number: those of its claims, and of its conflicts. */
export function citationsOf(answer) {
  const cited = answer.claims.flatMap((claim) => claim.citations);
  const versions = answer.conflicts.flatMap((conflict) => conflict.versions);
  const found = [...cited, ...versions].map((citation) => [citation.number, citation]);
  return new Map(found.sort((a, b) => a[0] - b[0]));
}

/** The text, with each claim marked by its verdict and each [n] turned into a button. */
export function drawText(answer, open) {
  const paragraph = make("p", { class: "fn-text", dir: "auto" });
  // Offsets count code points; a JavaScript string counts UTF-16 units.
  const points = Array.from(answer.text);
  const cut = (start, end) => points.slice(start, end).join("");
  const citations = citationsOf(answer);
  const draw = (text) => withFootnotes(text, citations, open);
  let at = 0;
  const claims = answer.claims.filter((claim) => cut(claim.start, claim.end) === claim.text);
  for (const claim of claims.sort((a, b) => a.start - b.start)) {
    // Markers that follow a claim belong to it: its verdict comes after them.
    const [markers] = /^(?:\s*\[\d+\])*/.exec(cut(claim.end));
    const end = claim.end + markers.length;
    const place = answer.claims.indexOf(claim);
    paragraph.append(...draw(cut(at, claim.start)));
    paragraph.append(drawClaim(claim, place, draw(cut(claim.start, end))));
    at = end;
  }
  paragraph.append(...draw(cut(at)));
  return paragraph;
}

/** An answer of the claims that have come so far, in the shape of a whole one. */
export function composed(claims) {
  let text = "";
  let length = 0;
  let written = 0;
  const placed = claims.map((claim) => {
    // Where more than a space lies before it, a new line begins.
    const gap = text ? (claim.start - written > 1 ? "\n" : " ") : "";
    const start = length + gap.length;
    const end = start + (claim.end - claim.start);
    const markers = claim.citations.map(({ number }) => `[${number}]`).join("");
    const tail = markers && ` ${markers}`;
    text += gap + claim.text + tail;
    length = end + tail.length;
    written = claim.end + tail.length;
    return { ...claim, start, end };
  });
  return { text, claims: placed };
}

function drawClaim(claim, place, parts) {
  const { sign, words } = VERDICTS[claim.verdict.label];
  const shown = claim.verdict.label === "supported" ? sign : `${sign} ${words}`;
  const reason = `${words[0].toUpperCase()}${words.slice(1)}: ${claim.verdict.reason}`;
  const mark = make("button", { type: "button", class: "fn-verdict", "aria-label": reason }, shown);
  mark.addEventListener("click", explain(mark, reason)); // a finger does not hover
  const attributes = { class: `fn-claim fn-${claim.verdict.label}`, "data-claim": place };
  return make("span", { ...attributes, tabindex: "-1" }, ...keptTogether([...parts, mark]));
}

/** The parts, with what follows the last word (footnotes, a verdict) not alone on the next line. */
export function keptTogether(parts) {
  const last = parts.findLastIndex((part) => typeof part === "string");
  const [, before, word] = /^(.*\s)?(\S{1,16})$/s.exec(parts[last] ?? "") ?? [];
  if (!word) return parts;
  const tail = make("span", { class: "fn-tail" }, word, ...parts.slice(last + 1));
  return [...parts.slice(0, last), before ?? "", tail];
}

function withFootnotes(text, citations, open) {
  return text.split(/(\s*\[\d+\])/).flatMap((part) => {
    const citation = citations.get(Number(/^\s*\[(\d+)\]$/.exec(part)?.[1]));
    return citation ? drawFootnote(citation, open) : withGaps(part);
  });
}

/** A footnote's number, which opens its source. */
export function drawFootnote(citation, open) {
  const { number, title } = citation;
  const label = `Footnote ${number}: ${origin(citation)}`;
  const attributes = { class: "fn-number", "aria-label": label, "data-number": number };
  const drawn = button(attributes, String(number), () => open(String(number), drawn));
  explain(drawn, `${origin(citation)} · ${title}`);
  return drawn;
}
