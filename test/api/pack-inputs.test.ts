import { beforeAll, describe, expect, test } from "vitest";
import { catalog } from "#core/domain/packs/catalog.ts";
import { BAD_INPUTS, type BadInputs } from "./bad-inputs.ts";
import { get, pointers, post, problemOf } from "./client.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";

const world = await sharedWorld();
let account: Account;

const LEAST_ROWS = 12;

/** What every pack refuses: inputs that are no object, a field that it does not know, and no text or number in a field. */
function badForAll(example: object): BadInputs {
  const fields = Object.keys(example).flatMap((field): BadInputs => [
    [`null as ${field}`, { ...example, [field]: null }, `/${field}`],
    [`an empty object as ${field}`, { ...example, [field]: { "": [] } }, `/${field}`],
    [`lists in lists as ${field}`, { ...example, [field]: [[[]]] }, `/${field}`],
    [`yes as ${field}`, { ...example, [field]: true }, `/${field}`],
  ]);
  return [
    ["no inputs", undefined, ""],
    ["null", null, ""],
    ["a list", [example], ""],
    ["a text", JSON.stringify(example), ""],
    ["an unknown field", { ...example, surprise: 1 }, "/surprise"],
    ["a field named __proto__", { ...example, ...JSON.parse('{"__proto__":{}}') }, "/__proto__"],
    ...fields,
  ];
}

const refused = async (pack_type: string, inputs: unknown) => {
  const before = world.roundTrips();
  const body = { pack_type, inputs, max_cost_usd: "1.0000" };
  const document = problemOf(await post({ url: world.url, api_key: account.api_key, body }), 400, "invalid-request");
  expect(world.roundTrips()).toEqual({ ...before, redis: before.redis + 1 });
  return pointers(document);
};

describe.each([...catalog.values()].map((offer) => [offer.type, offer] as const))("bad inputs of %s", (type, offer) => {
  const general = badForAll(offer.examples[0].inputs as object);
  const own = BAD_INPUTS[type] ?? [];
  // A key of its own for each: one that sends nothing but what does not fit is held back after a while.
  beforeAll(async () => {
    account = await world.account({ plan: { pack_types: [...catalog.keys()] } });
    await get(`${world.url}/v1/budget`, account.api_key);
  });

  test("are many", () => {
    expect(general.length + own.length).toBeGreaterThanOrEqual(LEAST_ROWS);
  });

  test.each(general)("%s: refused at the edge, at or below the field", async (_, inputs, pointer) => {
    const invalid = await refused(type, inputs);
    expect(invalid.length).toBeGreaterThan(0);
    for (const one of invalid) expect(`${one}/`.startsWith(`/inputs${pointer}/`), one).toBe(true);
  });

  test.each(own)("%s: refused at the edge, by a pointer to the field", async (_, inputs, pointer) => {
    expect(await refused(type, inputs)).toEqual([`/inputs${pointer}`]);
  });
});

test("the tables are of packs that there are, a dozen rows or more each", () => {
  for (const [type, rows] of Object.entries(BAD_INPUTS)) {
    expect(catalog.has(type)).toBe(true);
    expect(rows.length).toBeGreaterThanOrEqual(LEAST_ROWS);
  }
});

test("after all of that there is no run, and nothing but the grant in the ledger", async () => {
  const { tenant_id } = account;
  expect(await world.owner.query("SELECT FROM runs WHERE tenant_id = $1", [tenant_id])).toEqual([]);
  const kinds = "SELECT DISTINCT kind FROM ledger_transfers WHERE tenant_id = $1";
  expect(await world.owner.query(kinds, [tenant_id])).toEqual([{ kind: "GRANT" }]);
});
