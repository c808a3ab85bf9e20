import { load } from "../tools.ts";

interface Asked {
  readonly prompt: readonly { readonly role: string; readonly content: readonly { readonly output?: unknown }[] }[];
}
type Scripted<Options> = new (options: Options) => object;
interface Test {
  readonly MockLanguageModelV4: Scripted<{ doGenerate: (asked: Asked) => Promise<object> }>;
  readonly MockProviderV4: Scripted<{ languageModels: Readonly<Record<string, object>> }>;
}

/** Of seven started pieces of 10 KB. */
const TEXT = "Write to ada@example.com.".padEnd(65_000, " and so on");

/**
 * A model in the place of the gateway's: it buys twice, and says what the second purchase gave it to read. A process of Node
 * that imports this before an example has no other.
 */
const { MockLanguageModelV4, MockProviderV4 } = await load<Test>("ai/test");
const model = new MockLanguageModelV4({
  doGenerate: async ({ prompt }) => {
    const read = prompt.filter(({ role }) => role === "tool").flatMap(({ content }) => content);
    const call = { type: "tool-call", toolCallId: `call-${read.length}`, toolName: "compliance" };
    const isEnough = read.length === 2;
    const reason = isEnough ? "stop" : "tool-calls";
    return {
      content: isEnough
        ? [{ type: "text", text: JSON.stringify(read.at(-1)?.output) }]
        : [{ ...call, input: JSON.stringify({ text: TEXT }) }],
      finishReason: { unified: reason, raw: reason },
      usage: { inputTokens: { total: 1 }, outputTokens: { total: 1 } },
      warnings: [],
    };
  },
});
Object.assign(globalThis, {
  AI_SDK_DEFAULT_PROVIDER: new MockProviderV4({ languageModels: { "openai/gpt-5.1": model } }),
});
