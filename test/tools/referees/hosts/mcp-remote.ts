import { load, toolFile } from "../tools.ts";
import { addressOf, type Host } from "./purchase.ts";
import { buyAs, type ClientModule, WHO } from "./sdk.ts";

type StdioModule = { readonly StdioClientTransport: new (options: object) => object };

/** A desktop host that knows programs alone, and mcp-remote between it and the edge. */
export const byMcpRemote = (packageName: string) => async (host: Host) => {
  const { Client: Made } = await load<ClientModule>("@modelcontextprotocol/sdk/client/index.js");
  const { StdioClientTransport: Over } = await load<StdioModule>("@modelcontextprotocol/sdk/client/stdio.js");
  const { href } = addressOf(host);
  const client = new Made(WHO, { capabilities: {} });
  await client.connect(
    new Over({
      command: process.execPath,
      // As its README says: the header's value comes from the environment, for it has a space.
      args: [
        toolFile(packageName, "mcp-remote"),
        href,
        "--transport",
        "http-only",
        "--allow-http",
        "--header",
        "Authorization:${AUTH}",
      ],
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: host.dir,
        MCP_REMOTE_CONFIG_DIR: host.dir,
        AUTH: `Bearer ${host.apiKey}`,
      },
      stderr: "ignore",
    }),
  );
  await buyAs(client);
};
