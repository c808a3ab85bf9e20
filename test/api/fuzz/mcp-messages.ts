import fc from "fast-check";
import { mangled } from "./mangled.ts";
import { valueOf } from "./arbitrary-value.ts";

type Json = Readonly<Record<string, unknown>>;

interface Described {
  readonly name: string;
  readonly inputSchema: Json;
}

/** A message, and the headers that say again what is in it. */
export interface Message {
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

// Compiled against the types of Workers, which are not the tests' own.
const { describeTools } = (await import(new URL("../../../edge/mcp/tools.ts", import.meta.url).href)) as {
  describeTools(era: "modern"): readonly Described[];
};

const MODERN = "2026-07-28";
const LEGACY = "2025-11-25";
const META = "io.modelcontextprotocol/";
const TASKS = `${META}tasks`;

/** Stands for one of the runs that are there when the request is sent, by its place among them. */
export const KNOWN_RUN = /00000000-0000-4000-8000-0000000000(\d\d)/g;
const runId = fc.oneof(
  fc.integer({ min: 10, max: 99 }).map((place) => `00000000-0000-4000-8000-0000000000${place}`),
  fc.uuid(),
);

/** Arguments of a tool, good or nearly; none that would make the answer wait. */
function argumentsOf({ inputSchema }: Described): fc.Arbitrary<unknown> {
  const fits = fc.tuple(valueOf(inputSchema), runId).map(([value, run_id]) => {
    const given = value as Json;
    return { ...given, ...("run_id" in given && { run_id }) };
  });
  return fc
    .oneof({ weight: 3, arbitrary: fits }, { weight: 2, arbitrary: mangled(fits) })
    .map((given) =>
      typeof given === "object" && given !== null && "wait_seconds" in given ? { ...given, wait_seconds: 0 } : given,
    );
}

const calls = fc.oneof(
  ...describeTools("modern").map((tool) =>
    argumentsOf(tool).map((given) => ({ method: "tools/call", params: { name: tool.name, arguments: given } })),
  ),
);
/** All that both revisions know but `tasks/result`, which waits. */
const others = fc.oneof(
  fc.constantFrom<{ method: string; params: Json }>(
    { method: "server/discover", params: {} },
    { method: "ping", params: {} },
    { method: "tools/list", params: {} },
    { method: "tools/list", params: { cursor: "x" } },
    { method: "notifications/initialized", params: {} },
    {
      method: "initialize",
      params: { protocolVersion: LEGACY, capabilities: {}, clientInfo: { name: "a", version: "1" } },
    },
  ),
  fc.tuple(fc.constantFrom("tasks/get", "tasks/cancel", "tasks/update"), runId).map(([method, taskId]) => ({
    method,
    params: { taskId, ...(method === "tasks/update" && { inputResponses: {} }) },
  })),
);

const metaOf = (tasks: boolean): Json => ({
  [`${META}protocolVersion`]: MODERN,
  [`${META}clientCapabilities`]: tasks ? { extensions: { [TASKS]: {} } } : {},
});

/** Messages of both revisions, most of them good, with headers that are at one with them. */
export const messages: fc.Arbitrary<Message> = fc
  .tuple(
    fc.oneof({ weight: 3, arbitrary: calls }, { weight: 1, arbitrary: others }),
    fc.boolean(),
    fc.boolean(),
    fc.nat(9),
  )
  .chain(([{ method, params }, modern, tasks, odd]) => {
    const sent: Json = modern ? { ...params, _meta: metaOf(tasks) } : params;
    const id = method.startsWith("notifications/") ? {} : { id: odd };
    const whole = fc.constant({ jsonrpc: "2.0", ...id, method, params: sent });
    const name = sent["name"] ?? sent["taskId"];
    const headers = [
      ["MCP-Protocol-Version", modern ? MODERN : LEGACY],
      ...(modern ? [["Mcp-Method", method] as const] : []),
      ...(modern && typeof name === "string" ? [["Mcp-Name", name] as const] : []),
    ] as const;
    return (odd === 0 ? mangled(whole) : whole).map((body) => ({ headers, body: JSON.stringify(body) ?? "" }));
  });
