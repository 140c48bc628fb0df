// The page's own script: it asks through the Gradio API and draws what comes back.

import { drawAnswer } from "./answer.js";
import { bringIntoView, make } from "./dom.js";
import { Panel } from "./panel.js";

const ROOT = new URL("../../", import.meta.url);

/** Something to tell the reader, in a plain sentence. */
class Trouble extends Error {}

async function call(path, options) {
  try {
    return await fetch(new URL(path, ROOT), options);
  } catch {
    throw new Trouble("The program does not answer. Is it still running?");
  }
}

/** One question, through Gradio's queue; the Answer as JSON. Throws Trouble. */
async function ask(question, history) {
  const joined = await call("gradio_api/call/ask", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ data: [question, history] }),
  });
  if (joined.status === 503) {
    throw new Trouble("Too many questions are waiting. Try again in a moment.");
  }
  if (!joined.ok) throw new Trouble(`The question was refused (${joined.status}).`);
  const { event_id: id } = await joined.json();
  const events = await (await call(`gradio_api/call/ask/${id}`)).text();
  return outcome(events);
}

/** The answer in a finished stream of server-sent events. */
function outcome(events) {
  for (const event of events.split("\n\n")) {
    const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(event) ?? [];
    if (name === "complete") return JSON.parse(data)[0];
    if (name === "error") {
      throw new Trouble(JSON.parse(data)?.error ?? "The question could not be answered.");
    }
  }
  throw new Trouble("The program stopped before it had answered.");
}

class Chat {
  constructor(parts, about) {
    this.textarea = parts.textarea;
    this.askButton = parts.askButton;
    this.limits = about.limits;
    this.history = [];
    this.busy = false;
    const spoken = { role: "log", "aria-live": "polite", "aria-label": "Conversation" };
    this.log = make("div", { class: "fn-log", ...spoken });
    parts.conversation.append(this.log);
    this.panel = new Panel(ROOT, parts.sources);
    this.textarea.setAttribute("aria-label", "Your question");
    this.askButton.addEventListener("click", () => this.submit());
    this.textarea.addEventListener("keydown", (event) => this.onKey(event), true);
  }

  onKey(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    this.submit();
  }

  async submit() {
    const question = this.textarea.value.trim();
    if (this.busy || !question) return this.textarea.focus();
    this.setBusy(true);
    const turn = make("section", { class: "fn-turn" }, make("h2", { class: "fn-asked" }, question));
    const waiting = make("p", { class: "fn-waiting" }, "Looking…");
    turn.append(waiting);
    this.log.append(turn);
    bringIntoView(turn, "start");
    try {
      const answer = await ask(question, this.history);
      waiting.replaceWith(drawAnswer(answer, (key, from) => this.panel.open(answer, key, from)));
      this.panel.show(answer);
      this.remember(question, answer.text);
      this.clearQuestion();
    } catch (error) {
      if (!(error instanceof Trouble)) console.error(error);
      const words = error instanceof Trouble ? error.message : "The answer could not be shown.";
      waiting.replaceWith(make("p", { class: "fn-error", role: "alert" }, words));
    }
    this.setBusy(false);
    // A button loses the focus when it is disabled.
    if (document.activeElement === document.body) this.askButton.focus({ preventScroll: true });
    bringIntoView(turn, "start");
  }

  remember(question, text) {
    // Cut by code points: half of a surrogate pair would be refused with the next question.
    const reply = Array.from(text).slice(0, this.limits.reply).join("");
    this.history.push([question, reply]);
    this.history = this.history.slice(-this.limits.turns);
  }

  setBusy(busy) {
    this.busy = busy;
    this.askButton.disabled = busy;
    this.log.setAttribute("aria-busy", String(busy));
  }

  clearQuestion() {
    this.textarea.value = "";
    this.textarea.dispatchEvent(new Event("input", { bubbles: true })); // Gradio keeps its own copy
  }
}

function drawHeader(place, about) {
  const count = about.articles.toLocaleString("en");
  const articles = about.articles === 1 ? "1 article" : `${count} articles`;
  const adding = about.add ? [" · add your own with ", make("code", {}, about.add)] : [];
  place.append(
    make("h1", {}, "Footnote"),
    make("p", { class: "fn-about" }, make("strong", {}, about.index), ` · ${articles}`, ...adding),
  );
}

/** The parts of the page that Gradio makes, once they are all there. */
function partsOfPage() {
  const find = (selector) => document.querySelector(selector);
  const parts = {
    header: find("#footnote-header"),
    conversation: find("#footnote-conversation"),
    sources: find("#footnote-sources"),
    textarea: find("#footnote-question textarea"),
    askButton: find("#footnote-ask"),
  };
  return Object.values(parts).every(Boolean) ? parts : null;
}

async function start(parts) {
  let about = null;
  try {
    about = await (await call("footnote/about")).json();
  } catch (error) {
    const words = error instanceof Trouble ? error.message : "The page could not start. Reload it.";
    return parts.conversation.append(make("p", { class: "fn-error", role: "alert" }, words));
  }
  drawHeader(parts.header, about);
  new Chat(parts, about);
  document.body.dataset.footnote = "ready";
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
