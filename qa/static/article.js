// One article in full, with the cited sentences marked, and what rests on each of them.

import { button, counted, day, link, make, titleOf } from "./dom.js";
import { VERDICTS } from "./claims.js";

/**
 * `article` is what the program gives of one; `sources` maps each key of its marks to the passage.
 * `restingOn(number)` gives the statements that rest on one, as `{claim, place}`,
 * `onRests(statements)` is told which are shown, `toStatement(place)` goes to one in the answer.
 */
export class ArticleView {
  constructor(article, sources, { toStatement, narrowTo, restingOn, onRests }) {
    this.sources = sources;
    this.toStatement = toStatement;
    this.restingOn = restingOn;
    this.onRests = onRests;
    this.rests = null;
    this.element = make("article", { class: "fn-article" }, ...drawHead(article, narrowTo));
    const last = lastOf(article.blocks);
    this.text = make("div", { class: "fn-article-text" });
    article.blocks.forEach((block, n) => this.text.append(this.drawBlock(block, n, last)));
    this.element.append(this.text);
  }

  /** Mark one stretch as the one that is shown; its first element. */
  show(key) {
    this.hideRests();
    for (const mark of this.text.querySelectorAll("mark")) {
      mark.classList.toggle("fn-current", keysOf(mark).includes(key));
    }
    return this.markOf(key);
  }

  markOf(key) {
    return [...this.text.querySelectorAll("mark")].find((mark) => keysOf(mark).includes(key));
  }

  /** A paragraph. The number of a stretch stands behind its `last` segment. */
  drawBlock(block, n, last) {
    const parts = block.flatMap(({ text, keys }, m) => {
      const known = keys.filter((key) => this.sources.has(key));
      if (!known.length) return [text];
      const mark = make("mark", { "data-keys": known.join(" ") }, text);
      mark.addEventListener("click", () => this.toggleRests(known[0], mark));
      const ending = known.filter((key) => last.get(key) === `${n}.${m}`);
      return [mark, ...ending.map((key) => this.drawNumber(key)).filter(Boolean)];
    });
    return make("p", { dir: "auto" }, ...parts);
  }

  drawNumber(key) {
    const { number } = this.sources.get(key);
    if (!number) return null; // a passage that is only near has none
    const label = `Footnote ${number}: show what rests on this sentence`;
    const attributes = { class: "fn-number", "aria-label": label, "aria-expanded": "false" };
    const drawn = button({ ...attributes, "data-key": key }, String(number),
      () => this.toggleRests(key, drawn));
    return drawn;
  }

  toggleRests(key, from) {
    if (getSelection().toString()) return; // the reader marks text to copy it
    const same = this.rests?.dataset.key === key;
    this.show(key);
    const { number } = this.sources.get(key);
    if (same || !number) return this.onRests([]);
    const statements = this.restingOn(number);
    this.rests = drawRests(number, statements, this.toStatement);
    this.rests.dataset.key = key;
    from.closest("p").after(this.rests);
    this.numberOf(key)?.setAttribute("aria-expanded", "true");
    this.onRests(statements);
  }

  hideRests() {
    if (this.rests) this.numberOf(this.rests.dataset.key)?.setAttribute("aria-expanded", "false");
    this.rests?.remove();
    this.rests = null;
  }

  numberOf(key) {
    return [...this.text.querySelectorAll(".fn-number")].find((each) => each.dataset.key === key);
  }
}

function keysOf(mark) {
  return mark.dataset.keys.split(" ");
}

/** Where each key is met for the last time, as "block.segment". */
function lastOf(blocks) {
  const last = new Map();
  blocks.forEach((block, n) => block.forEach(({ keys }, m) => {
    for (const key of keys) last.set(key, `${n}.${m}`);
  }));
  return last;
}

/** The title and what else the panel's heading, outlet and day, does not say. */
function drawHead(article, narrowTo) {
  const updated = article.updated && article.updated !== article.published && `updated ${day(article.updated)}`;
  const parts = [article.author && `By ${article.author}`, updated].filter(Boolean);
  const author = parts.length ? make("p", { class: "fn-author", dir: "auto" }, parts.join(" · ")) : null;
  const older = article.current ? null
    : make("p", { class: "fn-older" }, "The index holds a newer version of this article. This is the one that was cited.");
  return [
    make("h3", { tabindex: "-1", dir: "auto" }, link(article.url, titleOf(article))), author, older,
    button({ class: "fn-link fn-narrow-to" }, "Ask only this article", () => narrowTo(article)),
  ];
}

function drawRests(number, statements, toStatement) {
  const said = statements.length
    ? `${counted(statements.length, "statement")} of the answer ${statements.length === 1 ? "rests" : "rest"} on this`
    : "No statement of the answer rests on this: it is one of the versions.";
  const items = statements.map(({ claim, place }) => {
    const { sign, words } = VERDICTS[claim.verdict.label];
    const mark = make("span", { class: "fn-sign", role: "img", "aria-label": `${words}: ` }, sign);
    return make("li", { class: `fn-${claim.verdict.label}` }, mark,
      button({ class: "fn-statement", dir: "auto" }, claim.text, () => toStatement(place)));
  });
  const name = `What rests on footnote ${number}`;
  return make("div", { class: "fn-rests", role: "group", "aria-label": name },
    make("p", {}, said), make("ul", {}, ...items));
}
