import { runTool } from "../tools.ts";
import { addressOf, type Host, purchase } from "./purchase.ts";

/** The Inspector's command line, which also says what in the tools' schemas other hosts refuse. */
export async function byInspector(host: Host): Promise<void> {
  const inspect = (method: string, more: readonly string[]) =>
    runTool(
      "@modelcontextprotocol/inspector",
      "mcp-inspector",
      [
        "--cli",
        addressOf(host).href,
        "--transport",
        "http",
        "--header",
        `Authorization: Bearer ${host.apiKey}`,
        "--method",
        method,
        ...more,
      ],
      { HOME: host.dir, MCP_CATALOG_PATH: `${host.dir}/mcp.json` },
    );
  await inspect("tools/list", ["--strict"]);
  await purchase(async (name, given) => {
    const pairs = Object.entries(given).flatMap(([key, value]) => [
      "--tool-arg",
      // In quotes, since a bare 0.0500 would be taken for a number.
      `${key}=${JSON.stringify(value)}`,
    ]);
    return JSON.parse(await inspect("tools/call", ["--tool-name", name, ...pairs])) as unknown;
  });
}
