"use strict";

// Text of articles, models and people goes in as text nodes, never as HTML.

const data = JSON.parse(document.getElementById("data").textContent);

/** An element with attributes and children; strings become text nodes, null is left out. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const byId = (id) => document.getElementById(id);
const runClass = (number) => `run-${number % 6}`;
const readable = (name) => name.replaceAll("_", " ");

/** How many, and of what: "1 question", "2 questions". */
const counted = (n, what) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
