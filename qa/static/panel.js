// The panel beside the answer (below it on a narrow screen): sources, an article, the index.

import { bringIntoView, button, day, isNarrow, make, motion, origin, shortened, titleOf } from "./dom.js";
import { Trouble, post } from "./api.js";
import { ArticleView } from "./article.js";
import { announce } from "./announce.js";
import { citationsOf } from "./claims.js";
import { nearestTo } from "./answer.js";

const MARKS = 200; // that the program takes at once

export class Panel {
  /** `narrowTo(article)` asks only that one from now on; `restFocus()` is where it goes at last. */
  constructor(place, { narrowTo, restFocus }) {
    this.place = place;
    this.narrowTo = narrowTo;
    this.restFocus = restFocus;
    this.turn = null; // whose sources are listed
    this.from = null; // what opened the panel
    this.shown = null; // the article that is open
    this.entry = false; // whether Back closes it
    this.leaving = false; // whether we go back ourselves, which takes a moment
    this.latest = 0;
    this.heading = make("h2", { tabindex: "-1" });
    this.backButton = button({ class: "fn-link", hidden: "" }, "‹ Back", () => this.back());
    this.closeButton = button({ class: "fn-close", "aria-label": "Close" }, "✕", () => this.close());
    this.body = make("div", { class: "fn-panel-body" });
    place.setAttribute("role", "region");
    place.setAttribute("aria-label", "Evidence");
    place.append(make("div", { class: "fn-panel-head" }, this.backButton, this.heading, this.closeButton), this.body);
    this.list();
    addEventListener("popstate", () => this.onBack());
  }

  get isOpen() {
    return this.place.classList.contains("fn-up");
  }

  /** Put something under a heading. `back` leads to where it came from, if anywhere. */
  fill(title, content, { open = true, back = null } = {}) {
    this.latest += 1;
    this.shown = null;
    this.heading.textContent = title;
    this.body.replaceChildren(...content);
    this.goBack = back;
    this.backButton.hidden = !back;
    this.raise(open);
    this.place.scrollTop = 0;
    return this.latest;
  }

  /** Open it, or not. What covers the page has an entry in its history, so that Back closes it. */
  raise(open) {
    this.place.classList.toggle("fn-up", open);
    if (open === this.entry || (open && !isNarrow())) return;
    this.entry = open;
    if (this.leaving) return; // what is right then is seen in onBack
    history.scrollRestoration = "manual"; // the page is where it was, or where we brought it
    if (open) history.pushState(null, "");
    else history.back();
    this.leaving = !open;
  }

  onBack() {
    if (this.leaving) {
      this.leaving = false;
      if (this.entry) history.pushState(null, ""); // opened again meanwhile
    } else if (this.entry) {
      this.entry = false;
      this.close();
    }
  }

  /** Something that a button of the page opens: it gets the focus, and gives it back. */
  present(title, content, from) {
    this.from = from;
    this.fill(title, content);
    this.heading.focus({ preventScroll: true });
  }

  /** The sources of the latest answer, which the panel shows when nothing is open. */
  list(turn = this.turn, open = false) {
    this.turn = turn;
    const answer = turn?.answer;
    const cited = answer ? [...citationsOf(answer).values()] : [];
    const items = cited.map((citation) => this.drawSource(citation));
    const near = answer?.passages.length ? " Open one of the nearest passages to read it here." : "";
    const hint = answer?.abstained ? `Nothing is cited.${near}`
      : "The passages that an answer rests on are shown here, each in its article.";
    const content = items.length && !answer.abstained ? make("ol", { class: "fn-sources" }, ...items)
      : make("p", { class: "fn-hint" }, hint);
    this.fill("Sources", [content], { open });
  }

  drawSource(passage) {
    const key = String(passage.number);
    const badge = make("span", { class: "fn-badge" }, key);
    const outlet = passage.source ? make("strong", {}, passage.source) : null;
    const page = passage.page ? make("span", {}, `p. ${passage.page}`) : null;
    const open = button({ class: "fn-source-title", dir: "auto" }, titleOf(passage),
      () => this.open(this.turn, key, open, () => this.list(this.turn, true)));
    return make("li", { class: "fn-source" },
      make("p", { class: "fn-where" }, badge, outlet, make("span", {}, day(passage.published)), page),
      make("h3", {}, open), make("blockquote", { dir: "auto" }, shortened(passage.quote)));
  }

  /** Show a source of a turn in its article: a citation's number, or "p0" for a near passage. */
  async open(turn, key, from, back = null) {
    this.from = from;
    const { answer } = turn;
    const passage = key.startsWith("p") ? nearestTo(answer)[key.slice(1)] : citationsOf(answer).get(Number(key));
    if (!passage) return;
    this.turn = turn;
    const { article_id: article, article_version: version } = passage;
    const same = this.shown?.answer === answer && this.shown.id === `${article} ${version}`;
    if (!same) {
      const sources = sourcesIn(turn, article, version);
      const marks = [...sources].slice(0, MARKS).map(([name, { start, end }]) => [start, end, name]);
      const ask = { article, version, marks };
      const view = await this.load(ask, sources, passage, back);
      if (!view) return;
      this.shown = { answer, id: `${article} ${version}`, view };
    }
    this.raise(true);
    this.reveal(this.shown.view.show(key), this.shown.view);
  }

  /** Read an article of the index, with nothing marked. */
  async read(listed, from, back) {
    this.from = from;
    const ask = { article: listed.id, version: listed.version, marks: [] };
    const view = await this.load(ask, new Map(), listed, back);
    if (view) this.reveal(null, view);
  }

  /** Fetch and draw an article; null when it cannot be had, or something else was opened since. */
  async load(ask, sources, passage, back) {
    const title = [passage.number && `Source ${passage.number}`, origin(passage)].filter(Boolean).join(" · ");
    const waiting = make("p", { class: "fn-hint" }, "Opening the article…");
    const turn = this.turn;
    const mine = this.fill(title, [waiting], { back });
    const actions = {
      narrowTo: (article) => this.narrowTo(article),
      toStatement: (place) => this.toStatement(turn, place),
      restingOn: (number) => turn.restingOn(number),
      onRests: (statements) => turn?.markResting(statements.map(({ place }) => place)),
    };
    try {
      const article = await post("article", ask);
      if (mine !== this.latest) return null;
      const view = new ArticleView(article, sources, actions);
      this.body.replaceChildren(view.element);
      return view;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      if (mine === this.latest) this.fallBack(passage, error.message);
      return null;
    }
  }

  /** The bare quote, when its article cannot be had. */
  fallBack(passage, words) {
    const quote = passage.quote && make("blockquote", { dir: "auto" }, passage.quote);
    const title = make("h3", { tabindex: "-1", dir: "auto" }, titleOf(passage));
    const hint = make("p", { class: "fn-hint", role: "alert" }, words);
    this.body.replaceChildren(make("article", { class: "fn-article" }, title, quote, hint));
    title.focus({ preventScroll: true });
  }

  /** Scroll to a mark, or to the top, and move the focus into the article. */
  reveal(mark, view) {
    const title = view.element.querySelector("h3");
    const number = mark && view.numberOf(mark.dataset.keys.split(" ")[0]);
    (number ?? title).focus({ preventScroll: true });
    announce(mark ? `${title.textContent}: ${mark.textContent}` : title.textContent);
    if (!mark) return void this.place.scrollTo({ top: 0 });
    const { top, bottom } = mark.getBoundingClientRect();
    const above = this.place.scrollTop - this.place.getBoundingClientRect().top;
    const room = this.place.clientHeight;
    // From its heading where that leaves the mark in view, else with a third of the room above it.
    const fits = bottom + above < 0.7 * room;
    this.place.scrollTo({ top: fits ? 0 : top + above - room / 3, behavior: motion() });

  }

  toStatement(turn, place) {
    if (isNarrow()) this.raise(false);
    const claim = turn.claimAt(place);
    turn.markResting([place]);
    claim.focus({ preventScroll: true });
    bringIntoView(claim, "center");
  }

  back() {
    this.goBack?.();
    this.heading.focus({ preventScroll: true });
  }

  /** Back to the sources of the answer; the focus returns to what opened the panel. */
  close() {
    const from = this.from;
    this.from = null;
    this.turn?.markResting([]);
    this.list();
    if (from?.isConnected) {
      from.focus({ preventScroll: true });
      bringIntoView(from, "nearest");
    } else {
      this.restFocus();
    }
  }
}

/** What a turn's answer cites of one version of an article, by key. */
function sourcesIn({ answer }, article, version) {
  const isHere = ([, passage]) =>
    passage.article_id === article && passage.article_version === version;
  const cited = [...citationsOf(answer)].map(([number, citation]) => [String(number), citation]);
  const near = nearestTo(answer).map((passage, n) => [`p${n}`, passage]);
  return new Map((answer.abstained ? near : cited).filter(isHere));
}
