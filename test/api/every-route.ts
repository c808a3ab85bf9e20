import { expect } from "vitest";
import { z } from "zod";
import type { Scope } from "#core/domain/plan.ts";
import { type ApiResponse, pointers, problemOf } from "./client.ts";
import { type Operation, operations, resolved } from "./document.ts";
import type { World } from "./harness.ts";
import { isId } from "./sample.ts";

export const SCOPES: readonly Scope[] = ["submit", "read", "admin"];
export const TRACE = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "X-Request-ID": "same" };

const titled = (each: Operation) => ({ title: `${each.method} ${each.path}`, operation: each });

/** The operations that need an API key; those of them that need a scope, take a body, are about things of the account. */
export const closed = operations.filter(({ open }) => !open).map(titled);
export const scoped = closed.filter(({ operation }) => operation["x-scope"] !== "any");
export const withBody = closed.filter(
  ({ operation }) => operation.requestBody?.content["application/json"] !== undefined,
);
export const ofOwnThings = closed.filter(({ operation }) => operation.parameters.some(isId));

/** The schema of an operation's body, or the first that it may have. */
export function bodySchema(operation: Operation) {
  const schema = resolved(operation.requestBody?.content["application/json"]?.schema);
  const [choice = schema] = (schema["oneOf"] ?? []) as readonly unknown[];
  return resolved(choice);
}

/** An account whose key has every scope, unless it is told otherwise. */
export const authorized = (world: World, key: Partial<{ scopes: readonly Scope[]; expires_at: Date }> = {}) =>
  world.account({ key: { scopes: SCOPES, ...key } });

/** Operations whose 400 is no problem document, and why. */
const OWN_WORDS: Readonly<Record<string, string>> = {
  mcp: "JSON-RPC 2.0 has errors of its own, which clients of the protocol look for",
};
const rpcFaults = z.object({
  error: z.object({ data: z.object({ errors: z.array(z.record(z.string(), z.string())) }) }),
});

/** The places that a 400 of this operation finds fault with. */
export function faultyIn({ operationId }: Operation, answer: ApiResponse): readonly (string | undefined)[] {
  if (!(operationId in OWN_WORDS)) return pointers(problemOf(answer, 400, "invalid-request"));
  expect([answer.status, answer.headers.get("content-type")], answer.text).toEqual([400, "application/json"]);
  return rpcFaults.parse(answer.body).error.data.errors.map(({ pointer, parameter }) => pointer ?? parameter);
}
