// Opens pages in a browser as people do, and tells what it saw of each, a line of JSON a page: `look.mjs BROWSER PROFILE PAGE...`, where PROFILE
// is a directory in which the browser may keep what it likes.
//
// A window of a telephone, of a tablet and of a desk, in the light and in the dark; then on paper. Looked for is what a reader would miss, and
// what the page asks for or complains of.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { WebSocket } from "undici";

const WINDOWS = [
  [360, "light"],
  [768, "light"],
  [1280, "light"],
  [1280, "dark"],
];
// A4 without its margins of 14 mm, at the 96 points an inch of a style sheet.
const PAPER = Math.floor(((210 - 2 * 14) / 25.4) * 96);

const [browser, profile, ...pages] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Says something to the browser and gives its answer; what it tells unasked goes to whoever listens. */
class Wire {
  constructor(socket) {
    this.socket = socket;
    this.asked = new Map();
    this.heard = [];
    socket.addEventListener("message", ({ data }) => {
      const said = JSON.parse(data);
      if (!said.id) return this.heard.push(said);
      const { resolve, reject } = this.asked.get(said.id);
      this.asked.delete(said.id);
      if (said.error) reject(new Error(said.error.message));
      else resolve(said.result);
    });
  }

  /** Of the page that is looked at. */
  ask(method, params = {}) {
    return this.say(method, params, this.session);
  }

  /** Of the browser itself: without a `sessionId`. */
  say(method, params, sessionId) {
    const id = (this.last = (this.last ?? 0) + 1);
    this.socket.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((resolve, reject) => this.asked.set(id, { resolve, reject }));
  }

  async evaluate(expression) {
    const { result, exceptionDetails } = await this.ask("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async until(method) {
    while (!this.heard.some((said) => said.method === method)) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function window_of(wire, width, media, scheme) {
  await wire.ask("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: false });
  await wire.ask("Emulation.setEmulatedMedia", { media, features: [{ name: "prefers-color-scheme", value: scheme }] });
}

/** Rules of axe that the page breaks: the rule, and the first place. */
const BROKEN = `axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].target + ": " + nodes[0].failureSummary))`;
/** By how much the page is wider than its window. */
const BEYOND = `document.documentElement.scrollWidth - document.documentElement.clientWidth`;
/** What does not fit on paper, where nobody scrolls. */
const CUT = `[...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
  .map((one) => one.tagName + " " + one.textContent.trim().slice(0, 40))`;

async function look(wire, page) {
  const { targetId } = await wire.say("Target.createTarget", { url: "about:blank" });
  wire.session = (await wire.say("Target.attachToTarget", { targetId, flatten: true })).sessionId;
  for (const domain of ["Page", "Network", "Runtime", "Log"]) await wire.ask(`${domain}.enable`);
  wire.heard = [];
  const url = pathToFileURL(page).href;
  await wire.ask("Page.navigate", { url });
  await wire.until("Page.loadEventFired");
  const heard = wire.heard;
  const asked = heard.filter((said) => said.method === "Network.requestWillBeSent").map((said) => said.params.request.url);
  const complained = heard.filter((said) => ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"].includes(said.method));

  await wire.evaluate(axe);
  const windows = [];
  for (const [width, scheme] of WINDOWS) {
    await window_of(wire, width, "screen", scheme);
    windows.push({ width, scheme, beyond: await wire.evaluate(BEYOND), broken: await wire.evaluate(BROKEN) });
  }
  await window_of(wire, PAPER, "print", "dark");
  const cut = await wire.evaluate(CUT);
  const { data } = await wire.ask("Page.printToPDF", { preferCSSPageSize: true });
  const sheets = Buffer.from(data, "base64").toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  await wire.say("Target.closeTarget", { targetId });
  const others = asked.filter((one) => one !== url);
  return { page, others, complained, windows, cut, sheets };
}

const quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-gpu"];
// As root it runs in no sandbox of its own; it opens our pages alone.
const args = ["--headless", "--no-sandbox", ...quiet, "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"];
const child = spawn(browser, args, { stdio: ["ignore", "ignore", "pipe"] });
const ended = once(child, "exit");
let place;
for await (const line of createInterface({ input: child.stderr })) {
  place = line.match(/ws:\/\/\S+/)?.[0];
  if (place) break;
}
if (!place) throw new Error(`${browser} does not say where it listens`);
const socket = new WebSocket(place);
await once(socket, "open");
const wire = new Wire(socket);
try {
  for (const page of pages) console.log(JSON.stringify(await look(wire, page)));
} finally {
  // It is gone before it could answer.
  wire.say("Browser.close", {});
  await ended;
}
