import { load } from "../tools.ts";
import { addressOf, authorization, type Host, purchase } from "./purchase.ts";

interface Mastra {
  readonly MCPClient: new (options: object) => {
    listTools(): Promise<Readonly<Record<string, { execute(given: object, context?: object): Promise<unknown> }>>>;
    disconnect(): Promise<void>;
  };
}

export async function byMastra(host: Host): Promise<void> {
  const { MCPClient: Made } = await load<Mastra>("@mastra/mcp");
  const decisionproof = { url: addressOf(host), requestInit: { headers: authorization(host) } };
  const client = new Made({ id: "decisionproof-referee", servers: { decisionproof } });
  try {
    const tools = await client.listTools();
    await purchase(async (name, given) => {
      const tool = tools[`decisionproof_${name}`];
      if (tool === undefined) throw new Error(`Mastra has no tool ${name}: ${Object.keys(tools).join(", ")}`);
      return tool.execute(given, {});
    });
  } finally {
    await client.disconnect();
  }
}
