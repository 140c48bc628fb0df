// What can be done with an answer: copy it, link to its question, say what it was worth.

import { button, make } from "./dom.js";
import { Trouble, post } from "./api.js";
import { announce } from "./announce.js";
import { asMarkdown, asText } from "./export.js";

const SHOWN = 2_500; // ms that "Copied" stays

export function drawActions(turn, limits) {
  const { answer } = turn;
  const copies = [
    ["Copy text", "the answer with its footnotes", () => asText(answer)],
    ["Copy Markdown", "the answer with its footnotes", () => asMarkdown(answer)],
    ["Copy link", "to this question", () => linkTo(answer.question)],
  ];
  const row = make("div", { class: "fn-actions", role: "group", "aria-label": "This answer" },
    ...copies.map(([label, what, write]) => drawCopy(label, what, write)));
  const thumbs = make("div", { class: "fn-thumbs" });
  drawThumbs(turn, limits, row, thumbs);
  return [row, thumbs];
}

/** The page's own address with a question in it, which it asks when it is opened. */
export function linkTo(question) {
  const address = new URL(location.pathname, location.origin);
  address.searchParams.set("q", question);
  return address.href;
}

function drawCopy(label, what, write) {
  const drawn = button({ class: "fn-link", "aria-label": `${label}: ${what}` }, label, async () => {
    const done = await copy(write());
    drawn.textContent = done ? "Copied" : "Not copied";
    announce(drawn.textContent);
    setTimeout(() => { drawn.textContent = label; }, SHOWN);
  });
  return drawn;
}

/** Put a text into the clipboard; false where the browser does not let us. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text); // there is none on a page without TLS
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text) {
  const focused = document.activeElement;
  const area = make("textarea", { class: "fn-spoken", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return done;
}

function drawThumbs(turn, limits, row, place) {
  const thumbs = ["up", "down"].map((thumb) => {
    const name = thumb === "up" ? "A good answer" : "A bad answer";
    const attributes = { class: `fn-thumb fn-thumb-${thumb}`, "aria-label": name, "aria-pressed": "false" };
    const drawn = button(attributes, drawThumb(), () => {
      for (const other of thumbs) other.setAttribute("aria-pressed", String(other === drawn));
      place.replaceChildren(drawNote(turn, thumb, limits, thumbs, place));
      place.querySelector("input").focus();
    });
    return drawn;
  });
  row.append(make("span", { class: "fn-thumb-pair" }, ...thumbs));
}

function drawThumb() {
  const svg = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const drawn = svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" });
  drawn.append(svg("path", { d: "M7 10.5 11 3c1.7 0 2.8 1.2 2.5 2.9L12.8 9.5H19a2 2 0 0 1 2 2.4l-1.3 6.5a2 2 0 0 1-2 1.6H7zM7 10.5H3.5V20H7z" }));
  return drawn;
}

function drawNote(turn, thumb, limits, thumbs, place) {
  const what = thumb === "up" ? "What was good about it?" : "What was wrong with it?";
  const input = make("input", { type: "text", maxlength: limits.note, placeholder: "You may leave this empty" });
  const form = make("form", { class: "fn-note" }, make("label", {}, make("span", {}, what), input),
    make("button", { type: "submit", class: "fn-button" }, "Send"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await post("feedback", feedbackOf(turn.answer, thumb, input.value.trim(), limits));
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      form.append(make("p", { class: "fn-trouble", role: "alert" }, error.message));
      return;
    }
    for (const drawn of thumbs) drawn.disabled = true;
    place.replaceChildren(make("p", { class: "fn-hint", role: "status" }, "Thank you. It is kept beside the index, on this program's machine."));
  });
  return form;
}

function feedbackOf(answer, thumb, note, limits) {
  const { question, searched_for, text, model } = answer;
  const said = Array.from(text).slice(0, limits.answer).join("");
  return { question, searched_for, answer: said, model, thumb, note };
}
