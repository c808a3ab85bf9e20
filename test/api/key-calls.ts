import { keyList, newKeyView, rotatedKeyView } from "../../edge/keys/schemas.ts";
import { expect } from "vitest";
import { type ApiResponse, bearer, call, get } from "./client.ts";
import type { Account } from "../dev/add-tenant.ts";
import type { World } from "./harness.ts";

export const NEW_KEY = { name: "ci", scopes: ["submit", "read"] };

/** The key routes of one edge. */
export function keyCalls(world: () => World) {
  const send = (api_key: string, method: string, path: string, body?: unknown): Promise<ApiResponse> =>
    call(`${world().url}/v1/keys${path}`, {
      method,
      headers: { ...bearer(api_key), ...(body !== undefined && { "Content-Type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return {
    send,
    /** An account whose key may do all. */
    admin: () => world().account({ key: { scopes: ["submit", "read", "admin"], name: "root" } }),
    create: ({ api_key }: Pick<Account, "api_key">, change: object = {}) =>
      send(api_key, "POST", "", { ...NEW_KEY, ...change }),
    rotate: ({ api_key }: Pick<Account, "api_key">, key_id: string, body?: object) =>
      send(api_key, "POST", `/${key_id}/rotate`, body),
    update: ({ api_key }: Pick<Account, "api_key">, key_id: string, body: object) =>
      send(api_key, "PATCH", `/${key_id}`, body),
    revoke: ({ api_key }: Pick<Account, "api_key">, key_id: string) => send(api_key, "DELETE", `/${key_id}`),
    list: async ({ api_key }: Pick<Account, "api_key">, query = "") => {
      const answer = await get(`${world().url}/v1/keys${query}`, api_key);
      expect(answer.status, answer.text).toBe(200);
      return keyList.parse(answer.body);
    },
    budgetOf: (api_key: string) => get(`${world().url}/v1/budget`, api_key),
  };
}

/** The 201 of a new key, checked against the schema that documents it. */
export function made(answer: ApiResponse) {
  expect(answer.status, answer.text).toBe(201);
  return newKeyView.parse(answer.body);
}

/** The same of a rotation. */
export function rotated(answer: ApiResponse) {
  expect(answer.status, answer.text).toBe(201);
  return rotatedKeyView.parse(answer.body);
}
