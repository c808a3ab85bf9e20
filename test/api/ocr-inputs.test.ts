import { afterAll, beforeAll, expect, test } from "vitest";
import { blackPng } from "../scan/png.ts";
import { SAMPLES } from "../scan/samples.ts";
import { get, pointers, post, problemOf } from "./client.ts";
import { type Account, createWorld, type World } from "./harness.ts";

let world: World;
let account: Account;
beforeAll(async () => {
  world = await createWorld();
  account = await world.account();
  // From here on the mirror knows the key.
  await get(`${world.url}/v1/budget`, account.api_key);
});
afterAll(() => world.close());

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const image_url = "https://a.example/scan.png";

test.each<[string, Record<string, unknown>, string]>([
  ["no image", {}, "/inputs/image"],
  ["two images", { image: SAMPLES.jpeg, image_url }, "/inputs/image_url"],
  ["an image that is no base64", { image: "%%%" }, "/inputs/image"],
  ["an image that is none", { image: base64(Buffer.from("<svg/>")) }, "/inputs/image"],
  ["a decompression bomb", { image: base64(blackPng(10_000, 10_000)) }, "/inputs/image"],
  ["an image of too many bytes", { image: base64(new Uint8Array(180_001)) }, "/inputs/image"],
  ["an image in a file", { image_url: "file:///etc/passwd" }, "/inputs/image_url"],
  ["a language that is not there", { image: SAMPLES.jpeg, language: "tlh" }, "/inputs/language"],
])("refuses %s with a pointer to the field, before Postgres is asked", async (_, inputs, pointer) => {
  const before = world.roundTrips();
  const body = { pack_type: "ocr", inputs, max_cost_usd: "0.0500" };
  const answer = await post({ url: world.url, api_key: account.api_key, body });
  expect(pointers(problemOf(answer, 400, "invalid-request"))).toContain(pointer);
  expect(world.roundTrips().postgres).toBe(before.postgres);
});
