// One question and what comes of it: what is searched, what is found, each statement once checked.

import { bringIntoView, button, counted, make } from "./dom.js";
import { Trouble, stream } from "./api.js";
import { announce } from "./announce.js";
import { DOUBT, describe, drawAnswer, tallyOf } from "./answer.js";
import { composed, drawText } from "./claims.js";
import { drawActions } from "./actions.js";

export class Turn {
  /**
   * `request` is what is asked, as the program takes it; `within` its filters in words.
   * `open(turn, key, from)` shows a source; `again(turn, changes)` asks once more.
   */
  constructor(request, within, { open, again, limits, models }) {
    this.request = request;
    this.within = within;
    this.open = (key, from) => open(this, key, from);
    this.again = again;
    this.limits = limits;
    this.models = models;
    this.answer = null;
    this.body = make("div", { class: "fn-answer" });
    this.progress = make("p", { class: "fn-progress" });
    this.heading = make("h2", { class: "fn-asked", dir: "auto", tabindex: "-1" }, request.question);
    const only = within ? make("p", { class: "fn-within", dir: "auto" }, `Only ${within}`) : null;
    this.element = make("section", { class: "fn-turn" },
      this.heading, drawWhole(this.heading), only, this.progress, this.body);
    this.clear();
  }

  clear() {
    this.answer = null;
    this.outcome = null; // the answer with what it took, where it came to its end
    this.claims = [];
    this.searchedFor = this.request.searched_for ?? this.request.question;
    this.passages = [];
    this.body.replaceChildren();
  }

  /** Ask, and draw what comes. Always ends; afterwards `answer` is there, unless it failed. */
  async run() {
    this.clear();
    this.tell("Searching the articles…");
    this.aborter = new AbortController();
    this.element.setAttribute("aria-busy", "true");
    try {
      for await (const event of stream("ask", this.request, this.aborter.signal)) this.on(event);
      if (!this.answer) throw new Trouble("The program stopped before it had answered.");
    } catch (error) {
      if (this.aborter.signal.aborted) this.end("You stopped this answer.");
      else if (error instanceof Trouble) this.end(error.message, true);
      else {
        console.error(error);
        this.end("The answer could not be shown.", true);
      }
    }
    this.element.setAttribute("aria-busy", "false");
  }

  stop() {
    this.aborter?.abort();
  }

  on(event) {
    if (event.event === "searched") this.onSearched(event.searched_for);
    else if (event.event === "found") this.onFound(event.passages);
    else if (event.event === "claim") this.onClaim(event.claim);
    else if (event.event === "answer") this.onAnswer(event);
    else if (event.event === "error") throw new Trouble(event.message);
  }

  onSearched(searchedFor) {
    this.searchedFor = searchedFor;
    this.tell(`Searching for “${searchedFor}”`);
  }

  onFound(passages) {
    this.passages = passages;
    const articles = new Set(passages.map((passage) => passage.article_id)).size;
    const outlets = [...new Set(passages.map((passage) => passage.source).filter(Boolean))];
    const from = outlets.length ? `, from ${outlets.slice(0, 3).join(", ")}${outlets.length > 3 ? " and others" : ""}` : "";
    this.tell(passages.length
      ? `Found ${counted(passages.length, "passage")} in ${counted(articles, "article")}${from}. Reading…`
      : "Found nothing that is near.");
  }

  /** Draw a statement as soon as it is checked, behind those before it. */
  onClaim(claim) {
    this.claims.push(claim);
    this.answer = this.partial([]);
    const drawn = drawText(this.answer, this.open);
    const text = this.body.querySelector(".fn-text");
    if (text) text.append(...[...drawn.childNodes].slice(text.childNodes.length));
    else this.body.append(drawn);
    this.progress.textContent = `${counted(this.claims.length, "statement")} checked so far…`;
  }

  /** What has come so far, in the shape of an Answer. */
  partial(warnings) {
    const { question } = this.request;
    const none = { conflicts: [], abstained: false, usage: {}, timings: {}, raw: null, doubtful: false };
    return { question, searched_for: this.searchedFor, passages: this.passages, warnings,
      model: this.request.model ?? this.models[0].name, ...composed(this.claims), ...none };
  }

  onAnswer({ answer, seconds, cost }) {
    this.finish(answer, seconds, cost);
    this.outcome = { answer, seconds, cost };
  }

  /** Draw an answer that came before the page was reloaded. */
  restore(outcome) {
    this.outcome = outcome;
    this.draw(outcome.answer, outcome.seconds, outcome.cost);
  }

  draw(answer, seconds, cost) {
    this.answer = answer;
    this.progress.hidden = true;
    const origin = make("p", { class: "fn-origin" }, `${describe(answer, seconds, cost, this.models)}.`);
    this.body.classList.toggle("fn-abstained", answer.abstained);
    this.body.replaceChildren(...[this.drawSearchedFor(), ...drawAnswer(answer, this.open), origin,
      ...drawActions(this, this.limits)].filter(Boolean));
  }

  finish(answer, seconds = null, cost = null) {
    const focused = document.activeElement?.closest(".fn-answer") === this.body
      ? document.activeElement.dataset.number : null;
    this.draw(answer, seconds, cost);
    if (focused) this.footnote(focused)?.focus({ preventScroll: true });
    const tally = answer.claims.length && !answer.abstained ? ` ${tallyOf(answer.claims).join(", ")}.` : "";
    announce(`${answer.doubtful ? DOUBT : "Answer:"} ${answer.text}${tally}`);
  }

  /** An end before the end: what was checked stays, and why nothing follows is said. */
  end(words, failed = false) {
    if (this.claims.length) this.finish(this.partial([]));
    else this.answer = null;
    this.progress.hidden = true;
    const kept = this.claims.length ? ` ${counted(this.claims.length, "statement")} had been checked.` : "";
    const note = make("div", { class: failed ? "fn-error" : "fn-stopped", role: failed ? "alert" : null },
      make("p", {}, `${words}${kept}`),
      button({ class: "fn-link" }, "Ask again", () => this.again(this, {})));
    const text = this.body.querySelector(".fn-text");
    if (text) text.after(note);
    else this.body.append(note);
    if (!failed) announce(`${words}${kept}`);
  }

  /** How the question was understood, where that is not as it was asked; it can be corrected. */
  drawSearchedFor() {
    if (this.answer.searched_for === this.answer.question) return null;
    const line = make("div", { class: "fn-searched" });
    const words = make("p", { dir: "auto" }, "Searched for: ", make("q", {}, this.answer.searched_for), " ");
    words.append(button({ class: "fn-link" }, "Correct it", () => this.correct(line)));
    line.append(words);
    return line;
  }

  correct(line) {
    const input = make("input", { type: "text", "aria-label": "Search for this instead" });
    input.value = this.answer.searched_for;
    const form = make("form", {}, input,
      make("button", { type: "submit", class: "fn-button" }, "Search again"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const searched_for = input.value.trim();
      if (searched_for) this.again(this, { searched_for });
    });
    line.replaceChildren(form);
    input.focus();
  }

  tell(words) {
    this.progress.hidden = false;
    this.progress.textContent = words;
    announce(words);
  }

  footnote(key) {
    return this.body.querySelector(`[data-number="${CSS.escape(key)}"]`);
  }

  claimAt(place) {
    return this.body.querySelector(`[data-claim="${Number(place)}"]`) ?? this.heading;
  }

  /** The statements that rest on a citation, with their places in the answer. */
  restingOn(number) {
    const statements = this.answer.claims.map((claim, place) => ({ claim, place }));
    return statements.filter(({ claim }) => claim.citations.some((each) => each.number === number));
  }

  /** Mark the statements at these places as those that rest on what is shown. */
  markResting(places) {
    const claims = [...this.body.querySelectorAll(".fn-claim")];
    for (const claim of claims) {
      claim.classList.toggle("fn-resting", places.includes(Number(claim.dataset.claim)));
    }
    const first = claims.find((claim) => claim.classList.contains("fn-resting"));
    if (first) bringIntoView(first, "nearest");
  }
}

/** What shows a long question whole; it is there while the style cuts the heading. */
function drawWhole(heading) {
  const drawn = button({ class: "fn-link fn-whole-asked", "aria-expanded": "false", hidden: "" }, "Show all", () => {
    const whole = heading.classList.toggle("fn-all");
    drawn.textContent = whole ? "Show less" : "Show all";
    drawn.setAttribute("aria-expanded", String(whole));
  });
  new ResizeObserver(() => {
    if (!heading.classList.contains("fn-all")) drawn.hidden = heading.scrollHeight <= heading.clientHeight + 1;
  }).observe(heading);
  return drawn;
}
