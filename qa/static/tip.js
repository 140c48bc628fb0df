// A few words beside what is pointed at or has the focus. Its words are in the element's name too.

import { make } from "./dom.js";

const tip = make("div", { class: "fn-tip", "aria-hidden": "true", hidden: "" });
document.body.append(tip);
let owner = null;

/** Show `text` beside an element while it is pointed at or has the focus; what shows it. */
export function explain(element, text) {
  const show = () => showTip(element, text);
  element.addEventListener("mouseenter", show);
  element.addEventListener("focus", () => element.matches(":focus-visible") && show());
  for (const event of ["mouseleave", "blur", "click"]) element.addEventListener(event, hideTip);
  return show;
}

/** Hide it; whether one was shown. */
export function hideTip() {
  const shown = !tip.hidden;
  tip.hidden = true;
  owner = null;
  return shown;
}

function showTip(element, text) {
  owner = element;
  tip.textContent = text;
  tip.hidden = false;
  const at = element.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = tip;
  const left = Math.min(at.left + at.width / 2 - width / 2, innerWidth - width - 8);
  const above = at.top - height - 8;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${above < 8 ? at.bottom + 8 : above}px`;
}

addEventListener("scroll", () => owner && hideTip(), { capture: true, passive: true });
