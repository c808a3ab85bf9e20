import { randomUUID } from "node:crypto";
import { z } from "zod";
import { bearer, call, newIdempotencyKey } from "./client.ts";
import { type Operation, operations, resolved } from "./document.ts";
import type { Account } from "./harness.ts";

const JSON_TYPE = "application/json";

/** One request that the document gives as its example. */
export interface Sample {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The example of an operation's body; undefined where it takes none, or none is needed. */
export function bodyOf({ requestBody }: Operation): unknown {
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
    name === "Idempotency-Key" ? [name, newIdempotencyKey()] : [name, String(example)],
  );
  const body = bodyOf(operation);
  const type = body === undefined ? {} : { "Content-Type": JSON_TYPE };
  return { method: operation.method, path, headers: { ...type, ...Object.fromEntries(headers) }, body };
}

/** Sends it; what `change` names takes the place of what the sample has. */
export function send(url: string, sample: Sample, change: RequestInit & { readonly query?: string } = {}) {
  const { query = "", ...init } = change;
  const body = sample.body === undefined ? {} : { body: JSON.stringify(sample.body) };
  const headers = new Headers(sample.headers);
  for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
  return call(url + sample.path + query, {
    method: sample.method,
    ...body,
    ...init,
    headers,
  });
}

const withId = z.record(z.string(), z.unknown());

/** The id of a new thing of this account, of the kind that stands before the path's first parameter. */
export async function newThing(url: string, owner: Account, path: string): Promise<string> {
  const collection = path.slice(0, path.indexOf("/{"));
  const create = operations.find((each) => each.path === collection && each.method === "POST");
  if (create === undefined) throw new Error(`nothing creates what ${path} is about`);
  const answer = await send(url, sampleOf(create), { headers: bearer(owner.api_key) });
  const named = Object.entries(withId.parse(answer.body)).find(([name]) => /^(id|\w+_id)$/.test(name));
  const id = z.uuid().safeParse(named?.[1]);
  if (!id.success) throw new Error(`${collection} answered ${answer.status} without an id: ${answer.text}`);
  return id.data;
}

export const absentId = (): string => randomUUID();
