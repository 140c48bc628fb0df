// The panel of sources: each quote of one answer, marked in the text around it.

import { bringIntoView, button, day, link, make, motion, withGaps } from "./dom.js";
import { citationsOf, nearestTo } from "./answer.js";

export class Panel {
  constructor(root, place) {
    this.root = root; // the address of the program
    this.place = place; // the element to fill
    this.answer = null;
    this.from = null; // what to go back to
    this.shown = new Map();
    this.clear();
  }

  clear() {
    this.answer = null;
    this.shown.clear();
    const hint = "The passages that an answer rests on are shown here, each in its article.";
    this.place.replaceChildren(make("h2", {}, "Sources"), make("p", { class: "fn-hint" }, hint));
  }

  /** Show the sources of an answer, or the passages nearest to one when it abstains. */
  show(answer) {
    if (this.answer === answer) return;
    this.answer = answer;
    this.shown.clear();
    const passages = answer.abstained
      ? nearestTo(answer).map((passage, n) => [`p${n}`, passage])
      : [...citationsOf(answer)];
    if (!passages.length) return this.clear();
    const waits = [];
    for (const [key, passage] of passages) {
      const text = make("blockquote", {}, make("mark", {}, ...withGaps(passage.quote)));
      this.shown.set(key, this.draw(passage, text));
      waits.push(this.surround(passage, text));
    }
    this.surrounded = Promise.all(waits);
    const heading = make("h2", {}, answer.abstained ? "Nearest passages" : "Sources");
    this.place.replaceChildren(heading, ...this.shown.values());
    this.place.scrollTop = 0;
  }

  /** Bring one source into view and give it the focus; `from` is where "Back" leads. */
  async open(answer, key, from) {
    this.show(answer);
    this.from = from;
    const source = this.shown.get(key);
    if (!source) return;
    for (const other of this.shown.values()) other.classList.toggle("fn-open", other === source);
    source.focus({ preventScroll: true });
    this.reveal(source);
    await this.surrounded; // the text around the quotes moves them
    this.reveal(source);
  }

  /** Scroll to a source's quote: inside the panel where it scrolls by itself, else the page. */
  reveal(source) {
    const quote = source.querySelector("mark");
    if (getComputedStyle(this.place).overflowY !== "auto") return bringIntoView(quote, "center");
    const height = Math.min(quote.offsetHeight, this.place.clientHeight);
    const above = quote.getBoundingClientRect().top - this.place.getBoundingClientRect().top;
    const middle = this.place.scrollTop + above - (this.place.clientHeight - height) / 2;
    const top = source.offsetHeight < this.place.clientHeight
      ? Math.min(middle, source.offsetTop - 12) // the whole source, from its heading
      : middle;
    this.place.scrollTo({ top, behavior: motion() });
  }

  draw(passage, text) {
    const number = passage.number; // a passage that is only near has none
    const badge = number ? make("span", { class: "fn-badge" }, String(number)) : null;
    const source = passage.source ? make("span", { class: "fn-outlet" }, passage.source) : null;
    const date = make("span", {}, day(passage.published));
    const page = passage.page ? make("span", {}, `p. ${passage.page}`) : null;
    const back = button({ class: "fn-back" }, "Back to the answer", () => this.back());
    const name = `${number ? `Source ${number}` : "Passage"}: ${passage.title}`;
    const kind = number ? "fn-source" : "fn-source fn-near";
    return make("article", { class: kind, tabindex: "-1", "aria-label": name },
      make("p", { class: "fn-where" }, badge, source, date, page),
      make("h3", {}, link(passage.url, passage.title)), text, back);
  }

  /** Put the text around the quote in; without it the bare quote stays. */
  async surround(passage, text) {
    const { article_id: article, article_version: version, start, end } = passage;
    const query = new URLSearchParams({ article, version, start, end });
    let response = null;
    try {
      response = await fetch(new URL(`footnote/context?${query}`, this.root));
    } catch {
      // The program is gone; the quote itself is already shown.
    }
    if (!response?.ok) {
      const gone = "This version of the article is no longer in the index.";
      const words = response?.status === 404 ? gone : "The text around it could not be loaded.";
      text.after(make("p", { class: "fn-hint" }, words));
      return;
    }
    const { segments, more_before: before, more_after: after } = await response.json();
    const parts = segments.flatMap(({ text: shown, cited }) =>
      cited ? make("mark", {}, ...withGaps(shown)) : withGaps(shown));
    text.replaceChildren(before ? "…\u00a0" : "", ...parts, after ? "\u00a0…" : "");
  }

  back() {
    if (!this.from) return;
    this.from.focus({ preventScroll: true });
    bringIntoView(this.from, "center");
  }
}
