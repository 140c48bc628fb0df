// Which articles are asked: between days, of some outlets, or only some of them.

import { button, counted, day, field, make } from "./dom.js";

const CHOICES = 200; // outlets, or articles, that the program takes at once

export class Filters {
  constructor(sources) {
    this.since = make("input", { type: "date" });
    this.until = make("input", { type: "date" });
    this.outlets = new Set();
    this.articles = new Map(); // id -> title
    this.boxes = sources.map((source) => this.drawOutlet(source));
    this.chips = make("ul", { class: "fn-chips", "aria-label": "Only these are asked" });
    const clear = button({ class: "fn-link" }, "Ask everything", () => this.clear());
    this.trouble = make("p", { class: "fn-trouble", role: "alert" });
    const outlets = this.boxes.length
      ? make("fieldset", {}, make("legend", {}, "Outlets"),
        make("div", { class: "fn-outlets" }, ...this.boxes.map(({ label }) => label))) : null;
    this.element = make("div", { class: "fn-filters", id: "fn-filters", hidden: "" },
      make("div", { class: "fn-fields" }, field("From", this.since), field("Until", this.until)),
      this.trouble, outlets, clear);
    for (const input of [this.since, this.until]) {
      input.addEventListener("change", () => this.draw());
    }
    this.draw();
  }

  drawOutlet({ name, articles }) {
    const box = make("input", { type: "checkbox" });
    box.addEventListener("change", () => {
      if (box.checked) this.outlets.add(name);
      else this.outlets.delete(name);
      this.draw();
    });
    const count = make("span", { class: "fn-count" }, counted(articles, "article"));
    return { name, box, label: make("label", { dir: "auto" }, box, ` ${name} `, count) };
  }

  /** Ask this article too, and none that is not named. */
  addArticle({ id, title }) {
    this.articles.set(id, title);
    this.draw();
  }

  clear() {
    this.since.value = "";
    this.until.value = "";
    this.outlets.clear();
    this.articles.clear();
    for (const { box } of this.boxes) box.checked = false;
    this.draw();
  }

  /** What is wrong with them, in words; "" when nothing is. */
  get problem() {
    const { since, until } = this;
    if (since.value && until.value && since.value > until.value) {
      return "“From” is after “until”: no article can be between them.";
    }
    const most = Math.max(this.outlets.size, this.articles.size);
    return most > CHOICES ? `At most ${CHOICES} outlets or articles can be chosen.` : "";
  }

  /** As the program takes them; null when everything is asked. */
  get request() {
    const filters = {};
    if (this.since.value) filters.since = this.since.value;
    if (this.until.value) filters.until = this.until.value;
    if (this.outlets.size) filters.sources = [...this.outlets];
    if (this.articles.size) filters.articles = [...this.articles.keys()];
    return Object.keys(filters).length ? filters : null;
  }

  /** Each part in words, with what takes it away. */
  get parts() {
    const clear = (input) => () => { input.value = ""; };
    const drop = (name) => () => {
      this.outlets.delete(name);
      this.boxes.find((each) => each.name === name).box.checked = false;
    };
    const { since, until } = this;
    return [
      ...(since.value ? [[`from ${day(since.value)}`, clear(since)]] : []),
      ...(until.value ? [[`until ${day(until.value)}`, clear(until)]] : []),
      ...[...this.outlets].map((name) => [name, drop(name)]),
      ...[...this.articles].map(([id, title]) => [`“${title}”`, () => this.articles.delete(id)]),
    ];
  }

  get words() {
    return this.parts.map(([words]) => words).join(", ");
  }

  draw() {
    this.trouble.textContent = this.problem;
    const chips = this.parts.map(([words, remove]) => {
      const take = button({ "aria-label": `Remove: ${words}` }, "✕", () => {
        remove();
        this.draw();
        this.onLeft?.();
      });
      return make("li", { dir: "auto" }, make("span", {}, words), take);
    });
    this.chips.replaceChildren(...chips);
    this.chips.hidden = !chips.length;
  }
}
