import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export interface View {
  readonly name: string;
  readonly colorScheme: "light" | "dark";
  readonly viewport: { readonly width: number; readonly height: number };
}

export const VIEWS: readonly View[] = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 900 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  { name: "phone", colorScheme: "light", viewport: { width: 390, height: 844 } },
];

export const startBrowser = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    // Nothing but this machine can be reached, and root has no sandbox.
    args: [
      "--no-sandbox",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });

/** A page, and what the browser has to complain about it. */
export interface Watched {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly complaints: string[];
}

export async function openPage(browser: Browser, view: View): Promise<Watched> {
  const { colorScheme, viewport } = view;
  const context = await browser.newContext({ colorScheme, viewport, locale: "en-GB", timezoneId: "UTC" });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(`console: ${message.text()}`);
  });
  await page.exposeFunction("complain", (text: string) => complaints.push(text));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      const { complain } = globalThis as unknown as { complain: (text: string) => void };
      complain(`policy: ${violatedDirective} ${blockedURI}`);
    });
  });
  return { page, context, complaints };
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** What axe-core finds; it is put into the page by the debugger, which no policy stops. */
export async function accessibilityOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(`if (!globalThis.axe) { ${AXE}\n }`);
  const found = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as AxeResult;
  return found.violations.map(
    ({ id, help, nodes }) =>
      `axe: ${id}: ${help}: ${nodes
        .map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary ?? ""}`)
        .slice(0, 3)
        .join(" | ")}`,
  );
}
