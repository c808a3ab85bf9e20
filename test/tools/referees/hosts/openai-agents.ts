import { z } from "zod";
import { load } from "../tools.ts";
import { startOpenAi } from "./openai-stand-in.ts";
import { addressOf, authorization, type Host, order, plain } from "./purchase.ts";

interface Server {
  connect(): Promise<void>;
  close(): Promise<void>;
}
interface Agents {
  readonly Agent: new (options: object) => object;
  readonly Runner: new (options: object) => {
    run(agent: object, input: string): Promise<{ readonly finalOutput?: unknown }>;
  };
  readonly OpenAIProvider: new (options: object) => object;
  readonly MCPServerStreamableHttp: new (options: object) => Server;
}

const completed = z.object({ status: z.literal("COMPLETED"), output: z.object({ data: z.unknown() }) });

/** An agent that buys, with the tools as they are and with those that the SDK makes strict. */
export async function byOpenAiAgents(host: Host): Promise<void> {
  for (const convertSchemasToStrict of [false, true]) {
    const { Agent, Runner, OpenAIProvider, MCPServerStreamableHttp } = await load<Agents>("@openai/agents");
    const openAi = await startOpenAi({ name: "submit_run", given: order() });
    const server = new MCPServerStreamableHttp({
      url: addressOf(host).href,
      name: "decisionproof",
      requestInit: { headers: authorization(host) },
      timeout: 40_000,
    });
    try {
      await server.connect();
      const modelProvider = new OpenAIProvider({ apiKey: "none", baseURL: openAi.url, useResponses: true });
      const runner = new Runner({ modelProvider, tracingDisabled: true });
      const mcpConfig = { convertSchemasToStrict };
      const agent = new Agent({ name: "buyer", model: "stand-in", mcpServers: [server], mcpConfig });
      const { finalOutput } = await runner.run(agent, "Buy.");
      if (finalOutput !== "bought") throw new Error(`the agent ended with ${String(finalOutput)}`);
      completed.parse(plain(asText(openAi.outputs[0])));
    } finally {
      await server.close();
      await openAi.stop();
    }
  }
}

/** What the SDK makes of content: text, or a list of parts of the model's own types. */
function asText(output: unknown): unknown {
  const parts = z.array(z.looseObject({ text: z.string() })).safeParse(output);
  if (parts.success) return parts.data[0]?.text;
  const part = typeof output === "string" ? z.looseObject({ text: z.string() }).safeParse(parsed(output)) : undefined;
  return part?.success === true ? part.data.text : output;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
