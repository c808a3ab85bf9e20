import { catalog } from "#core/domain/packs/catalog.ts";
import { type Features, featuresOf, MODERN } from "../../../edge/mcp/revisions.ts";
import { schemaErrors } from "../document.ts";
import type { Exchange } from "./check-exchange.ts";

type Json = Readonly<Record<string, unknown>>;

interface Described {
  readonly name: string;
  readonly outputSchema: Json;
}

// Compiled against the types of Workers, which are not the tests' own.
const { describeTools } = (await import(new URL("../../../edge/mcp/tools.ts", import.meta.url).href)) as {
  describeTools(features: Features, packs: readonly string[]): readonly Described[];
};

const schemas = new Map(
  describeTools(featuresOf(MODERN), [...catalog.keys()]).map(({ name, outputSchema }) => [name, outputSchema]),
);

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const objectsIn = (text: string): readonly Json[] => {
  const value = parsed(text);
  return (Array.isArray(value) ? value : [value]).filter(isObject);
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const nameOf = ({ params }: Json): unknown => (isObject(params) ? params["name"] : undefined);

/** What the structure of a tool's answer is that its output schema, or that of results, does not say. `body` is what was sent. */
export function checkMcp(body: string | undefined, { status, text = "" }: Exchange): readonly string[] {
  if (status !== 200) return [];
  const asked = objectsIn(body ?? "");
  return objectsIn(text).flatMap(({ id, result }) => {
    if (!isObject(result) || !isObject(result["structuredContent"])) return [];
    const structure = result["structuredContent"];
    const messages = asked.filter((message) => message["id"] === id);
    const schema = messages.length === 1 ? schemas.get(String(nameOf(messages[0] ?? {}))) : undefined;
    const faults = schema === undefined ? [] : schemaErrors(schema, structure);
    const ofOutput = isObject(structure["output"])
      ? schemaErrors({ $ref: "#/components/schemas/Output" }, structure["output"])
      : [];
    return [...faults, ...ofOutput].map((fault) => `a structure where ${fault}`);
  });
}
