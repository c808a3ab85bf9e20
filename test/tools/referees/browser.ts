import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { ORDER, type Owner } from "./finished-run.ts";
import type { Report } from "./report.ts";
import { fileOf, HERE, load } from "./tools.ts";

interface Page {
  goto(url: string, options: object): Promise<{ status(): number } | null>;
  on(event: string, listener: (given: never) => void): void;
  waitForFunction(expression: string, options: object): Promise<unknown>;
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}
interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}
interface Puppeteer {
  readonly default: { launch(options: object): Promise<Browser> };
}

const PATIENCE_MS = 60_000;
/** Pages for people, and what each shows when it has come to life. */
const PAGES: readonly (readonly [path: string, shown: string])[] = [
  ["/", "document.querySelector('main') !== null && document.body.innerText.includes('Decisionproof')"],
  ["/docs", "document.querySelector('.opblock') !== null"],
  ["/redoc", "document.querySelector('[data-section-id]') !== null"],
  ["/problems", "document.body.innerText.includes('invalid-request')"],
];

/** A page of another origin buys; the service's own pages come to life and ask nobody else for anything. */
export async function judgeByBrowser(report: Report, owner: Owner): Promise<void> {
  const executablePath = fileOf("chromium");
  if (executablePath === undefined) return report.skip("a page in a browser", "there is no chromium");
  const { default: puppeteer } = await load<Puppeteer>("puppeteer-core");
  const browser = await puppeteer.launch({
    executablePath,
    headless: true,
    // Nothing but this machine can be reached, and root has no sandbox.
    args: [
      "--no-sandbox",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
  try {
    await report.check("a page in chromium submits, waits, reads and verifies", () => buyInPage(browser, owner));
    for (const [path, shown] of PAGES)
      await report.check(`${path} comes to life in chromium and asks nobody else`, () =>
        visit(browser, owner.edgeUrl, path, shown),
      );
    await report.check("a first try in /docs lists the runs, filtered by nothing", () => listInDocs(browser, owner));
  } finally {
    await browser.close();
  }
}

const verdict = z.object({ steps: z.array(z.string()), error: z.string().optional() });

async function buyInPage(browser: Browser, { edgeUrl, apiKey }: Owner): Promise<void> {
  const html = readFileSync(join(HERE, "browser-page.html"));
  const server = createServer((_, response) => response.setHeader("Content-Type", "text/html").end(html));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const given = encodeURIComponent(JSON.stringify({ edge: edgeUrl, key: apiKey, order: ORDER }));
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message: { text(): string }) => complaints.push(message.text()));
  try {
    await page.goto(`http://127.0.0.1:${port}/#${given}`, { timeout: PATIENCE_MS });
    await page.waitForFunction("document.querySelector('#verdict').textContent !== ''", { timeout: PATIENCE_MS });
    const said = await page.evaluate("document.querySelector('#verdict').textContent");
    const { steps, error } = verdict.parse(JSON.parse(String(said)));
    if (error !== undefined) throw new Error([error, `after: ${steps.join(", ")}`, ...complaints].join("\n"));
  } finally {
    await page.close();
    server.closeAllConnections();
    server.close();
  }
}

async function visit(browser: Browser, edgeUrl: string, path: string, shown: string): Promise<void> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error: Error) => complaints.push(String(error)));
  page.on("request", (request: { url(): string }) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== edgeUrl) complaints.push(`asked for ${request.url()}`);
  });
  page.on("response", (response: { status(): number; url(): string }) => {
    if (response.status() >= 400) complaints.push(`${response.status()} for ${response.url()}`);
  });
  try {
    await page.goto(edgeUrl + path, { timeout: PATIENCE_MS });
    await page.waitForFunction(shown, { timeout: PATIENCE_MS });
    if (complaints.length > 0) throw new Error(complaints.join("\n"));
  } finally {
    await page.close();
  }
}

const LIST = "#operations-runs-listRuns";

/** What a person clicks who tries the list of runs, filling in nothing. */
async function listInDocs(browser: Browser, { edgeUrl }: Owner): Promise<void> {
  const page = await browser.newPage();
  const asked: URL[] = [];
  page.on("request", (request: { url(): string }) => asked.push(new URL(request.url())));
  try {
    await page.goto(`${edgeUrl}/docs`, { timeout: PATIENCE_MS });
    for (const button of [".opblock-summary-control", ".try-out__btn", ".execute"]) {
      await page.waitForFunction(`document.querySelector('${LIST} ${button}') !== null`, { timeout: PATIENCE_MS });
      await page.evaluate(`document.querySelector('${LIST} ${button}').click()`);
    }
    const answer = `${LIST} .live-responses-table`;
    await page.waitForFunction(`document.querySelector('${answer}') !== null`, { timeout: PATIENCE_MS });
    const lists = asked.filter(({ pathname }) => pathname === "/v1/runs").map(({ search }) => search);
    if (lists.length !== 1 || lists[0] !== "?limit=20&order=newest") throw new Error(`asked for ${lists.join(" ")}`);
  } finally {
    await page.close();
  }
}
