import { load } from "../tools.ts";
import { addressOf, authorization, type Host, purchase } from "./purchase.ts";

interface LangChain {
  readonly MultiServerMCPClient: new (servers: object) => {
    getTools(): Promise<readonly { readonly name: string; invoke(given: object): Promise<unknown> }[]>;
    close(): Promise<void>;
  };
}

/** The tools as LangChain's agents have them, which check their arguments themselves. */
export async function byLangChain(host: Host): Promise<void> {
  const { MultiServerMCPClient: Made } = await load<LangChain>("@langchain/mcp-adapters");
  const decisionproof = { transport: "http", url: addressOf(host).href, headers: authorization(host) };
  const client = new Made({ mcpServers: { decisionproof }, throwOnLoadError: true });
  try {
    const tools = await client.getTools();
    await purchase(async (name, given) => {
      const tool = tools.find((each) => each.name === name);
      if (tool === undefined) throw new Error(`LangChain has no tool ${name}`);
      return tool.invoke(given);
    });
  } finally {
    await client.close();
  }
}
