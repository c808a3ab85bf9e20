import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AI_SDK_5, AI_SDK_7, byAiSdk } from "./hosts/ai-sdk.ts";
import { byInspector } from "./hosts/inspector.ts";
import { byLangChain } from "./hosts/langchain.ts";
import { byMastra } from "./hosts/mastra.ts";
import { byMcpRemote } from "./hosts/mcp-remote.ts";
import { byOpenAiAgents } from "./hosts/openai-agents.ts";
import type { Host } from "./hosts/purchase.ts";
import { bySdk } from "./hosts/sdk.ts";
import type { Report } from "./report.ts";

const HOSTS: readonly (readonly [name: string, play: (host: Host) => Promise<void>])[] = [
  ["the SDK 1.17", bySdk("mcp-sdk-1.17")],
  ["the SDK 1.21", bySdk("mcp-sdk-1.21")],
  ["the AI SDK 5", byAiSdk(AI_SDK_5)],
  ["the AI SDK 7", byAiSdk(AI_SDK_7)],
  ["LangChain", byLangChain],
  ["OpenAI Agents", byOpenAiAgents],
  ["Mastra", byMastra],
  ["mcp-remote 0.1", byMcpRemote("mcp-remote-0.1")],
  ["mcp-remote 0.15", byMcpRemote("mcp-remote")],
  ["the Inspector", byInspector],
];

/** Every host estimates, buys with one call and gets the data, as its agents would. */
export async function judgeByHosts(report: Report, world: Host): Promise<void> {
  for (const [at, [name, play]] of HOSTS.entries()) {
    const dir = join(world.dir, `host-${at}`);
    mkdirSync(dir, { recursive: true });
    await report.check(`${name} estimates, buys and reads`, () => play({ ...world, dir }));
  }
}
