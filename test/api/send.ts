import { randomUUID } from "node:crypto";
import { z } from "zod";
import { bearer, call } from "./client.ts";
import { operations } from "./document.ts";
import type { Account } from "./harness.ts";
import { type Sample, sampleOf } from "./sample.ts";

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
