// Articles by upload or paste, where the program was started with --allow-add.

import { bringIntoView, button, counted, field, make } from "./dom.js";
import { Trouble, stream } from "./api.js";

/** A file that is dropped beside the place for files is left alone: the browser would open it in
 *  the page's stead, and the conversation would be gone. */
export function keepPage() {
  for (const name of ["dragover", "drop"]) {
    addEventListener(name, (event) => {
      if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "none";
    });
  }
}

export class Add {
  /** `onAdded()` is called when the index has changed. */
  constructor(limits, onAdded) {
    this.limits = limits;
    this.onAdded = onAdded;
    this.busy = false;
    this.files = make("input", { type: "file", multiple: "" });
    this.progress = make("progress", { "aria-label": "Reading the articles", hidden: "" });
    this.status = make("div", { class: "fn-report", role: "status" });
    this.content = [this.drawUpload(), this.drawPaste()];
  }

  drawUpload() {
    this.files.addEventListener("change", () => this.files.files.length && this.upload(this.files.files));
    const drop = make("div", { class: "fn-drop" },
      field("Choose files, or drop them here", this.files),
      make("p", { class: "fn-hint" }, "Text, Markdown, HTML, PDF, Word, mail, feeds, tables, zips."));
    for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
      drop.addEventListener(name, (event) => {
        event.preventDefault();
        drop.classList.toggle("fn-over", name === "dragenter" || name === "dragover");
        if (name === "drop" && event.dataTransfer.files.length) this.upload(event.dataTransfer.files);
      });
    }
    return make("section", {}, make("h3", {}, "Files"), drop, this.progress, this.status);
  }

  drawPaste() {
    const inputs = {
      title: make("input", { type: "text", maxlength: 500, required: "" }),
      source: make("input", { type: "text", maxlength: 200 }),
      published: make("input", { type: "date" }),
      url: make("input", { type: "url", maxlength: 2000, placeholder: "https://" }),
      text: make("textarea", { rows: 8, required: "" }), // too long a one is refused, not cut
    };
    const form = make("form", { class: "fn-paste" },
      field("Title", inputs.title),
      make("div", { class: "fn-fields" }, field("Outlet", inputs.source), field("Published", inputs.published)),
      field("Address", inputs.url), field("Text", inputs.text),
      make("button", { type: "submit", class: "fn-button" }, "Add this article"));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const filled = Object.entries(inputs).filter(([, input]) => input.value.trim());
      const added = await this.send(Object.fromEntries(filled.map(([name, input]) => [name, input.value])));
      if (added) form.reset();
    });
    return make("section", {}, make("h3", {}, "Or paste one"), form);
  }

  async upload(files) {
    const { files: most, upload_bytes: bytes } = this.limits;
    const size = [...files].reduce((sum, file) => sum + file.size, 0);
    if (files.length > most) return this.tell(`${counted(files.length, "file")}: at most ${most} can be added at once.`);
    if (size > bytes) return this.tell(`Together they have ${megabytes(size)}; the limit is ${megabytes(bytes)}.`);
    const form = new FormData();
    for (const file of files) form.append("files", file, file.name);
    await this.send(form);
    this.files.value = "";
    return null;
  }

  /** Send something to be added; whether the program reported on it. */
  async send(body) {
    if (this.busy) return false;
    this.busy = true;
    this.progress.hidden = false;
    this.progress.removeAttribute("value");
    this.tell("Sending…");
    try {
      for await (const event of stream("add", body)) this.on(event);
      return true;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      this.tell(error.message);
      return false;
    } finally {
      this.busy = false;
      this.progress.hidden = true;
    }
  }

  on(event) {
    if (event.event === "progress") {
      this.progress.max = event.total;
      this.progress.value = event.done;
      this.tell(`${event.done} of ${event.total}: ${event.name}`);
    } else if (event.event === "report") {
      this.report(event);
      this.onAdded();
    } else if (event.event === "error") {
      throw new Trouble(event.message);
    }
  }

  report({ added, updated, unchanged, skipped }) {
    const parts = [`${counted(added, "article")} added`];
    if (updated) parts.push(`${updated} updated`);
    if (unchanged) parts.push(`${unchanged} unchanged`);
    if (skipped.length) parts.push(`${skipped.length} skipped`);
    const reasons = skipped.map(({ name, reason }) =>
      make("li", { dir: "auto" }, make("strong", {}, name), `: ${reason}`));
    this.tell(`${parts.join(", ")}.`, reasons.length ? make("ul", { class: "fn-skipped" }, ...reasons) : null);
  }

  tell(words, more = null) {
    this.status.replaceChildren(...[make("p", {}, words), more].filter(Boolean));
    bringIntoView(this.status, "nearest"); // what was pasted is sent from below it
  }
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** How to add articles, where the index is empty: by the page, by a command, or by who runs it. */
export function drawEmpty(about, openAdd) {
  const ways = [];
  if (about.allow_add) ways.push(button({ class: "fn-button" }, "Add articles", openAdd));
  if (about.add) {
    const how = make("pre", { tabindex: "0", "aria-label": "The command" }, make("code", {}, about.add));
    ways.push(make("p", {}, "On the command line:"), how);
  }
  if (!ways.length) ways.push(make("p", {}, "Whoever runs this program can add some."));
  return make("section", { class: "fn-empty" },
    make("h2", {}, "There are no articles yet"),
    make("p", {}, "Footnote answers from the articles that you give it, and from nothing else."), ...ways);
}
