/** An agent with the OpenAI Agents SDK, whose process has a key with a spending cap and no other. */
import { Decisionproof, DecisionproofError } from "@decisionproof/client";
import { Agent, run, tool } from "@openai/agents";
import { z } from "zod";

const MODEL = "gpt-5.1";
const MAX_COST_USD = "0.0200";

const dpp = new Decisionproof();

/** What the model reads of a call that failed: a refusal says what to do, such as to spend less. */
const errorFunction = (_: unknown, error: unknown): string =>
  error instanceof DecisionproofError ? `refused: ${error.message}` : "the tool failed";

const maskPersonalData = tool({
  name: "mask_personal_data",
  description: "Finds and masks personal data and secrets in a text. Costs 0.0010 USD + 0.0010 per started 10 KB.",
  parameters: z.object({ text: z.string() }),
  errorFunction,
  async execute({ text }) {
    const { data, cost } = await dpp.run("compliance", { inputs: { text }, max_cost_usd: MAX_COST_USD });
    return { verdict: data.verdict, masked_text: data.masked_text, cost_usd: cost.actual_usd };
  },
});

const rankOptions = tool({
  name: "rank_options",
  description: "Ranks options by weighted criteria, each scored per option. Costs 0.0100 USD + 0.0005 per score.",
  parameters: z.object({
    question: z.string(),
    criteria: z.array(z.object({ name: z.string(), weight: z.number(), direction: z.enum(["min", "max"]) })),
    options: z.array(
      z.object({ name: z.string(), scores: z.array(z.number()).describe("In the order of the criteria.") }),
    ),
  }),
  errorFunction,
  async execute({ question, criteria, options }) {
    const scoresOf = ({ scores }: (typeof options)[number]) =>
      Object.fromEntries(criteria.map(({ name }, at) => [name, scores[at] ?? 0]));
    const { data, cost } = await dpp.run("decision", {
      inputs: {
        question,
        mode: "brief",
        criteria,
        options: options.map(({ name }) => name),
        scores: Object.fromEntries(options.map((option) => [option.name, scoresOf(option)])),
      },
      max_cost_usd: MAX_COST_USD,
    });
    return { data, cost_usd: cost.actual_usd };
  },
});

const { key } = await dpp.budget();
if (key === null) throw new Error("give the agent a key with a spending cap: what it decides to buy, it buys");

const agent = new Agent({
  name: "editor",
  model: MODEL,
  instructions: `Your tools cost money: ${key.available_usd} USD are left. A refused call says why: do not repeat it.`,
  tools: [maskPersonalData, rankOptions],
});
const { finalOutput } = await run(agent, process.argv[2] ?? "Mask the personal data in: Write to ada@example.com.");
console.log(finalOutput);

const spent = (await dpp.budget()).key;
console.log(`spent ${spent?.committed_usd} of ${spent?.cap_usd} USD`);
