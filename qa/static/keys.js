// Number keys open footnotes of the answer that was read last; Esc closes what is open.

import { hideTip } from "./tip.js";

const PAUSE = 600; // ms in which another digit belongs to the same number

export function listen({ openFootnote, close }) {
  let digits = "";
  let timer = null;
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return void (hideTip() || close());
    if (!/^\d$/.test(event.key) || isTyping(event.target)) return;
    digits += event.key;
    clearTimeout(timer);
    timer = setTimeout(() => { digits = ""; }, PAUSE);
    openFootnote(digits);
  });
}

function isTyping(element) {
  return element.matches?.("input, textarea, select, [contenteditable]") ?? false;
}
