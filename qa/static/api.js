// Talking to the program: JSON in, JSON out, and answers that come a line at a time.

const ROOT = new URL("../../footnote/", import.meta.url);

const SILENCE = 45_000; // ms; the program gives a sign of life every ten seconds

/** Something to tell the reader, in a plain sentence. */
export class Trouble extends Error {}

const GONE = "The program does not answer. Is it still running?";

async function call(path, options = {}) {
  let response = null;
  try {
    response = await fetch(new URL(path, ROOT), options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Trouble(GONE);
  }
  if (!response.ok) throw new Trouble(await reasonOf(response));
  return response;
}

async function reasonOf(response) {
  try {
    const { detail, message } = await response.json(); // a line of a stream has a message
    if (typeof (detail ?? message) === "string") return detail ?? message;
  } catch {
    // What stands between us and the program may answer in its own way.
  }
  return `The program refused this (status ${response.status}).`;
}

/** What a GET gives, as JSON. `query`: names and values; empty ones are left out. */
export async function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value != null);
  return (await call(`${path}?${new URLSearchParams(given)}`)).json();
}

function asJson(body) {
  const headers = { "Content-Type": "application/json" };
  return { method: "POST", headers, body: JSON.stringify(body) };
}

/** What a POST of JSON gives, as JSON; null where it gives nothing. */
export async function post(path, body) {
  const response = await call(path, asJson(body));
  return response.status === 204 ? null : response.json();
}

/**
 * The events of a POST, as they come. `body` is FormData, or becomes JSON. Throws Trouble, or what
 * fetch throws when `signal` is aborted.
 */
export async function* stream(path, body, signal) {
  const options = body instanceof FormData ? { method: "POST", body } : asJson(body);
  const response = await call(path, { ...options, signal });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let held = "";
  try {
    for (;;) {
      const { value, done } = await soon(reader.read(), signal);
      held += done ? "\n" : decoder.decode(value, { stream: true });
      const lines = held.split("\n");
      held = lines.pop();
      for (const line of lines) if (line.trim()) yield parsed(line);
      if (done) return;
    }
  } finally {
    reader.cancel().catch(() => {}); // one that has failed cannot be cancelled
  }
}

/** What a read gives. Throws Trouble when it breaks off, or when nothing comes for too long. */
async function soon(read, signal) {
  let timer = null;
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Trouble(GONE)), SILENCE);
  });
  try {
    return await Promise.race([read, silence]);
  } catch (error) {
    if (error instanceof Trouble || signal?.aborted) throw error;
    throw new Trouble("The connection to the program broke off.");
  } finally {
    clearTimeout(timer);
  }
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    throw new Trouble("The program sent something that the page cannot read.");
  }
}
