import { describe, expect, test } from "vitest";
import { bearer, pointers, problemOf } from "./client.ts";
import { authorized, bodySchema, faultyIn, withBody } from "./every-route.ts";
import { sharedWorld } from "./harness.ts";
import { sampleOf } from "./sample.ts";
import { send } from "./send.ts";

const world = await sharedWorld();

const MAX_BODY_BYTES = 256 * 1024;

const withFields = withBody.filter(({ operation }) => bodySchema(operation)["additionalProperties"] === false);

describe.each(withBody)("the body of $title", ({ operation }) => {
  const sent = async (body: string, headers: Readonly<Record<string, string>> = {}) => {
    const { api_key } = await authorized(world);
    return send(world.url, sampleOf(operation), { body, headers: { ...bearer(api_key), ...headers } });
  };
  const example = () => sampleOf(operation).body;

  test("is JSON, and says so", async () => {
    const body = JSON.stringify(example());
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", ""]) {
      problemOf(await sent(body, { "Content-Type": type }), 415, "unsupported-media-type");
    }
    problemOf(await sent(body, { "Content-Encoding": "gzip" }), 415, "unsupported-media-type");
    expect((await sent(body, { "Content-Type": "Application/JSON; Charset=UTF-8" })).status).not.toBe(415);
  });

  test("is of a size that may be read", async () => {
    problemOf(await sent(" ".repeat(MAX_BODY_BYTES + 1)), 413, "payload-too-large");
    expect((await sent(JSON.stringify(example()).padEnd(MAX_BODY_BYTES))).status).not.toBe(413);
  });

  test(`may ${operation.requestBody?.required === true ? "not " : ""}be left out`, async () => {
    const statuses = [];
    for (const type of ["application/json", "text/plain"])
      statuses.push((await sent("", { "Content-Type": type })).status);
    if (operation.requestBody?.required === true) expect(statuses).toEqual([400, 415]);
    else {
      // Some clients write what was left out as null.
      statuses.push((await sent(" null ")).status);
      for (const status of statuses) expect([400, 413, 415]).not.toContain(status);
    }
  });

  test("is refused where it is no JSON", async () => {
    for (const body of ["{", "nope", '{"a":1}}', "\u0000", "\ufeff{}x"]) {
      expect(faultyIn(operation, await sent(body))).toEqual([""]);
    }
  });
});

test.each(withFields)("the body of $title knows all its fields", async ({ operation }) => {
  const { api_key } = await authorized(world);
  const sample = sampleOf(operation);
  const body = { ...(sample.body as object), surprise: 1 };
  const answer = await send(world.url, { ...sample, body }, { headers: bearer(api_key) });
  expect(pointers(problemOf(answer, 400, "invalid-request"))).toEqual(["/surprise"]);
});
