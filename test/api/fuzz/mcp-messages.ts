import fc from "fast-check";
import { catalog } from "#core/domain/packs/catalog.ts";
import { type Features, featuresOf, MODERN, VERSIONS } from "../../../edge/mcp/revisions.ts";
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
  describeTools(features: Features, packs: readonly string[]): readonly Described[];
};

const LEGACY = "2025-11-25";
const META = "io.modelcontextprotocol/";
const TASKS = `${META}tasks`;

/** Stands for one of the runs that are there when the request is sent, by its place among them. */
export const KNOWN_RUN = /00000000-0000-4000-8000-0000000000(\d\d)/g;
const runId = fc.oneof(
  fc.integer({ min: 10, max: 99 }).map((place) => `00000000-0000-4000-8000-0000000000${place}`),
  fc.uuid(),
);

/** Arguments of a tool, good or nearly; none that would make the answer wait for more than a second. */
function argumentsOf({ inputSchema }: Described): fc.Arbitrary<unknown> {
  const fits = fc.tuple(valueOf(inputSchema), runId).map(([value, run_id]) => {
    const given = value as Json;
    return { ...given, ...("run_id" in given && { run_id }) };
  });
  return fc
    .oneof({ weight: 3, arbitrary: fits }, { weight: 2, arbitrary: mangled(fits) })
    .map((given) =>
      typeof given === "object" && given !== null && "wait_seconds" in given
        ? { ...given, wait_seconds: Number(given.wait_seconds) % 2 || 0 }
        : given,
    );
}

const calls = fc.oneof(
  ...describeTools(featuresOf(MODERN), [...catalog.keys()]).map((tool) =>
    argumentsOf(tool).map((given) => ({ method: "tools/call", params: { name: tool.name, arguments: given } })),
  ),
);
/** All that the revisions know but `tasks/result`, which waits. */
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

interface Spoken {
  readonly method: string;
  readonly params: Json;
}

/** What is sent, before it is mangled. */
interface Framed {
  readonly headers: Message["headers"];
  readonly whole: unknown;
}

const bodyOf = ({ method, params }: Spoken, id: number): Json => ({
  jsonrpc: "2.0",
  ...(!method.startsWith("notifications/") && { id }),
  method,
  params,
});

const inModern = fc
  .tuple(fc.oneof({ weight: 3, arbitrary: calls }, others), fc.boolean(), fc.nat(9))
  .map(([{ method, params }, tasks, id]) => {
    const sent: Json = { ...params, _meta: metaOf(tasks) };
    const name = sent["name"] ?? sent["taskId"];
    const headers = [
      ["MCP-Protocol-Version", MODERN],
      ["Mcp-Method", method],
      ...(typeof name === "string" ? [["Mcp-Name", name] as const] : []),
    ] as const;
    return { headers, whole: bodyOf({ method, params: sent }, id) };
  });

/** One message, or several: some revisions have batches, the others must refuse them. */
const inLegacy = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: calls }, others), { minLength: 1, maxLength: 3 }),
    fc.constantFrom(undefined, ...VERSIONS.filter((version) => version !== MODERN)),
    fc.boolean(),
  )
  .map(([all, version, alone]) => ({
    headers: version === undefined ? [] : ([["MCP-Protocol-Version", version]] as const),
    whole: alone ? all.map(bodyOf)[0] : all.map(bodyOf),
  }));

/** Messages of every revision, most of them good, with headers that agree with them. */
export const messages: fc.Arbitrary<Message> = fc
  .tuple(fc.oneof<fc.Arbitrary<Framed>[]>(inModern, inLegacy), fc.nat(9))
  .chain(([{ headers, whole }, odd]) =>
    (odd === 0 ? mangled(fc.constant(whole)) : fc.constant(whole)).map((body) => ({
      headers,
      body: JSON.stringify(body) ?? "",
    })),
  );
