import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import type { DemoTenant } from "../../dev/demo-tenant.ts";
import type { Report } from "../referees/report.ts";
import { accessibilityOf, openPage, type View } from "./browser.ts";
import { visitsOf } from "./pages.ts";
import type { Seeded } from "./seed.ts";

export interface World {
  readonly report: Report;
  readonly browser: Browser;
  readonly edgeUrl: string;
  readonly tenant: DemoTenant;
  readonly seeded: Seeded;
  readonly screenshots: string;
  /** Only pages whose names match this expression. */
  readonly only: string | undefined;
}

export const PATIENCE_MS = 60_000;

export async function signIn(page: Page, edgeUrl: string, apiKey: string, path = "/console/runs"): Promise<void> {
  await page.goto(edgeUrl + path);
  await page.getByLabel("API key").fill(apiKey);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator("nav[aria-label=Console]").waitFor({ timeout: PATIENCE_MS });
}

/** Each page in this view: complete, accessible, within its policy, and without a complaint of the browser. */
export async function judgePages(world: World, view: View): Promise<void> {
  const { report, browser, edgeUrl, tenant, seeded, screenshots, only } = world;
  const { page, context, complaints } = await openPage(browser, view);
  page.setDefaultTimeout(PATIENCE_MS);
  const shoot = (name: string) =>
    page.screenshot({ path: join(screenshots, `${name}-${view.name}.png`), fullPage: true });
  try {
    await page.goto(`${edgeUrl}/console`);
    await page.getByLabel("API key").waitFor();
    await report.check(`sign-in, ${view.name}`, () => judged(page, complaints, () => shoot("sign-in")));
    await signIn(page, edgeUrl, tenant.admin_key);
    for (const { name, path, shown, act } of visitsOf(seeded)) {
      if (only !== undefined && !new RegExp(only).test(name)) continue;
      await report.check(`${name}, ${view.name}`, async () => {
        await page.goto(edgeUrl + path);
        await page.locator(shown).first().waitFor();
        await act?.(page);
        await judged(page, expectedOf(name, complaints), () => shoot(name));
      });
      complaints.length = 0;
    }
  } finally {
    await context.close();
  }
}

/** The browser itself reports each answer that is an error; where one is what the page is about, that is no complaint. */
const expectedOf = (name: string, complaints: readonly string[]): readonly string[] =>
  /unknown|errors|^new-/.test(name) ? complaints.filter((each) => !/status of (400|404)/.test(each)) : complaints;

export async function judged(page: Page, complaints: readonly string[], shoot: () => Promise<unknown>): Promise<void> {
  const found = await accessibilityOf(page);
  await shoot();
  const wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth + 1");
  const all = [...complaints, ...found, ...(wide === true ? ["the page is wider than the screen"] : [])];
  if (all.length > 0) throw new Error(all.join("\n"));
}
