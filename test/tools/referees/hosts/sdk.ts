import { load } from "../tools.ts";
import { addressOf, authorization, type Host, purchase } from "./purchase.ts";

export interface Client {
  connect(transport: object): Promise<void>;
  close(): Promise<void>;
  listTools(): Promise<{ readonly tools: readonly unknown[] }>;
  callTool(call: { readonly name: string; readonly arguments: object }): Promise<unknown>;
}
export type ClientModule = { readonly Client: new (who: object, options: object) => Client };
type HttpModule = { readonly StreamableHTTPClientTransport: new (url: URL, options: object) => object };

export const WHO = { name: "decisionproof-referee", version: "1.0.0" };

/** A client of the official SDK as it was: `package` is the version's alias. */
export const bySdk = (packageName: string) => async (host: Host) => {
  const { Client: Made } = await load<ClientModule>(`${packageName}/client/index.js`);
  const { StreamableHTTPClientTransport: Over } = await load<HttpModule>(`${packageName}/client/streamableHttp.js`);
  const client = new Made(WHO, { capabilities: {} });
  await client.connect(new Over(addressOf(host), { requestInit: { headers: authorization(host) } }));
  await buyAs(client);
};

/** Lists the tools, so that the client learns what it checks structures against, and buys. */
export async function buyAs(client: Client): Promise<void> {
  try {
    const { tools } = await client.listTools();
    if (tools.length === 0) throw new Error("no tool is listed");
    await purchase((name, given) => client.callTool({ name, arguments: given }));
  } finally {
    await client.close();
  }
}
