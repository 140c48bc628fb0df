
// The runs and the tables ------------------------------------------------------------------------

function drawHead() {
  const questions = data.questions.length;
  const open = data.questions.filter((q) => !q.answerable).length;
  byId("about").textContent =
    `${data.set}: ${counted(questions, "question")}, ${open} of them unanswerable. ${data.about}`;
  document.title = `Eval report: ${data.set}`;
  data.runs.forEach((run, number) => {
    const made = Object.entries(run.fingerprints).map(([name, value]) => `${name} ${value}`);
    const about = [run.model || run.own, run.created.replace("T", " ").replace("Z", " UTC")];
    byId("runs").append(make("li", { class: runClass(number) },
      make("strong", {}, run.name),
      make("span", { class: "soft" }, about.filter(Boolean).join(", ")),
      made.length ? make("details", { class: "soft" },
        make("summary", {}, "Fingerprints"), made.join(", ")) : null));
  });
}

/** A number as its unit is read. */
function figure(value, unit) {
  if (unit === "share") return (100 * value).toFixed(1);
  if (unit === "seconds") return Math.abs(value) < 1 ? `${(1000 * value).toFixed(0)} ms` : `${value.toFixed(1)} s`;
  if (unit === "count") return value.toFixed(1);
  return Math.round(value).toLocaleString("en");
}

function cell(found, unit, signed) {
  if (found === null) return make("td", {}, "–");
  const [mean, low, high, n] = found;
  const read = (value) => (signed && value > 0 ? "+" : "") + figure(value, unit).replace("-", "−");
  const sure = signed && (low > 0 || high < 0);
  return make("td", { title: `over ${counted(n, "question")}` },
    make(sure ? "strong" : "span", {}, read(mean)),
    make("small", {}, `[${read(low)}, ${read(high)}]`));
}

function row(given, columns) {
  const run = data.runs[given.run];
  const several = run && !given.rival && data.runs.length > 1;
  return make("tr", { class: given.rival ? "rival" : run ? runClass(given.run) : null },
    make("th", { scope: "row" }, several ? `${run.name}: ${given.name}` : given.name),
    given.cells.map((found, at) => cell(found, given.unit ?? columns[at].unit, columns[at].signed)));
}

function drawTable(table) {
  const unit = (column) => (column.unit === "share" ? `${column.title}\u00a0%` : column.title);
  const body = make("tbody");
  let group = null;
  for (const given of table.rows) {
    if (given.group !== undefined && given.group !== group) {
      group = given.group;
      body.append(make("tr", { class: "group" },
        make("th", { scope: "rowgroup", colspan: table.columns.length + 1 },
          `${readable(group)}, ${counted(given.n, "question")}`)));
    }
    body.append(row(given, table.columns));
  }
  const head = make("tr", {}, make("th", { scope: "col" }, table.rows[0].unit ? "measure" : "system"),
    table.columns.map((column) => make("th", { scope: "col" }, unit(column))));
  byId("tables").append(make("div", { class: "tables-one" },
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": table.title },
      make("table", {}, make("caption", {}, table.title), make("thead", {}, head), body)),
    make("p", { class: "note" }, table.note)));
}

drawHead();
data.tables.forEach(drawTable);
