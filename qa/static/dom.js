// Building blocks for the page. Text from articles and models goes in as text nodes, never as HTML.

/** An element with attributes and children; strings become text nodes, null is left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A button with a click handler. */
export function button(attributes, label, onClick) {
  const element = make("button", { type: "button", ...attributes }, label);
  element.addEventListener("click", onClick);
  return element;
}

/** The link when `url` is a web address, else the bare text: `javascript:` stays out. */
export function link(url, text) {
  let parsed = null;
  try {
    parsed = new URL(url);
  } catch {
    return document.createTextNode(text);
  }
  if (!["http:", "https:"].includes(parsed.protocol)) return document.createTextNode(text);
  return make("a", { href: parsed.href, target: "_blank", rel: "noopener noreferrer" }, text);
}

const MONTHS = [
  "January", "February", "March", "April", "May", "June",
  "July", "August", "September", "October", "November", "December",
];

/** "3 March 2024" from "2024-03-03"; "undated" from null. */
export function day(published) {
  if (!published) return "undated";
  const [year, month, date] = published.split("-").map(Number);
  return `${date} ${MONTHS[month - 1]} ${year}`;
}

/** "Ledger, 3 March 2024", as far as it is known. */
export function origin(passage) {
  return [passage.source, day(passage.published)].filter(Boolean).join(", ");
}

/**
 * Text with each break between lines as a small gap. The break itself stays in it, unseen, so that
 * what is copied, or read aloud, has it. No part is empty: it would be a text node like the others,
 * and what is drawn as it comes counts them.
 */
export function withGaps(text) {
  return text.split(/(\s*\n\s*)/).filter(Boolean).map((part) =>
    part.includes("\n") ? make("span", { class: "fn-break" }, part) : part);
}

/** The word for one or for many, behind its count: "1 article", "2,000 articles". */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** A title as it is shown: programs can add articles whose title has nothing to see. */
export function titleOf({ title }) {
  return /[^\s\p{Cf}\p{Cc}]/u.test(title) ? title : "Untitled";
}

/** Text on one line. */
export function oneLine(text) {
  return text.trim().replace(/\s+/g, " ");
}

/** A quote on one line: whole where it is short, else its first sentences or words. */
export function shortened(quote, most = 240) {
  const line = oneLine(quote);
  if (line.length <= most) return line;
  const first = Array.from(line).slice(0, most).join("");
  const [sentences] = /^.{100,}[.!?]["”’)]*(?=\s)/s.exec(first) ?? [first.replace(/\s\S*$/, "")];
  return `${sentences}\u00a0…`;
}

/** A field with its label above it. */
export function field(label, input) {
  return make("label", { class: "fn-field" }, make("span", {}, label), input);
}

/** Offer a text as a file. */
export function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Whether the panel comes up from below. */
export function isNarrow() {
  return matchMedia("(max-width: 860px)").matches;
}

/** How to scroll: smoothly, except for people who have asked for less motion. */
export function motion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}

export function bringIntoView(element, block) {
  element.scrollIntoView({ block, behavior: motion() });
}
