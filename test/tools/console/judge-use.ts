import { openPage, VIEWS } from "./browser.ts";
import { PATIENCE_MS, signIn, type World } from "./judge-pages.ts";

const [LIGHT] = VIEWS;

function must(held: boolean, what: string): void {
  if (!held) throw new Error(what);
}

/** What a person does who was told nothing. */
export async function judgeUse({ report, browser, edgeUrl, tenant, only }: World): Promise<void> {
  if (only !== undefined || LIGHT === undefined) return;
  const { page, context } = await openPage(browser, LIGHT);
  page.setDefaultTimeout(PATIENCE_MS);
  try {
    await report.check("a mistyped key is refused, at its field", async () => {
      await page.goto(`${edgeUrl}/console`);
      await page.getByLabel("API key").fill("dpp_live_mistyped");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("This is not an API key").waitFor();
    });
    await report.check("a first run is bought, and its receipt verified, by keyboard and form alone", async () => {
      await signIn(page, edgeUrl, tenant.api_key);
      await page.keyboard.press("n");
      await page.getByText("Character").click();
      await page.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
      await page.getByText("Exactly, if it succeeds.").waitFor();
      await page.getByRole("button", { name: "Start run" }).click();
      await page.getByText("Checked in this browser").waitFor();
      must((await page.getByRole("img", { name: "Portrait of Ada Lovelace" }).count()) === 1, "the portrait is shown");
    });
    await report.check("a new run waits behind a pill, and no row jumps", async () => {
      await page.keyboard.press("g");
      await page.keyboard.press("r");
      await page.locator("tbody tr").first().waitFor();
      const rows = await page.locator("tbody tr").count();
      const body = { pack_type: "char", inputs: { name: "Grace" }, max_cost_usd: "0.0100" };
      const headers = { Authorization: `Bearer ${tenant.api_key}`, "Idempotency-Key": `pill-${Date.now()}` };
      const answer = await context.request.post(`${edgeUrl}/v1/runs`, { headers, data: body });
      must(answer.status() === 202, `a run was submitted: ${answer.status()}`);
      await page.getByRole("button", { name: "1 new run" }).waitFor();
      must((await page.locator("tbody tr").count()) === rows, "no row was added by itself");
      await page.getByRole("button", { name: "1 new run" }).click();
      must((await page.locator("tbody tr").count()) === rows + 1, "the row is added when it is asked for");
    });
    await report.check("the key is kept in this tab alone, and signing out forgets it", async () => {
      const stored = (await page.evaluate(
        "JSON.stringify([{ ...localStorage }, document.cookie, Object.keys(sessionStorage)])",
      )) as string;
      must(stored === '[{},"",["decisionproof.api_key"]]', `what is stored: ${stored}`);
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByLabel("API key").waitFor();
      must((await page.evaluate("sessionStorage.length")) === 0, "nothing is left");
    });
  } finally {
    await context.close();
  }
}
