// The conversation, kept in this tab: a reload draws it again, and asks nothing.

const NAME = "footnote-conversation";
const MOST = 1_000_000; // UTF-16 units of JSON; browsers give some five million

/** Keep what came of these turns, of a long conversation its end. */
export function keep(index, turns) {
  const done = turns.filter(({ outcome }) => outcome).map(({ request, within, outcome }) =>
    // What was said before it is the turns before it.
    ({ request: { ...request, history: [] }, within, outcome }));
  let room = MOST;
  const first = done.findLastIndex((turn) => (room -= JSON.stringify(turn).length) < 0);
  try {
    sessionStorage.setItem(NAME, JSON.stringify({ index, turns: done.slice(first + 1) }));
  } catch {
    // A browser may keep nothing, or have no room.
  }
}

/** The turns that were kept before a reload; none where the page was opened anew. */
export function kept(index) {
  if (performance.getEntriesByType("navigation")[0]?.type === "navigate") forget();
  try {
    const found = JSON.parse(sessionStorage.getItem(NAME));
    return found?.index === index ? found.turns : [];
  } catch {
    return [];
  }
}

export function forget() {
  try {
    sessionStorage.removeItem(NAME);
  } catch {
    // Then there is nothing.
  }
}
