import { randomUUID } from "node:crypto";
import { type Operation, resolved } from "./document.ts";

const JSON_TYPE = "application/json";
const NOBODYS_ID = "01a1fa37-24d5-77a5-b92c-ccf601371541";

type Json = Readonly<Record<string, unknown>>;
type Parameter = Operation["parameters"][number];

/** One request that the document gives as its example. */
export interface Sample {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Headers that a sample bears: those that must be there, and those that say again what the body says. */
const isSent = ({ in: place, name, required }: Parameter): boolean =>
  place === "header" && (required || /^mcp-/i.test(name));

/** Whether a parameter is the id of a thing, or may be. */
export const isId = ({ in: place, schema }: Parameter): boolean =>
  place === "path" && [schema, ...((schema["anyOf"] ?? []) as readonly Json[])].some(({ format }) => format === "uuid");

function pathExample(parameter: Parameter): string {
  if (typeof parameter.example === "string") return parameter.example;
  return isId(parameter) ? NOBODYS_ID : "example";
}

/** A parameter that need not be sent has its example in its schema, so that no page sends it unasked. */
function headerExample({ name, example, schema }: Parameter): string {
  const { examples: [first] = [] } = schema as { readonly examples?: readonly unknown[] };
  const found = example ?? first;
  if (typeof found !== "string") throw new Error(`the header ${name} has no example`);
  return found;
}

/** The example of an operation's body; undefined where it takes none. */
function bodyOf({ requestBody }: Operation): unknown {
  const media = requestBody?.content[JSON_TYPE];
  if (media === undefined) return undefined;
  if (media.example !== undefined) return media.example;
  const [named] = Object.values(media.examples ?? {});
  if (named !== undefined) return named.value;
  const schema = resolved(media.schema);
  const [choice] = (schema["oneOf"] ?? [schema]) as readonly unknown[];
  const { examples = [{}] } = resolved(choice) as { readonly examples?: readonly unknown[] };
  return examples[0];
}

/** A request of the operation, made of its examples; `ids` take the place of the path's parameters, in their order. */
export function sampleOf(operation: Operation, ids: readonly string[] = []): Sample {
  let at = 0;
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const parameter = operation.parameters.find((each) => each.in === "path" && each.name === name);
    if (parameter === undefined) throw new Error(`${operation.path} does not describe ${name}`);
    return encodeURIComponent(ids[at++] ?? pathExample(parameter));
  });
  const headers = operation.parameters
    .filter(isSent)
    .map((parameter) =>
      parameter.name === "Idempotency-Key"
        ? [parameter.name, `sample-${randomUUID()}`]
        : [parameter.name, headerExample(parameter)],
    );
  const body = bodyOf(operation);
  const type = body === undefined ? {} : { "Content-Type": JSON_TYPE };
  return { method: operation.method, path, headers: { ...type, ...Object.fromEntries(headers) }, body };
}
