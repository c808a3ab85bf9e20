import type { Page } from "playwright-core";
import type { Seeded } from "./seed.ts";

export interface Visit {
  readonly name: string;
  readonly path: string;
  /** What is on it when it is complete. */
  readonly shown: string;
  /** What is done before it is judged. */
  readonly act?: (page: Page) => Promise<void>;
}

/** Every page of the console, in the states that an account with something of everything has. */
export function visitsOf({ runs, failed, webhook }: Seeded): readonly Visit[] {
  const results: Visit[] = [...runs].map(([pack, id]) => ({
    name: `run-${pack}`,
    path: `/console/runs/${id}`,
    shown: "text=Checked in this browser",
  }));
  return [
    { name: "overview", path: "/console", shown: "text=Latest runs" },
    { name: "keys", path: "/console/keys", shown: "tbody tr" },
    {
      name: "keys-create",
      path: "/console/keys",
      shown: "tbody tr",
      act: (page) => page.getByRole("button", { name: "Create key" }).click(),
    },
    {
      name: "keys-edit",
      path: "/console/keys",
      shown: "tbody tr",
      act: (page) => page.getByRole("button", { name: "Edit Support agent" }).first().click(),
    },
    {
      name: "keys-revoke",
      path: "/console/keys",
      shown: "tbody tr",
      act: (page) => page.getByRole("button", { name: "Revoke Support agent" }).first().click(),
    },
    { name: "webhooks", path: "/console/webhooks", shown: "tbody tr" },
    { name: "webhooks-one", path: `/console/webhooks/${webhook}`, shown: "tbody tr" },
    {
      name: "webhooks-test",
      path: `/console/webhooks/${webhook}`,
      shown: "tbody tr",
      act: async (page) => {
        await page.getByRole("button", { name: "Send test event" }).click();
        await page.locator(".test-outcome").getByText("Could not connect").waitFor();
        await page.getByRole("row", { name: "webhook.test" }).first().waitFor();
      },
    },
    { name: "webhooks-default", path: "/console/webhooks/default", shown: "text=Nothing was sent yet" },
    {
      name: "webhooks-create",
      path: "/console/webhooks",
      shown: "tbody tr",
      act: (page) => page.getByRole("button", { name: "Create webhook" }).click(),
    },
    { name: "ledger", path: "/console/ledger", shown: "tbody tr" },
    {
      name: "ledger-month",
      path: `/console/ledger?month=${new Date().toISOString().slice(0, 7)}`,
      shown: "text=Runs charged",
    },
    { name: "settings", path: "/console/settings", shown: "text=Appearance" },
    { name: "runs", path: "/console/runs", shown: "tbody tr" },
    { name: "runs-filtered", path: "/console/runs?status=FAILED&pack=url", shown: "tbody tr" },
    { name: "runs-none", path: "/console/runs?metadata=order%3Dnone", shown: "text=No runs match" },
    ...results,
    { name: "run-failed", path: `/console/runs/${failed}`, shown: "text=Why it failed" },
    { name: "run-unknown", path: "/console/runs/01a1fa37-24d5-77a5-b92c-ccf601371541", shown: "text=Not found" },
    ...["decision", "url", "char", "eval", "compliance", "ocr", "extract"].map((pack) => ({
      name: `new-${pack}`,
      path: `/console/new?pack=${pack}`,
      shown: "text=Fill in an example",
      act: async (page: Page) => {
        await page.getByRole("button", { name: "Fill in an example" }).click();
        await page.getByText("If it fails").waitFor();
      },
    })),
    { name: "new-again", path: `/console/new?from=${runs.get("compliance")}`, shown: "text=If it fails" },
    {
      name: "new-errors",
      path: "/console/new?pack=char",
      shown: "text=Fill in an example",
      act: async (page) => {
        await page.getByLabel("Size").fill("5");
        await page.getByText("Start run").click();
        await page.locator("[aria-invalid]").first().waitFor();
      },
    },
    {
      name: "shortcuts",
      path: "/console/runs",
      shown: "tbody tr",
      act: async (page) => {
        await page.keyboard.press("?");
        await page.getByText("Keyboard shortcuts").waitFor();
      },
    },
  ];
}
