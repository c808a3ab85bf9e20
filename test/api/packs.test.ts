import { expect, test } from "vitest";
import { formatUsd, micros } from "#core/domain/money.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { packList, packView } from "../../edge/packs/schemas.ts";
import { openapiDocument } from "../../edge/openapi/document.ts";
import { acceptedRun, bearer, call, get, pointers, post, problemOf } from "./client.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";

const world = await sharedWorld();

const ask = ({ api_key }: Account, rest = "") => get(`${world.url}/v1/packs${rest}`, api_key);
const list = async (account: Account) => packList.parse((await ask(account)).body).packs;

interface Described {
  readonly properties: { readonly inputs: object };
}
const { components } = openapiDocument("https://api.example") as {
  readonly components: { readonly schemas: Readonly<Record<string, Described>> };
};

test("the catalogue has every pack, and says which the plan includes", async () => {
  const account = await world.account();
  const answer = await ask(account);
  expect(answer.headers.get("ratelimit")).toMatch(/^"read";r=\d+;t=\d+$/);
  const { packs } = packList.parse(answer.body);
  expect(packs.map(({ pack_type }) => pack_type)).toEqual([...catalog.keys()]);
  expect(packs.filter(({ in_plan }) => in_plan).map(({ pack_type }) => pack_type)).toEqual(["decision", "url"]);
});

test.each([...catalog.values()])("the pack $type is shown with its schema, prices and limits", async (offer) => {
  const account = await world.account({ plan: { max_cost_micros: micros(7_500_000) } });
  const answer = await ask(account, `/${offer.type}`);
  const pack = packView.parse(answer.body);
  expect((await list(account)).find(({ pack_type }) => pack_type === offer.type)).toEqual(pack);
  expect(pack).toMatchObject({
    pack_version: offer.version,
    title: offer.title,
    summary: offer.summary,
    reliability: offer.reliability,
    limits: {
      max_cost_usd: { minimum: "0.0050", maximum: "7.5000" },
      timebox_sec: { minimum: 1, maximum: 900, default: 90 },
      body_bytes: { maximum: 262_144 },
    },
  });
  for (const [unit, { unit_micros, per }] of Object.entries(offer.prices)) {
    expect(pack.prices[unit]).toEqual({ unit_price_usd: formatUsd(unit_micros), per });
  }
  const name = `Create${offer.type.charAt(0).toUpperCase()}${offer.type.slice(1)}Run`;
  expect(components.schemas[name]?.properties.inputs).toMatchObject({ $ref: expect.stringMatching(/Inputs$/) });
  for (const schema of [pack.inputs, pack.data]) {
    expect(schema["$schema"]).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(JSON.stringify(schema)).not.toContain("$ref");
    expect(schema["properties"] ?? schema["oneOf"]).toBeTruthy();
  }
});

test.each([...catalog.keys()])("every example of the pack %s is taken as it stands", async (type) => {
  const account = await world.account();
  await world.owner.query("UPDATE plans SET pack_types = $2 WHERE plan_id = $1", [
    `plan-${account.tenant_id}`,
    [...catalog.keys()],
  ]);
  const { examples } = packView.parse((await ask(account, `/${type}`)).body);
  for (const { run: body } of examples) {
    expect(body.pack_type).toBe(type);
    acceptedRun(await post({ url: world.url, api_key: account.api_key, body }));
  }
});

test("an account without a plan sees the catalogue and has nothing of it", async () => {
  const packs = await list(await world.account({ plan: null }));
  expect(packs.some(({ in_plan }) => in_plan)).toBe(false);
  expect(packs[0]?.limits.max_cost_usd.maximum).toBe("1000000.0000");
});

test("each account sees its own plan", async () => {
  const [one, two] = [await world.account(), await world.account()];
  await world.owner.query("UPDATE plans SET pack_types = '{char}' WHERE plan_id = $1", [`plan-${two.tenant_id}`]);
  const included = async (account: Account) =>
    (await list(account)).filter(({ in_plan }) => in_plan).map(({ pack_type }) => pack_type);
  expect([await included(one), await included(two)]).toEqual([["decision", "url"], ["char"]]);
});

test.each(["alchemy", "Decision", "__proto__", "constructor", "%00", "decision%20"])(
  "there is no pack %s",
  async (type) => {
    const document = problemOf(await ask(await world.account(), `/${type}`), 404, "not-found");
    expect(document.detail).toBe("Pack not found.");
  },
);

test("HEAD answers like GET, and a query is refused", async () => {
  const account = await world.account();
  for (const path of ["", "/decision"]) {
    const head = await call(`${world.url}/v1/packs${path}`, { method: "HEAD", headers: bearer(account.api_key) });
    expect([head.status, head.text]).toEqual([200, ""]);
    const refused = problemOf(await ask(account, `${path}?in_plan=true`), 400, "invalid-request");
    expect(pointers(refused)).toEqual(["in_plan"]);
  }
});
