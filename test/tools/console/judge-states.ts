import { join } from "node:path";
import type { Page, Route } from "playwright-core";
import { openPage, VIEWS } from "./browser.ts";
import { judged, PATIENCE_MS, signIn, type World } from "./judge-pages.ts";

const LISTS = /\/v1\/runs(\?|$)/;

const problem = (code: string, status: number, detail: string, headers: Record<string, string> = {}) => ({
  status,
  headers: { "Content-Type": "application/problem+json", "X-Request-ID": "6f1d8a4e0c574b39", ...headers },
  body: JSON.stringify({ type: `/problems/${code}`, code, title: code, status, detail, instance: "", trace_id: "" }),
});

const STATES: readonly {
  readonly name: string;
  readonly answer: (route: Route) => Promise<void>;
  readonly shown: string;
}[] = [
  { name: "loading", answer: () => new Promise(() => undefined), shown: ".loading" },
  { name: "offline", answer: (route) => route.abort("internetdisconnected"), shown: "text=The API did not answer" },
  {
    name: "too-many",
    answer: (route) => route.fulfill(problem("rate-limited", 429, "Too many.", { "Retry-After": "30" })),
    shown: "text=Too many requests",
  },
  {
    name: "outage",
    answer: (route) => route.fulfill(problem("unavailable", 503, "A store is down.", { "Retry-After": "30" })),
    shown: "text=A store is down",
  },
  {
    name: "empty",
    answer: (route) => route.fulfill({ json: { runs: [], next_cursor: null, next_position: null } }),
    shown: "text=No runs yet",
  },
];

/** The states that a healthy account does not show. */
export async function judgeStates({ report, browser, edgeUrl, tenant, screenshots, only }: World): Promise<void> {
  for (const { name, answer, shown } of STATES) {
    if (only !== undefined && !new RegExp(only).test(`state-${name}`)) continue;
    for (const view of VIEWS)
      await report.check(`state ${name}, ${view.name}`, async () => {
        const { page, context } = await openPage(browser, view);
        page.setDefaultTimeout(PATIENCE_MS);
        try {
          await page.route(LISTS, answer);
          await signIn(page, edgeUrl, tenant.admin_key);
          await page.locator(shown).first().waitFor();
          // The browser's own lines about the answers are what this is about.
          await judged(page, [], () =>
            page.screenshot({ path: join(screenshots, `state-${name}-${view.name}.png`), fullPage: true }),
          );
        } finally {
          await context.close();
        }
      });
  }
  if (only === undefined && VIEWS[0] !== undefined)
    await report.check("a revoked key signs out, and says why", async () => {
      const { page, context } = await openPage(browser, VIEWS[0]!);
      try {
        await signIn(page, edgeUrl, tenant.admin_key);
        await refuse(page);
        await page.getByText("The API key is no longer accepted").waitFor({ timeout: PATIENCE_MS });
      } finally {
        await context.close();
      }
    });
}

async function refuse(page: Page): Promise<void> {
  await page.route(/\/v1\//, (route) => route.fulfill(problem("unauthorized", 401, "The API key is not accepted.")));
  await page.reload();
}
