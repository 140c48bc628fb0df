// An answer, or a conversation, as text that can leave the page.

import { day, oneLine } from "./dom.js";
import { citationsOf } from "./claims.js";
import { DOUBT, kindOf, nearestTo } from "./answer.js";

const MARKS = { supported: "", partly: " (only partly supported)", unsupported: " (NOT SUPPORTED)" };

/** The text with what is not supported marked behind each statement's footnotes. */
function marked(answer, write = (text) => text, note = (number) => `[${number}]`) {
  const points = Array.from(answer.text);
  const cut = (start, end) => points.slice(start, end).join("");
  const known = citationsOf(answer);
  const put = (text) => text.split(/(\[\d+\])/).map((part) => {
    const number = Number(/^\[(\d+)\]$/.exec(part)?.[1]);
    return known.has(number) ? note(number) : write(part);
  }).join("");
  let out = "";
  let at = 0;
  for (const claim of [...answer.claims].sort((a, b) => a.start - b.start)) {
    if (claim.start < at || cut(claim.start, claim.end) !== claim.text) continue;
    const [markers] = /^(?:\s*\[\d+\])*/.exec(cut(claim.end));
    const end = claim.end + markers.length;
    out += put(cut(at, end)) + MARKS[claim.verdict.label];
    at = end;
  }
  return out + put(cut(at));
}

function where(passage) {
  const page = passage.page ? `, p. ${passage.page}` : "";
  return `${passage.source ?? "no outlet"}, ${day(passage.published)}, “${passage.title}”${page}`;
}

/** An answer with its footnotes as plain text. */
export function asText(answer) {
  const lines = [...(answer.doubtful ? [DOUBT] : []), marked(answer), ""];
  for (const citation of citationsOf(answer).values()) {
    const address = webAddress(citation.url);
    lines.push(`[${citation.number}] ${where(citation)}${address ? `, ${address}` : ""}`);
    lines.push(`    “${oneLine(citation.quote)}”`);
  }
  for (const conflict of answer.conflicts) {
    const { title, about } = kindOf(conflict);
    const numbers = conflict.versions.map(({ number }) => `[${number}]`).join(" ");
    lines.push("", `${title}: ${about} ${numbers}`);
  }
  if (answer.abstained) {
    for (const passage of nearestTo(answer)) lines.push(`- ${where(passage)}: “${oneLine(passage.quote)}”`);
  }
  for (const warning of answer.warnings) lines.push(`Note: ${warning}`);
  return `${lines.join("\n").trim()}\n`;
}

/** Text that means itself in Markdown: no link, image, HTML or list comes of it. */
export function escaped(text) {
  return text
    .replace(/[\\`*_{}[\]<>#+!|~&$]/g, "\\$&")
    .replace(/^(\s*)([-=])/gm, "$1\\$2")
    .replace(/^(\s*\d+)([.)])/gm, "$1\\$2")
    .replace(/(https?|ftp|www)(:|\.)/gi, "$1\\$2")
    .replace(/@/g, "\\@");
}

/** An answer with its footnotes as Markdown. `prefix` keeps the footnotes of several apart. */
export function asMarkdown(answer, prefix = "") {
  const note = (number) => `[^${prefix}${number}]`;
  const lines = answer.doubtful ? [`*${DOUBT}*`, ""] : [];
  lines.push(marked(answer, escaped, note).replace(/\n/g, "\n\n"), "");
  for (const conflict of answer.conflicts) {
    const { title, about } = kindOf(conflict);
    const numbers = conflict.versions.map(({ number }) => note(number)).join(" ");
    lines.push(`**${title}:** ${escaped(about)} ${numbers}`, "");
  }
  if (answer.abstained) {
    for (const passage of nearestTo(answer)) {
      lines.push(`- ${escaped(where(passage))}: “${escaped(oneLine(passage.quote))}”`);
    }
    lines.push("");
  }
  for (const warning of answer.warnings) lines.push(`*${escaped(warning)}*`, "");
  for (const citation of citationsOf(answer).values()) {
    const address = webAddress(citation.url);
    const link = address ? ` <${address}>` : "";
    lines.push(`${note(citation.number)}: ${escaped(where(citation))}.${link} “${escaped(oneLine(citation.quote))}”`);
  }
  return `${lines.join("\n").trim()}\n`;
}

/** A web address in a form that cannot end its own brackets; null for any other. */
function webAddress(url) {
  try {
    const { protocol, href } = new URL(url);
    return ["http:", "https:"].includes(protocol) ? href.replace(/[<>\s]/g, encodeURIComponent) : null;
  } catch {
    return null;
  }
}

/** Answered turns as Markdown. */
export function conversationMarkdown(turns) {
  const parts = turns.map(({ answer }, n) =>
    `## ${escaped(oneLine(answer.question))}\n\n${asMarkdown(answer, `${n + 1}-`)}`);
  return parts.join("\n");
}

/** Answered turns as JSON: the answers as the program gives them. */
export function conversationJson(turns) {
  return `${JSON.stringify(turns.map(({ answer }) => answer), null, 1)}\n`;
}
