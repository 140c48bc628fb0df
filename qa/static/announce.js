// What a screen reader is told while the focus stays where it is.

import { make } from "./dom.js";

const place = make("p", { class: "fn-spoken", role: "status" });
document.body.append(place);

export function announce(text) {
  place.textContent = text;
}
