/** An agent with the Vercel AI SDK: packs are its tools, and a key with a cap of its own is its budget. */
import { ApiError, Decisionproof, type Order, type Pack, RunFailedError } from "@decisionproof/client";
import { generateText, jsonSchema, stepCountIs, tool, type ToolSet } from "ai";

const MODEL = "openai/gpt-5.1";
const PACKS = ["compliance", "decision"] as const;
/** Of the whole task, and of one purchase. No prompt can raise them: the API holds the key to the first. */
const BUDGET_USD = "0.0150";
const MAX_COST_USD = "0.0100";
const LIFETIME_MS = 60 * 60_000;

/** What the model reads of a purchase: the data and what is left to spend, or why it was refused. */
async function buy(dpp: Decisionproof, pack: (typeof PACKS)[number], inputs: unknown, signal?: AbortSignal) {
  try {
    // The model wrote the inputs; the API checks them against the pack's schema before it takes any money.
    const order = { inputs, max_cost_usd: MAX_COST_USD } as Order<typeof pack>;
    const { data, cost } = await dpp.run(pack, order, { signal });
    const { key } = await dpp.budget({ signal });
    return { data, cost_usd: cost.actual_usd, left_usd: key?.available_usd };
  } catch (error) {
    if (error instanceof ApiError || error instanceof RunFailedError) return { refused: error.message };
    throw error;
  }
}

const pricesOf = ({ prices }: Pack) =>
  Object.values(prices)
    .map(({ unit_price_usd, per }) => `${unit_price_usd} USD per ${per}`)
    .join(" + ");

/** A tool for each pack, described as the catalogue describes it. */
async function toolsOf(dpp: Decisionproof): Promise<ToolSet> {
  const tools: ToolSet = {};
  for (const name of PACKS) {
    const pack = await dpp.packs.get(name);
    tools[name] = tool({
      description: `${pack.summary} Costs ${pricesOf(pack)}.`,
      inputSchema: jsonSchema<unknown>(pack.inputs),
      execute: (inputs, { abortSignal }) => buy(dpp, name, inputs, abortSignal),
    });
  }
  return tools;
}

const admin = new Decisionproof({ apiKey: process.env["DECISIONPROOF_ADMIN_KEY"] });
const { api_key, key_id } = await admin.keys.create({
  name: "agent of one task",
  scopes: ["submit", "read"],
  spending_cap_usd: BUDGET_USD,
  expires_at: new Date(Date.now() + LIFETIME_MS).toISOString(),
});
try {
  const dpp = new Decisionproof({ apiKey: api_key });
  const { text } = await generateText({
    model: MODEL,
    instructions: `Your tools cost money, ${BUDGET_USD} USD at most. A refused call says why: do not repeat it.`,
    prompt: process.argv[2] ?? "Mask the personal data in: Write to ada@example.com.",
    tools: await toolsOf(dpp),
    stopWhen: stepCountIs(10),
  });
  const { key } = await dpp.budget();
  console.log(text);
  console.log(`spent ${key?.committed_usd} of ${key?.cap_usd} USD`);
} finally {
  await admin.keys.revoke(key_id);
}
