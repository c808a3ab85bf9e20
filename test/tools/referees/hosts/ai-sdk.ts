import { load } from "../tools.ts";
import { addressOf, authorization, type Host, order, plain, purchase } from "./purchase.ts";

interface Tool {
  execute(given: object, options: object): Promise<unknown>;
}
interface McpModule {
  readonly createMCPClient?: CreateClient;
  readonly experimental_createMCPClient?: CreateClient;
}
type CreateClient = (options: object) => Promise<{
  tools(): Promise<Readonly<Record<string, Tool>>>;
  close(): Promise<void>;
}>;
interface AiModule {
  generateText(options: object): Promise<{
    readonly text: string;
    readonly steps: readonly { readonly toolResults: readonly { readonly output: unknown }[] }[];
  }>;
  stepCountIs(count: number): unknown;
}
type Scripted = new (options: { doGenerate: () => Promise<object> }) => object;

interface Version {
  readonly ai: string;
  readonly mcp: string;
  /** The class of models for tests, and what it says it used. */
  readonly model: string;
  readonly usage: object;
  readonly finish: (reason: string) => unknown;
}

export const AI_SDK_5: Version = {
  ai: "ai-5",
  mcp: "ai-sdk-mcp-0",
  model: "MockLanguageModelV2",
  usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
  finish: (reason) => reason,
};
export const AI_SDK_7: Version = {
  ai: "ai",
  mcp: "@ai-sdk/mcp",
  model: "MockLanguageModelV4",
  usage: { inputTokens: { total: 1 }, outputTokens: { total: 1 } },
  finish: (unified) => ({ unified, raw: unified }),
};

/** The tools called by hand, and by an agent's loop around a model that wants one. */
export const byAiSdk = (version: Version) => async (host: Host) => {
  const { createMCPClient, experimental_createMCPClient } = await load<McpModule>(version.mcp);
  const create = createMCPClient ?? experimental_createMCPClient;
  if (create === undefined) throw new Error(`${version.mcp} makes no client`);
  const transport = { type: "http", url: addressOf(host).href, headers: authorization(host) };
  const client = await create({ transport });
  try {
    const tools = await client.tools();
    await purchase(async (name, given) => {
      const tool = tools[name];
      if (tool === undefined) throw new Error(`the AI SDK has no tool ${name}`);
      return tool.execute(given, { toolCallId: name, messages: [] });
    });
    await buyInLoop(version, tools);
  } finally {
    await client.close();
  }
};

async function buyInLoop(version: Version, tools: Readonly<Record<string, Tool>>): Promise<void> {
  const { generateText, stepCountIs } = await load<AiModule>(version.ai);
  const { [version.model]: Model } = await load<Readonly<Record<string, Scripted>>>(`${version.ai}/test`);
  if (Model === undefined) throw new Error(`${version.ai} has no ${version.model}`);
  const { usage, finish } = version;
  const call = { type: "tool-call", toolCallId: "1", toolName: "submit_run", input: JSON.stringify(order()) };
  const said = [
    { content: [call], finishReason: finish("tool-calls"), usage, warnings: [] },
    { content: [{ type: "text", text: "bought" }], finishReason: finish("stop"), usage, warnings: [] },
  ];
  const model = new Model({ doGenerate: async () => said.shift() ?? {} });
  const { text, steps } = await generateText({ model, tools, prompt: "Buy.", stopWhen: stepCountIs(3) });
  const [result] = steps.flatMap(({ toolResults }) => toolResults);
  const { status } = plain(result?.output) as { readonly status?: unknown };
  if (text !== "bought" || status !== "COMPLETED") throw new Error(`the loop ended with ${JSON.stringify(result)}`);
}
