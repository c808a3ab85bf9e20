import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { z } from "zod";
import { createDemoTenant, type DemoTenant, withOwner } from "../../dev/demo-tenant.ts";
import type { System } from "../../dev/system.ts";
import type { Report } from "../referees/report.ts";
import { openPage, VIEWS } from "./browser.ts";
import { PATIENCE_MS, signIn } from "./judge-pages.ts";

const RUNS = 10_000;
/** What nobody notices; the browser itself reports tasks of 50 ms and more. */
const LONG_MS = 100;
const INSERT = readFileSync(new URL("./runs-of-tenant.sql", import.meta.url), "utf8");

/** A tenant with so many runs that are over. Nothing audits rows that no money stands behind. */
async function tenantOfMany(system: System): Promise<DemoTenant> {
  await system.stop("reaper");
  return withOwner(system, async (db) => {
    const tenant = await createDemoTenant(db, { name: "Many runs" });
    const keys = await db.query("SELECT key_id::text FROM api_keys WHERE tenant_id = $1 ORDER BY key_id LIMIT 1", [
      tenant.tenant_id,
    ]);
    await db.query(INSERT, [tenant.tenant_id, RUNS, String(keys[0]?.["key_id"])]);
    await db.query("ANALYZE runs", []);
    return tenant;
  });
}

/** Tasks of the page that took 50 ms and more, by the Long Tasks API. */
async function watchTasks(page: Page) {
  await page.addInitScript(() => {
    const held = globalThis as unknown as { tasks: number[]; PerformanceObserver: typeof PerformanceObserver };
    held.tasks = [];
    new held.PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) held.tasks.push(duration);
    }).observe({ type: "longtask", buffered: true });
  });
  return {
    /** Those since the last call. */
    take: async (): Promise<readonly number[]> => {
      // An entry is delivered after its task: two frames later it is there.
      await page.evaluate(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))",
      );
      return (await page.evaluate("globalThis.tasks.splice(0)")) as number[];
    },
  };
}

const trace = z.object({
  traceEvents: z.array(
    z.object({
      name: z.string(),
      pid: z.number(),
      tid: z.number(),
      tdur: z.number().optional(),
      args: z.object({ name: z.unknown().optional() }).optional(),
    }),
  ),
});

/** Of one task of a page's main thread, in milliseconds: on a busy machine a task also waits, which is not the page's. */
function longestWork(recorded: Buffer): number {
  const { traceEvents } = trace.parse(JSON.parse(recorded.toString("utf8")));
  const isNamed = ({ name, args }: (typeof traceEvents)[number]) =>
    name === "thread_name" && args?.name === "CrRendererMain";
  const pages = new Set(traceEvents.filter(isNamed).map(({ pid, tid }) => `${pid} ${tid}`));
  const tasks = traceEvents.filter(({ name, pid, tid }) => name.endsWith("RunTask") && pages.has(`${pid} ${tid}`));
  return tasks.reduce((longest, { tdur = 0 }) => Math.max(longest, tdur / 1_000), 0);
}

const rowCount = async (page: Page): Promise<number> =>
  Number(await page.locator("table.rows").first().getAttribute("aria-rowcount")) - 1;

/** Turns the wheel until the page moves no further. */
async function scrollTo(page: Page, direction: 1 | -1): Promise<number> {
  const at = () => page.evaluate("scrollY") as Promise<number>;
  let turns = 0;
  for (let before = Number.NaN, still = 0; still < 3; turns++) {
    await page.mouse.wheel(0, direction * 4_000);
    const now = await at();
    still = now === before ? still + 1 : 0;
    before = now;
  }
  return turns;
}

/** The list of an account with 10,000 runs: read to its end, scrolled through and filtered, with the longest tasks of each. */
export async function measureRows(
  report: Report,
  {
    browser,
    system,
    screenshots,
  }: { readonly browser: Browser; readonly system: System; readonly screenshots: string },
): Promise<void> {
  const tenant = await tenantOfMany(system);
  const [view] = VIEWS;
  if (view === undefined) return;
  const { page, context } = await openPage(browser, view);
  page.setDefaultTimeout(PATIENCE_MS);
  const tasks = await watchTasks(page);
  const measured = async (what: string, act: () => Promise<string>): Promise<void> => {
    await report.check(what, async () => {
      await tasks.take();
      await browser.startTracing(page, { categories: ["toplevel"] });
      const said = await act();
      const found = (await tasks.take()).toSorted((a, b) => b - a);
      const worked = longestWork(await browser.stopTracing());
      const above = found.filter((ms) => ms > LONG_MS).length;
      const longest = `the longest: ${Math.round(found[0] ?? 0)} ms`;
      console.log(
        `    ${said}; tasks of 50 ms and more: ${found.length}, of more than ${LONG_MS} ms: ${above}; ${longest}`,
      );
      console.log(`    the longest by the processor's time: ${Math.round(worked)} ms`);
    });
  };
  try {
    await signIn(page, system.edgeUrl, tenant.api_key);
    await page.locator("tbody tr").first().waitFor();
    await measured("ten thousand runs are read to the end", async () => {
      const more = page.getByRole("button", { name: "Load more" });
      for (let rows = await rowCount(page); rows < RUNS;) {
        await more.click();
        const before = rows;
        await page.waitForFunction(
          (count) => Number(document.querySelector("table.rows")?.getAttribute("aria-rowcount")) - 1 > count,
          before,
        );
        rows = await rowCount(page);
      }
      await more.waitFor({ state: "detached" });
      return `${await rowCount(page)} rows`;
    });
    await measured("they are scrolled through", async () => {
      const up = await scrollTo(page, -1);
      return `${up + (await scrollTo(page, 1))} turns of the wheel`;
    });
    await page.screenshot({ path: join(screenshots, "rows-end-light.png") });
    await measured("they are read again while the page is shown", async () => {
      await page.waitForResponse((response) => response.url().includes("/v1/runs"));
      return "one reading";
    });
    await measured("they are filtered, and shown again", async () => {
      await page.evaluate("scrollTo(0, 0)");
      await page.getByLabel("Status").selectOption("FAILED");
      await page.locator("tbody tr").getByText("Failed").first().waitFor();
      await page.getByRole("link", { name: "Clear" }).click();
      await page.locator("tbody tr").getByText("Completed").first().waitFor();
      return "two filters";
    });
  } finally {
    await context.close();
  }
}
