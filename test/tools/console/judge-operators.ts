import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import type { DemoTenant } from "../../dev/demo-tenant.ts";
import type { System } from "../../dev/system.ts";
import type { Report } from "../referees/report.ts";
import { openPage, type View, VIEWS } from "./browser.ts";
import { judged, PATIENCE_MS } from "./judge-pages.ts";
import { type OperatorsWork, startOperatorsConsole } from "./operators.ts";
import type { Visit } from "./pages.ts";

export interface OperatorsWorld {
  readonly report: Report;
  readonly browser: Browser;
  readonly system: System;
  readonly tenant: DemoTenant;
  readonly work: OperatorsWork;
  readonly metrics: readonly string[];
  readonly screenshots: string;
  /** Only pages whose names match this expression. */
  readonly only: string | undefined;
}

const click = (name: string) => (page: Page) => page.getByRole("button", { name, exact: true }).first().click();

function visitsOf({ tenant, work }: OperatorsWorld): readonly Visit[] {
  const ofTenant = `/tenants/${tenant.tenant_id}`;
  return [
    { name: "overview", path: "/", shown: "text=Oldest queued" },
    { name: "tenants", path: "/tenants", shown: "tbody tr" },
    { name: "tenants-none", path: "/tenants?q=nobody", shown: "text=No tenant matches" },
    { name: "tenant", path: ofTenant, shown: "text=Grants and clawbacks" },
    { name: "tenant-queued", path: `${ofTenant}?status=QUEUED`, shown: "tbody tr" },
    { name: "tenant-unknown", path: `/tenants/${work.letter}`, shown: "text=Refused" },
    { name: "grant", path: ofTenant, shown: "text=Grants and clawbacks", act: click("Grant") },
    { name: "suspend", path: ofTenant, shown: "text=Grants and clawbacks", act: click("Suspend") },
    { name: "run-frozen", path: `/runs/${work.frozen}`, shown: "text=Evidence" },
    { name: "run-decide", path: `/runs/${work.frozen}`, shown: "text=Evidence", act: click("Decide the run") },
    { name: "run-queued", path: `/runs/${work.letter}`, shown: "text=Cancel run" },
    { name: "run-charged", path: `/runs/${work.charged}`, shown: "text=CHARGE" },
    { name: "run-refund", path: `/runs/${work.charged}`, shown: "text=CHARGE", act: click("Refund") },
    { name: "revenue", path: "/revenue", shown: "text=Each day as a table" },
    { name: "findings", path: "/findings", shown: "text=Evidence" },
    { name: "dead-letters", path: "/dead-letters", shown: "tbody tr" },
    { name: "switch", path: "/switch", shown: "text=Set to halt" },
    { name: "switch-halt", path: "/switch", shown: "text=Set to halt", act: click("Set to halt") },
    { name: "audit", path: "/audit", shown: "h1" },
    {
      name: "shortcuts",
      path: "/tenants",
      shown: "tbody tr",
      act: async (page) => {
        await page.keyboard.press("?");
        await page.getByText("Keyboard shortcuts").waitFor();
      },
    },
  ];
}

function must(held: boolean, what: string): void {
  if (!held) throw new Error(what);
}

/** The operators' console: each page in each view, and what an operator does with it. */
export async function judgeOperators(world: OperatorsWorld): Promise<void> {
  for (const view of VIEWS) {
    console.log(`\nThe operators' console, ${view.name}`);
    await judgeView(world, view);
  }
  if (world.only === undefined || /use/.test(world.only)) await judgeOperatorsUse(world);
}

/** Opens a session of its own in a page of its own. */
async function inSession(
  { browser, system, metrics }: OperatorsWorld,
  view: View,
  use: (page: Page, complaints: string[], origin: string) => Promise<void>,
): Promise<void> {
  const served = await startOperatorsConsole(system, metrics);
  const { page, context, complaints } = await openPage(browser, view);
  page.setDefaultTimeout(PATIENCE_MS);
  try {
    await page.goto(served.address);
    await page.locator("nav[aria-label=Operators]").waitFor();
    await use(page, complaints, new URL(served.address).origin);
  } finally {
    await context.close();
    await served.stop();
  }
}

const judgeView = (world: OperatorsWorld, view: View): Promise<void> =>
  inSession(world, view, async (page, complaints, origin) => {
    const { report, screenshots, only } = world;
    for (const { name, path, shown, act } of visitsOf(world)) {
      if (only !== undefined && !new RegExp(only).test(`operators-${name}`)) continue;
      await report.check(`operators-${name}, ${view.name}`, async () => {
        await page.goto(origin + path);
        await page.locator(shown).first().waitFor();
        await act?.(page);
        const file = join(screenshots, `operators-${name}-${view.name}.png`);
        await judged(page, complaints, () => page.screenshot({ path: file, fullPage: true }));
      });
      complaints.length = 0;
    }
  });

async function judgeOperatorsUse(world: OperatorsWorld): Promise<void> {
  const [view] = VIEWS;
  if (view === undefined) return;
  const { report, tenant, work, screenshots, browser } = world;
  console.log("\nThe operators' console in use");
  await inSession(world, view, async (page, complaints, origin) => {
    const shoot = (name: string) =>
      judged(page, complaints, () =>
        page.screenshot({ path: join(screenshots, `operators-${name}-light.png`), fullPage: true }),
      );
    await report.check("the address opens one session, whose token nothing keeps", async () => {
      must(!page.url().includes("#"), "the token has left the address");
      must((await page.evaluate("JSON.stringify([{ ...localStorage }, document.cookie])")) === '[{},""]', "kept more");
      const other = await openPage(browser, view);
      await other.page.goto(origin);
      await other.page.getByText("Open the address that").waitFor();
      await other.context.close();
    });
    await report.check("a grant is tried first, made once, and in the audit trail with its reason", async () => {
      await page.goto(`${origin}/tenants/${tenant.tenant_id}`);
      await click("Grant")(page);
      await page.getByLabel("Amount (USD)").fill("25");
      await page.getByLabel("Id", { exact: true }).fill(`invoice ${work.letter}`);
      must(await page.getByRole("button", { name: "Try it first" }).isDisabled(), "a reason is needed");
      await page.getByLabel("Reason").fill("Paid by transfer");
      await page.getByRole("button", { name: "Try it first" }).click();
      await page.getByText("Nothing was changed yet.").waitFor();
      await shoot("grant-tried");
      await page.getByRole("button", { name: "Grant credit" }).dblclick();
      await page.getByText("It is in the audit trail").waitFor();
      await shoot("grant-done");
      await page.getByRole("button", { name: "Close" }).click();
      await page.getByRole("cell", { name: `invoice ${work.letter}` }).waitFor();
      await page.goto(`${origin}/audit`);
      await page.locator("tbody tr").first().waitFor();
      must((await page.getByText("Paid by transfer").count()) === 1, "recorded once");
    });
    await report.check("a refusal of the CLI is at the form, in its words", async () => {
      await page.goto(`${origin}/tenants/${tenant.tenant_id}`);
      await click("Grant")(page);
      await page.getByLabel("Amount (USD)").fill("much");
      await page.getByLabel("Id", { exact: true }).fill("x");
      await page.getByLabel("Reason").fill("x");
      await page.getByRole("button", { name: "Try it first" }).click();
      await page.locator(".field.invalid").getByText("Must be an amount in USD").waitFor();
      await shoot("grant-refused");
    });
    await report.check("the switch is set with a reason, and shown on every page", async () => {
      await page.goto(`${origin}/switch`);
      await click("Set to read-only")(page);
      await page.getByLabel("Reason").fill("Upgrade");
      await page.getByRole("button", { name: "Go on" }).click();
      await page.getByRole("button", { name: "Set to read-only" }).last().click();
      await page.getByText("It is in the audit trail").waitFor();
      await page.goto(`${origin}/tenants`);
      await page.getByText("see what it stops").waitFor();
      await page.locator("tbody tr").first().waitFor();
      await shoot("read-only");
      await page.goto(`${origin}/switch`);
      await click("Set to normal")(page);
      await page.getByLabel("Reason").fill("Upgraded");
      await page.getByRole("button", { name: "Go on" }).click();
      await page.getByRole("button", { name: "Set to normal" }).last().click();
      await page.getByText("It is in the audit trail").waitFor();
    });
    await report.check("a frozen run is decided", async () => {
      await page.goto(`${origin}/findings`);
      await click("Decide the run")(page);
      await page.getByLabel("Charge (USD)").fill("0");
      await page.getByLabel("Reason").fill("Nothing was delivered");
      await page.getByRole("button", { name: "Try it first" }).click();
      await page.getByText("Nothing was changed yet.").waitFor();
      await page.getByRole("button", { name: "Decide", exact: true }).click();
      await page.getByText("It is in the audit trail").waitFor();
    });
    await report.check("dead letters are sent again", async () => {
      await page.goto(`${origin}/dead-letters`);
      await page.getByRole("button", { name: "Send all again" }).click();
      await page.getByLabel("Reason").fill("The workers are back");
      await page.getByRole("button", { name: "Go on" }).click();
      await page.getByRole("button", { name: "Send again", exact: true }).last().click();
      await page.getByText("It is in the audit trail").waitFor();
    });
    await report.check("signing out ends the session", async () => {
      await page.goto(origin);
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByText("Open the address that").waitFor();
      await shoot("signed-out");
      must((await page.evaluate("sessionStorage.length")) === 0, "nothing is left");
    });
  });
}
