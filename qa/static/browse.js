// What is in the index: searched by title, narrowed by day and outlet, read article by article.

import { button, counted, day, field, make, titleOf } from "./dom.js";
import { Trouble, get } from "./api.js";

const PAUSE = 250; // ms without a key, before a search

export class Browse {
  /** `read(article, from)` opens one. */
  constructor(sources, read) {
    this.read = read;
    this.page = 1;
    this.latest = 0;
    this.search = make("input", { type: "search", autocomplete: "off" });
    this.since = make("input", { type: "date" });
    this.until = make("input", { type: "date" });
    const outlets = sources.map(({ name }) => make("option", { value: name }, name));
    this.source = make("select", {}, make("option", { value: "" }, "All outlets"), ...outlets);
    this.count = make("p", { class: "fn-found", role: "status" });
    this.list = make("ol", { class: "fn-articles" });
    this.pager = make("nav", { class: "fn-pager", "aria-label": "Pages" });
    const form = make("form", { class: "fn-browse", role: "search" },
      field("Words of the title", this.search), field("Outlet", this.source),
      make("div", { class: "fn-fields" }, field("From", this.since), field("Until", this.until)));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.go(1), PAUSE);
    });
    this.content = [form, this.count, this.list, this.pager];
  }

  async go(page) {
    this.latest += 1;
    const mine = this.latest;
    const query = {
      search: this.search.value.trim(),
      since: this.since.value,
      until: this.until.value,
      source: this.source.value,
      page,
    };
    try {
      const found = await get("articles", query);
      if (mine === this.latest) this.draw(found);
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      if (mine === this.latest) this.count.textContent = error.message;
    }
  }

  draw({ total, page, pages, articles }) {
    this.page = page;
    this.count.textContent = total ? counted(total, "article") : "No article is like that.";
    this.list.replaceChildren(...articles.map((article) => this.drawArticle(article)));
    const turn = (label, to) => button({ class: "fn-link" }, label, () => this.go(to));
    const newer = page > 1 ? turn("‹ Newer", page - 1) : null;
    const older = page < pages ? turn("Older ›", page + 1) : null;
    const where = make("span", {}, `Page ${page} of ${pages}`);
    this.pager.replaceChildren(...[newer, where, older].filter(Boolean));
    this.pager.hidden = pages < 2;
  }

  drawArticle(article) {
    const title = button({ class: "fn-source-title", dir: "auto" }, titleOf(article),
      () => this.read(article, title));
    const outlet = article.source ? make("strong", {}, article.source) : null;
    return make("li", {},
      make("p", { class: "fn-where" }, outlet, make("span", {}, day(article.published))),
      make("h3", {}, title));
  }
}
