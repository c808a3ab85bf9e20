/** What somebody writes who has installed the package. */
export const CONSUMER = `
import { Decisionproof, type Output, type PackType, type Run, verifyWebhook } from "@decisionproof/client";
const dpp = new Decisionproof({ apiKey: "k", baseUrl: "https://api.example" });

const output = await dpp.run("compliance", { inputs: { text: "x" }, max_cost_usd: "0.0500" });
export const verdict: "clean" | "findings" | string = output.data.verdict;
// @ts-expect-error: of another pack
export const winner = output.data.winner;

const page = await dpp.run("url", { inputs: { url: "https://example.com/", format: "markdown" }, max_cost_usd: "0.0500" });
if (page.data.format === "markdown") page.data.markdown.trim();

// @ts-expect-error: no such pack
await dpp.run("tea", { inputs: {}, max_cost_usd: "0.0500" });
// @ts-expect-error: no such input
await dpp.run("char", { inputs: { nmae: "Ada" }, max_cost_usd: "0.0500" });
// @ts-expect-error: an amount is a string
await dpp.run("char", { inputs: { name: "Ada" }, max_cost_usd: 0.05 });
// @ts-expect-error: the cap is required
await dpp.run("char", { inputs: { name: "Ada" } });
// @ts-expect-error: inputs of another pack
await dpp.runs.create({ pack_type: "char", inputs: { text: "x" }, max_cost_usd: "0.0500" });

const submitted: Run<"char"> = await dpp.runs.create({ pack_type: "char", inputs: { name: "Ada" }, max_cost_usd: "0.0500" });
export const portrait: Output<"char"> = await dpp.runs.output(await dpp.runs.wait(submitted));
export const any: Output<PackType> = await dpp.runs.output(submitted.run_id);
for await (const run of dpp.runs.list({ status: ["FAILED"] })) run.error?.reason_code.trim();
// @ts-expect-error: no such status
dpp.runs.list({ status: ["LOST"] });
for await (const { next_position } of dpp.ledger.list({ order: "committed" }).pages()) next_position?.trim();
export async function receive(request: Request) {
  const { event } = await verifyWebhook(request, "whsec_");
  if (event.type === "budget.threshold") event.data.threshold_percent.toFixed();
  else if (event.type === "key.revoked") event.data.key_id.trim();
  else if (event.type === "webhook.test") event.data.endpoint_id.trim();
  else event.data.run.cost.actual_usd?.trim();
}
`;

const NODENEXT = { module: "NodeNext" };
const BUNDLER = { module: "ESNext", moduleResolution: "bundler" };
const NODE = { lib: ["ES2023"], types: ["node"] };
const DOM = { lib: ["ES2023", "DOM", "DOM.Iterable"], types: [] };

/** The projects in which somebody writes it, as options of the compiler. */
export const CONSUMERS: readonly (readonly [name: string, options: object])[] = [
  ["nodenext, without types of a browser", { ...NODENEXT, ...NODE }],
  ["a bundler, for browsers", { ...BUNDLER, ...DOM }],
  ["nodenext, with types of a browser", { ...NODENEXT, ...DOM }],
  ["a bundler, without types of a browser", { ...BUNDLER, ...NODE }],
];
