// The page's own script: it puts the parts together, and keeps the conversation.

import { bringIntoView, button, counted, download, make } from "./dom.js";
import { Trouble, get } from "./api.js";
import { announce } from "./announce.js";
import { Add, drawEmpty, keepPage } from "./add.js";
import { Browse } from "./browse.js";
import { Composer } from "./composer.js";
import { Filters } from "./filters.js";
import { Panel } from "./panel.js";
import { Turn } from "./turn.js";
import { conversationJson, conversationMarkdown } from "./export.js";
import { forget, keep, kept } from "./kept.js";
import { listen } from "./keys.js";

class Chat {
  constructor(parts, about) {
    this.about = about;
    this.turns = [];
    this.current = null; // the turn whose footnotes the number keys open
    this.header = parts.header;
    this.log = make("div", { class: "fn-log" });
    parts.conversation.append(this.log);
    this.filters = new Filters(about.sources);
    this.composer = new Composer(parts, about, this.filters, {
      onAsk: (question) => this.ask(question),
      onStop: () => this.running?.stop(),
    });
    this.panel = new Panel(parts.sources, {
      narrowTo: (article) => this.narrowTo(article),
      restFocus: () => this.composer.textarea.focus(),
    });
    listen({ openFootnote: (key) => this.openFootnote(key), close: () => this.closePanel() });
    keepPage();
    this.drawHeader();
    if (!this.restore()) this.drawWelcome();
  }

  drawHeader() {
    const { index, articles, allow_add: mayAdd } = this.about;
    const open = (name, action, what = null) => {
      const drawn = button({ class: "fn-link", "aria-label": what && `${name}: ${what}` }, name, () => action(drawn));
      return drawn;
    };
    const whole = "download the conversation";
    this.anew = open("New conversation", () => this.beginAnew());
    this.downloads = make("span", { class: "fn-downloads", hidden: "" }, "Download as ",
      open("Markdown", () => this.download("md", "text/markdown", conversationMarkdown), whole), " or ",
      open("JSON", () => this.download("json", "application/json", conversationJson), whole), this.anew);
    this.header.replaceChildren(
      make("h1", {}, "Footnote"),
      make("p", { class: "fn-about" }, make("strong", {}, index), ` · ${counted(articles, "article")}`),
      this.downloads,
      make("nav", { class: "fn-menu", "aria-label": "The index" },
        open("Articles", (from) => this.browse(from)),
        mayAdd ? open("Add articles", (from) => this.add(from)) : null));
  }

  drawWelcome() {
    if (!this.about.articles) return this.log.replaceChildren(drawEmpty(this.about, () => this.add()));
    const hint = "Ask a question. Each sentence of the answer is tied to the passage it comes from, and checked against it.";
    const place = make("div", { "aria-busy": "true" },
      make("p", { class: "fn-hint" }, "Looking for questions that the articles answer…"));
    this.log.replaceChildren(make("section", { class: "fn-welcome" }, make("p", {}, hint), place));
    return this.drawExamples(place);
  }

  /** The example questions, once the program has them; without them nothing is amiss. */
  async drawExamples(place) {
    let found = [];
    try {
      found = (await get("examples")).examples;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
    }
    if (!place.isConnected) return; // something was asked meanwhile
    place.setAttribute("aria-busy", "false");
    if (!found.length) return void place.replaceChildren();
    const asks = found.map((question) =>
      make("li", {}, button({ class: "fn-example", dir: "auto" }, question, () => this.ask(question))));
    place.replaceChildren(make("h2", {}, "For example"), make("ul", { class: "fn-examples" }, ...asks));
    announce(`${counted(found.length, "example question")}.`);
  }

  /** Ask a question; what it is asked of, and by which model, is as the page stands. */
  async ask(question) {
    if (this.composer.busy || !this.about.articles) return;
    const request = { question, history: this.history(), model: this.composer.model };
    if (this.filters.request) request.filters = this.filters.request;
    const turn = this.turnOf(request, this.filters.words);
    const pressed = this.log.contains(document.activeElement); // an example, which goes
    if (!this.turns.length) this.log.replaceChildren();
    this.turns.push(turn);
    this.log.append(turn.element);
    if (pressed) turn.heading.focus({ preventScroll: true });
    await this.run(turn);
  }

  turnOf(request, within) {
    return new Turn(request, within, {
      open: (which, key, from) => this.openSource(which, key, from),
      again: (which, changes) => this.again(which, changes),
      limits: this.about.limits,
      models: this.about.models,
    });
  }

  /** Draw the conversation as it was before a reload; whether there was one. */
  restore() {
    try {
      this.turns = kept(this.about.index).map(({ request, within, outcome }) => {
        const turn = this.turnOf(request, within);
        turn.restore(outcome);
        return turn;
      });
    } catch (error) {
      console.info(error); // another version of the page may have kept them
      this.turns = [];
    }
    if (!this.turns.length) return false;
    this.current = this.turns.at(-1);
    this.log.replaceChildren(...this.turns.map((turn) => turn.element));
    this.panel.list(this.current);
    this.downloads.hidden = false;
    bringIntoView(this.current.element, "start");
    return true;
  }

  beginAnew() {
    forget();
    this.turns = [];
    this.current = null;
    this.downloads.hidden = true;
    this.panel.list(null);
    this.drawWelcome();
    this.composer.textarea.focus();
  }

  /** Ask a turn's question once more, in its place, from what was said before it. */
  async again(turn, changes) {
    if (this.composer.busy) return;
    Object.assign(turn.request, { history: this.history(turn), ...changes });
    turn.heading.focus({ preventScroll: true });
    await this.run(turn);
  }

  async run(turn) {
    this.running = turn;
    this.anew.disabled = true;
    this.composer.setBusy(true);
    this.panel.list(turn);
    bringIntoView(turn.element, "start");
    await turn.run();
    this.running = null;
    this.anew.disabled = false;
    this.composer.setBusy(false);
    this.current = turn;
    if (!this.panel.isOpen) this.panel.list(turn);
    this.downloads.hidden = !this.answered().length;
    keep(this.about.index, this.turns);
    // What has been typed meanwhile stays.
    if (turn.answer && this.composer.asks(turn.request.question)) this.composer.write("");
  }

  answered() {
    return this.turns.filter((turn) => turn.answer);
  }

  /** The turns before one, as the program takes them back. */
  history(before = null) {
    const { turns, reply } = this.about.limits;
    const end = before ? this.turns.indexOf(before) : this.turns.length;
    const earlier = this.turns.slice(0, end).filter((turn) => turn.answer).slice(-turns);
    // Cut by code points: half of a surrogate pair would be refused with the next question.
    return earlier.map(({ request, answer }) =>
      [request.question, Array.from(answer.text).slice(0, reply).join("")]);
  }

  openSource(turn, key, from) {
    this.current = turn;
    this.panel.open(turn, key, from);
  }

  openFootnote(key) {
    const from = this.current?.footnote(key);
    if (from) this.openSource(this.current, key, from);
  }

  closePanel() {
    if (this.panel.isOpen) this.panel.close();
  }

  narrowTo(article) {
    this.filters.addArticle(article);
    this.panel.close();
    this.composer.textarea.focus();
  }

  browse(from) {
    const browse = new Browse(this.about.sources, (article, title) => this.panel.read(article, title, () => {
      this.panel.fill("Articles", browse.content);
      browse.go(browse.page);
    }));
    this.panel.present("Articles", browse.content, from);
    browse.go(1);
  }

  add(from = null) {
    const add = new Add(this.about.limits, () => this.refresh());
    this.panel.present("Add articles", add.content, from);
  }

  /** What the page says of the index, after something was added. */
  async refresh() {
    this.about = await get("about");
    this.header.querySelector(".fn-about").lastChild.textContent = ` · ${counted(this.about.articles, "article")}`;
    if (!this.turns.length) this.drawWelcome();
  }

  download(ending, type, write) {
    download(`footnote.${ending}`, type, write(this.answered()));
  }

  /** Ask what the page's address asks: once, and not again when the page is reloaded. */
  askFromAddress() {
    const address = new URL(location.href);
    const question = address.searchParams.get("q")?.trim();
    if (!question) return;
    address.searchParams.delete("q");
    history.replaceState(null, "", address);
    this.composer.write(question);
    this.ask(question);
  }
}

/** The parts of the page that Gradio makes, once they are all there. */
function partsOfPage() {
  const find = (selector) => document.querySelector(selector);
  const parts = {
    header: find("#footnote-header"),
    conversation: find("#footnote-conversation"),
    sources: find("#footnote-sources"),
    form: find("#footnote-form"),
    textarea: find("#footnote-question textarea"),
    askButton: find("#footnote-ask"),
  };
  return Object.values(parts).every(Boolean) ? parts : null;
}

async function start(parts) {
  let about = null;
  try {
    about = await get("about");
  } catch (error) {
    const words = error instanceof Trouble ? error.message : "The page could not start. Reload it.";
    return parts.conversation.append(make("p", { class: "fn-error", role: "alert" }, words));
  }
  const chat = new Chat(parts, about);
  document.body.dataset.footnote = "ready";
  chat.askFromAddress();
}

function whenThere() {
  const parts = partsOfPage();
  if (parts) return start(parts);
  const observer = new MutationObserver(() => {
    const found = partsOfPage();
    if (!found) return;
    observer.disconnect();
    start(found);
  });
  observer.observe(document.body, { childList: true, subtree: true });
}

whenThere();
