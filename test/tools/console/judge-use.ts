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
    await report.check(
      "rotating the key that is signed in, at once, keeps its successor on screen and its person in",
      async () => {
        const headers = { Authorization: `Bearer ${tenant.admin_key}` };
        const name = `rotated ${Date.now()}`;
        const data = { name, scopes: ["submit", "read", "admin"] };
        const made = await context.request.post(`${edgeUrl}/v1/keys`, { headers, data });
        must(made.status() === 201, `a key was made: ${made.status()}`);
        const { api_key } = (await made.json()) as { api_key: string };
        await signIn(page, edgeUrl, api_key);
        await page.goto(`${edgeUrl}/console/keys`);
        await page.getByRole("button", { name: `Rotate ${name}` }).click();
        await page.locator("dialog select").selectOption({ label: "At once" });
        await page.getByRole("button", { name: "Rotate key" }).click();
        const secret = page.locator(".secret code");
        await secret.waitFor();
        const successor = await secret.innerText();
        const ask = { headers: { Authorization: `Bearer ${api_key}` } };
        must((await context.request.get(`${edgeUrl}/v1/budget`, ask)).status() === 401, "the old key is refused");
        await page.keyboard.press("Escape");
        await page.keyboard.press("Escape");
        must((await secret.innerText()) === successor, "Escape does not close it");
        await page.getByRole("button", { name: "I have copied it" }).click();
        await page.getByRole("button", { name: `Rotate ${name}` }).waitFor();
        must(
          ((await page.evaluate("sessionStorage.getItem('decisionproof.api_key')")) as string).includes(successor),
          "the session goes on with the successor",
        );
      },
    );
  } finally {
    await context.close();
  }
}
