// Where a question is written: Gradio's own text box and button, and what stands around them.

import { button, make } from "./dom.js";

// Not dir="auto": with it Chromium takes minutes over millions of characters that are pasted.
const FROM_RIGHT = /^\P{L}*[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Nko}\p{Script=Syriac}\p{Script=Thaana}]/u;

export class Composer {
  /** `onAsk(question)` and `onStop()` are called; `filters` stand below the box. */
  constructor(parts, about, filters, { onAsk, onStop }) {
    Object.assign(this, { textarea: parts.textarea, askButton: parts.askButton, filters, onAsk });
    this.busy = false;
    this.textarea.setAttribute("aria-label", "Your question");
    this.stopButton = button({ class: "fn-stop", hidden: "" }, "Stop", onStop);
    this.askButton.after(this.stopButton);
    this.askButton.addEventListener("click", () => this.submit());
    this.textarea.addEventListener("input", () => this.turn());
    this.textarea.addEventListener("keydown", (event) => this.onKey(event), true);
    this.models = drawModels(about.models);
    this.narrow = button({ class: "fn-link", "aria-expanded": "false", "aria-controls": "fn-filters" },
      "Narrow the search", () => this.toggleFilters());
    filters.onLeft = () => this.narrow.focus();
    const label = this.models ? make("label", { class: "fn-model" }, "Answered by ", this.models) : null;
    parts.form.append(make("div", { class: "fn-below" },
      filters.chips, make("div", { class: "fn-tools" }, this.narrow, label), filters.element));
  }

  get model() {
    return this.models?.value;
  }

  onKey(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    this.submit();
  }

  /** Write from the right where the first letter is of such a script. */
  turn() {
    this.textarea.dir = FROM_RIGHT.test(this.textarea.value) ? "rtl" : "ltr";
  }

  submit() {
    const question = this.textarea.value.trim();
    if (this.filters.problem) return this.toggleFilters(true);
    if (this.busy || !question) return this.textarea.focus();
    return this.onAsk(question);
  }

  toggleFilters(open = this.filters.element.hidden) {
    this.filters.element.hidden = !open;
    this.narrow.setAttribute("aria-expanded", String(open));
  }

  setBusy(busy) {
    const left = document.activeElement === (busy ? this.askButton : this.stopButton);
    this.busy = busy;
    this.askButton.hidden = busy;
    this.stopButton.hidden = !busy;
    // What is hidden loses the focus.
    if (left) (busy ? this.stopButton : this.askButton).focus({ preventScroll: true });
  }

  /** Whether this question, and nothing else, stands in the box. */
  asks(question) {
    return this.textarea.value.trim() === question;
  }

  write(question) {
    this.textarea.value = question;
    this.textarea.dispatchEvent(new Event("input", { bubbles: true })); // Gradio keeps its own copy
  }
}

function drawModels(models) {
  if (models.length < 2) return null;
  return make("select", {}, ...models.map(({ name, label }) => make("option", { value: name }, label)));
}
