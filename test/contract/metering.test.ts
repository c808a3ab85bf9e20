import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAX_COST_MICROS, micros } from "#core/domain/money.ts";
import { chargeFor, type PackOffer, type PackOutcome, priceOf, priceRange } from "#core/domain/pack.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { createGuardedFetch } from "../../backend/drivers/fetch/guarded-fetch.ts";
import { createPacks } from "../../backend/worker/packs/registry.ts";
import { openedOutcome, turn } from "../unit/packs/decision-fixture.ts";
import { startModelStandIn } from "../support/model-stand-in.ts";
import { silentLog as log } from "../support/silent-log.ts";
import { NEWS_PAGE } from "../unit/packs/page-fixture.ts";
import { type LocalServer, serve } from "./support/local-server.ts";
import { type Priced, pricedInputs } from "./support/pack-inputs.ts";

const signal = new AbortController().signal;
const reservation = fc.integer({ min: 5_000, max: 60_000 }).map(micros);

let server: LocalServer;
let model: Awaited<ReturnType<typeof startModelStandIn>>;
let packs: ReturnType<typeof createPacks>;
beforeAll(async () => {
  model = await startModelStandIn();
  packs = createPacks({ model: model.settings });
  server = await serve((request, response) => {
    const bytes = Number(request.url?.slice(1));
    const sized = request.url !== "/" && Number.isSafeInteger(bytes);
    response.writeHead(200, { "content-type": sized ? "text/plain" : "text/html" });
    response.end(sized ? "x".repeat(bytes) : NEWS_PAGE);
  });
});
afterAll(() => Promise.all([server[Symbol.asyncDispose](), model.close()]));

/** Runs the pack on the network of this machine, to which every public name leads. */
function run(offer: PackOffer, inputs: unknown): Promise<PackOutcome> {
  const pack = packs.get(offer.type);
  if (pack === undefined) throw new Error(`${offer.type} is offered, and no worker has it`);
  const guarded = createGuardedFetch({ allowHosts: [`127.0.0.1:${server.port}`] });
  const fetch: typeof guarded = (url, options) => guarded(url.startsWith(server.origin) ? url : server.origin, options);
  return pack
    .run(inputs, { signal, turn, cap: micros(MAX_COST_MICROS), is_free: false, owe: () => undefined, log, fetch })
    .then(openedOutcome);
}

async function meter(offer: PackOffer, given: unknown, reserved: ReturnType<typeof micros>) {
  const inputs = offer.inputs.parse(given);
  const estimate = offer.estimate(inputs);
  const [first, second] = await Promise.all([
    run(offer, inputs),
    run(offer, offer.inputs.parse(structuredClone(given))),
  ]);
  if (first.kind !== "done") throw new Error(`${first.reason_code}: ${first.detail}`);
  expect(JSON.stringify(second)).toBe(JSON.stringify(first));
  expect(offer.data.parse(first.data)).toEqual(first.data);

  for (const count of Object.values(first.units)) expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
  const price = priceOf(offer.prices, first.units);
  expect(chargeFor(offer.prices, first.units, reserved)).toBe(price > reserved ? undefined : price);
  if (estimate.exact) expect(first.units).toEqual(estimate.units);
  const { least, most } = priceRange(offer.prices, estimate);
  // A question back costs nothing, whatever an answer would.
  if (price > 0 || estimate.needs_input === undefined) expect(price).toBeGreaterThanOrEqual(least);
  expect(price).toBeLessThanOrEqual(most);
  return price;
}

const offers = [...catalog.values()].map((offer): [string, PackOffer] => [offer.type, offer]);

describe.each(offers)("the meter of %s", (type, offer) => {
  test("charges the price list x units, as estimated when it can be known, and the same work the same", async () => {
    const priced = pricedInputs(server.origin)[type];
    const example = fc.constant<Partial<Priced>>({ inputs: offer.examples[0].inputs });
    await fc.assert(
      fc.asyncProperty(priced?.draw ?? example, reservation, async (drawn, reserved) => {
        const price = await meter(offer, drawn.inputs, reserved);
        if (drawn.micros !== undefined) expect(price).toBe(drawn.micros);
      }),
      { numRuns: priced?.times ?? 1, seed: 7 },
    );
  });

  test("estimates its example, and knows a price for every unit of it", () => {
    const { units } = offer.estimate(offer.inputs.parse(offer.examples[0].inputs));
    expect(priceOf(offer.prices, units)).toBeGreaterThan(0);
  });
});
