import { describe, expect, test } from "vitest";
import { acceptedRun, bearer, post } from "./client.ts";
import { type Operation, operations } from "./document.ts";
import { authorized } from "./every-route.ts";
import { complete } from "./finish.ts";
import { checkHeaders } from "./fuzz/check-exchange.ts";
import { streamingWorld } from "./harness.ts";
import { isId, sampleOf } from "./sample.ts";
import { newThings } from "./send.ts";
import { storedResult } from "./stored-result.ts";

const world = await streamingWorld();

/** What the headers of an answer are that the document does not say of this status of the operation. */
async function strays(operation: Operation, request: Request): Promise<readonly string[]> {
  const answer = await fetch(request);
  await answer.body?.cancel();
  const described = operation.responses[String(answer.status)];
  if (described === undefined) return [`a ${answer.status}, which is not described`];
  return checkHeaders(described.headers, answer).map((fault) => `${answer.status}: ${fault}`);
}

const titled = operations.map((operation) => ({ title: `${operation.method} ${operation.path}`, operation }));

describe.each(titled)("$title", ({ operation }) => {
  test("has no header that the document does not name", async () => {
    const owner = await authorized(world);
    const ids = operation.parameters.some(isId) ? await newThings(world, owner, operation.path) : [];
    const { method, path, headers, body } = sampleOf(operation, ids);
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const key = bearer(owner.api_key);
    const ask = (more: Record<string, string>, change: RequestInit = {}, query = "") =>
      strays(
        operation,
        new Request(world.url + path + query, {
          method,
          redirect: "manual",
          ...sent,
          ...change,
          headers: { ...headers, ...more },
        }),
      );
    const found = [
      await ask({}),
      await ask(key, {}, "?surprise=1"),
      await ask({ ...key, Accept: "text/html" }),
      await ask(key, { method: "PUT", body: null }),
      ...(method === "GET" ? [await ask({ ...key, "If-None-Match": "*" })] : []),
      ...(operation.requestBody === undefined ? [] : [await ask({ ...key, "Content-Type": "text/plain" })]),
      await ask(key),
    ];
    expect(found.flat()).toEqual([]);
  });
});

test("a result, a part of it and what is outside of it have the headers that the document names", async () => {
  const owner = await authorized(world);
  const { run_id } = acceptedRun(await post({ url: world.url, api_key: owner.api_key }));
  await complete(world.backend, run_id, storedResult(run_id), 10_000);
  const output = operations.find(({ operationId }) => operationId === "getOutput");
  if (output === undefined) throw new Error("the document has no getOutput");
  for (const Range of ["", "bytes=0-9", "bytes=99999-"]) {
    const headers = { ...bearer(owner.api_key), ...(Range !== "" && { Range }) };
    const url = `${world.url}/v1/runs/${run_id}/output`;
    expect(await strays(output, new Request(url, { headers }))).toEqual([]);
  }
});
