import { randomUUID } from "node:crypto";
import { type Operation, resolved } from "./document.ts";

const JSON_TYPE = "application/json";

/** One request that the document gives as its example. */
export interface Sample {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The example of an operation's body; undefined where it takes none, or none is needed. */
function bodyOf({ requestBody }: Operation): unknown {
  const media = requestBody?.content[JSON_TYPE];
  if (media === undefined) return undefined;
  if (media.example !== undefined) return media.example;
  const [named] = Object.values(media.examples ?? {});
  if (named !== undefined) return named.value;
  const schema = resolved(media.schema);
  const [choice] = (schema["oneOf"] ?? [schema]) as readonly unknown[];
  return (resolved(choice)["examples"] as readonly unknown[] | undefined)?.[0];
}

/** A request of the operation, made of its examples; `ids` take the place of the path's parameters, in their order. */
export function sampleOf(operation: Operation, ids: readonly string[] = []): Sample {
  let at = 0;
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const example = operation.parameters.find((each) => each.in === "path" && each.name === name)?.example;
    return encodeURIComponent(ids[at++] ?? String(example));
  });
  const required = operation.parameters.filter((each) => each.in === "header" && each.required);
  const headers = required.map(({ name, example }) =>
    name === "Idempotency-Key" ? [name, `sample-${randomUUID()}`] : [name, String(example)],
  );
  const body = bodyOf(operation);
  const type = body === undefined ? {} : { "Content-Type": JSON_TYPE };
  return { method: operation.method, path, headers: { ...type, ...Object.fromEntries(headers) }, body };
}
