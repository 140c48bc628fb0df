
// The questions ----------------------------------------------------------------------------------

const PAGE = 50;
const titles = Object.fromEntries(data.failures.map((failure) => [failure.name, failure.title]));
const chosen = { failure: "", run: "", kind: "", words: "", differs: false };

/** What the chosen runs made of a question. */
const results = (question) =>
  question.runs.filter((made, number) => made && (chosen.run === "" || number === +chosen.run));

const outcome = (made) => (made ? made.failures.join() : "not asked");
const differs = (question) => new Set(question.runs.map(outcome)).size > 1;

function matches(question, failure) {
  if (chosen.kind && question.kind !== chosen.kind) return false;
  if (chosen.differs && !differs(question)) return false;
  if (chosen.words && !question.text.includes(chosen.words)) return false;
  const found = results(question);
  if (!found.length) return false;
  if (failure === "") return true;
  if (failure === "any") return found.some((made) => made.failures.length);
  if (failure === "none") return found.every((made) => !made.failures.length);
  return found.some((made) => made.failures.includes(failure));
}

const day = (published) => {
  if (!published) return "undated";
  const options = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  return new Date(`${published}T00:00:00Z`).toLocaleDateString("en-GB", options);
};

/** A quote in its context, with where it stands. */
function quoted(found, label, judged = null) {
  const from = [found.source, day(found.published)].filter(Boolean).join(", ");
  return make("div", { class: "quote" },
    make("cite", {}, label ? `${label} ` : "", `“${found.title}”, ${from} · ${found.place}`,
      judged ? make("span", { class: `judged ${judged[0]}` }, ` · ${judged[1]}`) : null),
    make("blockquote", {}, found.before, make("mark", {}, found.quote), found.after));
}

/** Whether a citation is right, in words. */
function judgement(cited) {
  if (!cited.exact) return ["bad", "not the article’s text"];
  if (cited.right === null) return null;
  return cited.right ? ["good", "overlaps gold"] : ["bad", "overlaps no gold"];
}

const citation = (cited) =>
  quoted(cited, cited.number === null ? "" : `[${cited.number}]`, judgement(cited));

function drawGold(question) {
  const part = make("div", {}, make("h3", {}, "Gold"));
  for (const [asked, said] of question.history) {
    part.append(make("p", { class: "soft" }, `Before: ${asked} — ${said}`));
  }
  part.append(make("p", {}, question.answerable
    ? question.answers.join(" · ") || "The set gives no short answer."
    : "The articles do not say."));
  question.gold.forEach((point, number) => {
    const several = question.gold.length > 1;
    part.append(make("h4", {}, several ? `To be cited, ${number + 1} of ${question.gold.length}`
      : "To be cited"));
    point.forEach((place, other) => part.append(quoted(place, other ? "or" : "")));
  });
  return part;
}

function drawClaim(claim) {
  return make("div", { class: `claim ${claim.verdict}` },
    make("span", { class: "words" }, claim.text),
    make("span", { class: "verdict" }, `${claim.verdict}: ${claim.reason}`),
    claim.citations.length ? claim.citations.map(citation)
      : make("p", { class: "soft" }, "Cites nothing."));
}

function drawAnswer(question, made, number) {
  const run = data.runs[number];
  const part = make("div", { class: runClass(number) },
    make("h3", {}, data.runs.length > 1 ? run.name : "Answer"), chips(made));
  if (made.error !== null) part.append(make("p", { class: "bad" }, made.error));
  if (made.text !== undefined) {
    const facts = [
      made.searched !== question.question ? `searched for “${made.searched}”` : null,
      made.confidence !== null ? `confidence ${made.confidence.toFixed(2)}` : null,
      made.seconds !== null ? figure(made.seconds, "seconds") : null,
    ].filter(Boolean);
    if (facts.length) part.append(make("p", { class: "soft" }, facts.join(" · ")));
    if (made.abstained || !made.claims.length) part.append(make("p", { class: "answer" }, made.text));
    if (made.abstained && made.claims.length) part.append(make("h4", {}, "Claims held back"));
    part.append(...made.claims.map(drawClaim));
    for (const conflict of made.conflicts) {
      part.append(make("h4", {}, `Outlets disagree on: ${conflict.about}`),
        ...conflict.versions.map(citation));
    }
    if (made.nearest.length) part.append(make("h4", {}, "Nearest passages"), ...made.nearest.map(citation));
    part.append(...made.warnings.map((warning) => make("p", { class: "soft" }, `Warning: ${warning}`)));
  }
  if (run.rivals.length) part.append(drawRivals(run, made));
  return part;
}

function drawRivals(run, made) {
  const told = made.rivals.map((failures, at) =>
    make("li", {}, `${run.rivals[at]}: ${failures.map((name) => titles[name]).join(", ") || "right"}`));
  return make("details", { class: "soft" }, make("summary", {}, "Rivals"), make("ul", {}, told));
}

/** The outcome of a run as small labels. */
function chips(made) {
  if (!made) return make("span", { class: "outcome" }, make("span", { class: "chip none" }, "not asked"));
  const found = made.failures.map((name) => make("span", { class: "chip" }, titles[name]));
  return make("span", { class: "outcome" },
    found.length ? found : make("span", { class: "chip fine" }, "✓ no failure"));
}

function drawQuestion(question, number) {
  const outcomes = question.runs.map((made, run) => {
    const shown = chips(made);
    shown.classList.add(runClass(run));
    if (data.runs.length > 1) shown.prepend(make("span", { class: "hidden" }, `${data.runs[run].name}: `));
    return shown;
  });
  const item = make("li");
  const head = make("button", {
    type: "button", class: "asked", "aria-expanded": "false", "aria-controls": `q${number}`,
  },
    make("span", {}, make("span", { class: "words" }, question.question),
      make("span", { class: "soft" }, `${question.id} · ${readable(question.kind)}`)),
    make("span", { class: "outcomes" }, outcomes));
  const body = make("div", { class: "details", id: `q${number}`, hidden: "" });
  head.addEventListener("click", () => {
    const opened = head.getAttribute("aria-expanded") !== "true";
    head.setAttribute("aria-expanded", opened);
    body.hidden = !opened;
    if (!body.hasChildNodes()) {
      body.append(drawGold(question),
        ...question.runs.flatMap((made, run) => (made ? [drawAnswer(question, made, run)] : [])));
    }
  });
  item.append(head, body);
  return item;
}

// Filters ----------------------------------------------------------------------------------------

const choices = [
  ["", "All", "Every question"],
  ["any", "Any failure", "Questions with a failure"],
  ...data.failures.map((failure) => [failure.name, failure.title, failure.help]),
  ["none", "No failure", "Questions without a failure"],
];

function drawFilters() {
  const buttons = make("fieldset", {}, make("legend", {}, "What went wrong"));
  for (const [name, title, help] of choices) {
    const button = make("button", { type: "button", title: help, "data-failure": name }, title,
      make("span", { class: "count" }));
    button.addEventListener("click", () => choose({ failure: name }));
    buttons.append(button);
  }
  const filters = byId("filters");
  filters.append(buttons);
  if (data.runs.length > 1) {
    const runs = data.runs.map((run, number) => [number, run.name]);
    filters.append(picker("Run", "run", [["", "any run"], ...runs]));
  }
  const kinds = [...new Set(data.questions.map((question) => question.kind))];
  filters.append(picker("Kind", "kind", [["", "all kinds"], ...kinds.map((kind) => [kind, readable(kind)])]));
  const words = make("input", { type: "search", autocomplete: "off" });
  words.addEventListener("input", () => choose({ words: words.value.toLowerCase() }));
  filters.append(labelled("Words of the question, or its id", "words", words));
  if (data.runs.length > 1) {
    const box = make("input", { type: "checkbox" });
    box.addEventListener("change", () => choose({ differs: box.checked }));
    filters.append(make("label", { class: "check" }, box, make("span", {}, "Only where runs differ")));
  }
  filters.addEventListener("submit", (event) => event.preventDefault());
}

function picker(label, name, options) {
  const select = make("select", {}, options.map(([value, title]) => make("option", { value }, title)));
  select.addEventListener("change", () => choose({ [name]: select.value }));
  return labelled(label, name, select);
}

function labelled(label, name, field) {
  field.id = `by-${name}`;
  return make("div", { class: "field" }, make("label", { for: field.id }, label), field);
}

function choose(changed) {
  Object.assign(chosen, changed);
  draw();
}

/** The questions that the filters leave, each with its number. */
const found = () => data.questions.map((question, number) => [question, number])
  .filter(([question]) => matches(question, chosen.failure));

function draw() {
  for (const button of document.querySelectorAll("#filters [data-failure]")) {
    const name = button.dataset.failure;
    const count = data.questions.filter((question) => matches(question, name)).length;
    button.querySelector(".count").textContent = count;
    button.setAttribute("aria-pressed", name === chosen.failure);
    // A failure that never happened is no choice.
    button.hidden = titles[name] !== undefined && !happened.has(name);
  }
  byId("list").replaceChildren();
  drawMore();
}

/** The next questions below those that are there. */
function drawMore() {
  const all = found();
  const there = byId("list").childElementCount;
  byId("list").append(...all.slice(there, there + PAGE).map((each) => drawQuestion(...each)));
  const showing = byId("list").childElementCount;
  const few = all.length < data.questions.length ? `, out of ${data.questions.length}` : "";
  byId("shown").textContent = `${showing} of ${counted(all.length, "question")} shown${few}`;
  byId("more").hidden = showing === all.length;
}

byId("more").addEventListener("click", () => {
  const next = byId("list").childElementCount;
  drawMore();
  byId("list").children[next].querySelector("button").focus();
});

const happened = new Set(data.questions.flatMap((question) =>
  question.runs.flatMap((made) => (made ? made.failures : []))));
for (const question of data.questions) {
  question.text = `${question.id} ${question.question}`.toLowerCase();
}
drawFilters();
draw();
