import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { servePage } from "../../dev/demo-page.ts";
import { createDemoTenant, type DemoTenant, withOwner } from "../../dev/demo-tenant.ts";
import { freePort } from "../../dev/free-port.ts";
import { type InstanceName, type System, startSystem } from "../../dev/system.ts";
import { startModelStandIn } from "../../support/model-stand-in.ts";
import { Report } from "../referees/report.ts";
import { fileOf } from "../referees/tools.ts";
import { startBrowser, VIEWS } from "./browser.ts";
import { judgeOperators } from "./judge-operators.ts";
import { judgePages } from "./judge-pages.ts";
import { judgeStates } from "./judge-states.ts";
import { judgeUse } from "./judge-use.ts";
import { measureRows } from "./measure-rows.ts";
import { seedWork } from "./operators.ts";
import { seedAccount } from "./seed.ts";

const SCREENSHOTS = fileURLToPath(new URL("../../../dist/screenshots/", import.meta.url));
const running = z.object({
  edge_url: z.string(),
  tenants: z.array(z.object({ tenant_id: z.string(), name: z.string(), api_key: z.string(), admin_key: z.string() })),
});

interface Judged {
  readonly edgeUrl: string;
  readonly tenant: DemoTenant;
  readonly only: string | undefined;
  /** What a run of the url pack can read. */
  readonly pageUrl?: string;
}

async function judge(report: Report, { edgeUrl, tenant, only, pageUrl }: Judged): Promise<void> {
  const executablePath = fileOf("chromium");
  if (executablePath === undefined) return report.skip("the console", "there is no chromium");
  const seeded = await seedAccount(edgeUrl, tenant, pageUrl);
  mkdirSync(SCREENSHOTS, { recursive: true });
  const browser = await startBrowser(executablePath);
  const world = { report, browser, edgeUrl, tenant, seeded, screenshots: SCREENSHOTS, only };
  try {
    for (const view of VIEWS) {
      console.log(`\nThe console, ${view.name}`);
      await judgePages(world, view);
    }
    console.log("\nThe console in use");
    await judgeUse(world);
    await judgeStates(world);
  } finally {
    await browser.close();
  }
  console.log(`\nScreenshots: ${SCREENSHOTS}`);
}

/** The operators' console of the same system, after the customers', whose work is left over. */
async function judgeOperatorsOf(
  report: Report,
  system: System,
  tenant: DemoTenant,
  options: { readonly only: string | undefined; readonly metrics: readonly string[] },
): Promise<void> {
  const executablePath = fileOf("chromium");
  if (executablePath === undefined) return report.skip("the operators' console", "there is no chromium");
  const work = await seedWork(system, tenant);
  mkdirSync(SCREENSHOTS, { recursive: true });
  const browser = await startBrowser(executablePath);
  await judgeOperators({ report, browser, system, tenant, work, screenshots: SCREENSHOTS, ...options }).finally(() =>
    browser.close(),
  );
}

/** How a page with ten thousand runs feels. */
async function measureRowsOf(report: Report, system: System): Promise<void> {
  const executablePath = fileOf("chromium");
  if (executablePath === undefined) return report.skip("ten thousand runs", "there is no chromium");
  mkdirSync(SCREENSHOTS, { recursive: true });
  const browser = await startBrowser(executablePath);
  await measureRows(report, { browser, system, screenshots: SCREENSHOTS }).finally(() => browser.close());
}

async function main(): Promise<boolean> {
  const options = { running: { type: "boolean", default: false }, only: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const report = new Report();
  if (values.running) {
    const { edge_url, tenants } = running.parse(JSON.parse(readFileSync(".dev/stack.json", "utf8")));
    await report.check("the console was judged", () =>
      judge(report, { edgeUrl: edge_url, tenant: tenants[0]!, only: values.only }),
    );
    return report.conclude();
  }
  const dir = mkdtempSync(join(tmpdir(), "dpp-console-"));
  const [model, site] = await Promise.all([startModelStandIn(), servePage()]);
  const named = { DPP_MODEL_URL: model.url, DPP_MODEL_NAME: model.settings.model };
  const env = { ...process.env, ...named, DPP_WEBHOOK_ALLOW_HTTP: "true", DPP_WEBHOOK_ALLOW_HOSTS: "127.0.0.1:*" };
  const port = await freePort();
  const envOf = (name: InstanceName): Record<string, string> =>
    name === "reaper" ? { DPP_METRICS_PORT: String(port), DPP_METRICS_HOST: "127.0.0.1" } : {};
  const system = await startSystem({
    stateDir: join(dir, "stack"),
    env,
    envOf,
    fsync: false,
    fetchAllowHosts: [new URL(site.url).host],
  });
  try {
    if (positionals.includes("rows")) {
      await report.check("ten thousand runs were measured", () => measureRowsOf(report, system));
      return report.conclude();
    }
    const tenant = await withOwner(system, (db) => createDemoTenant(db, { name: "Console" }));
    if (values.only === undefined || !values.only.startsWith("operators"))
      await report.check("the console was judged", () =>
        judge(report, { edgeUrl: system.edgeUrl, tenant, only: values.only, pageUrl: site.url }),
      );
    if (values.only === undefined || values.only.startsWith("operators")) {
      const options = {
        only: values.only === "operators" ? undefined : values.only,
        metrics: [`http://127.0.0.1:${port}/metrics`],
      };
      await report.check("the operators' console was judged", () => judgeOperatorsOf(report, system, tenant, options));
    }
  } finally {
    await Promise.all([system.stop(), model.close(), site.close()]);
    rmSync(dir, { recursive: true, force: true });
  }
  return report.conclude();
}

process.exitCode = (await main()) ? 0 : 1;
