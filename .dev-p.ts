import { parseJson } from "./edge/body.ts";
import { findFieldError } from "./edge/json-text.ts";
import { readRunRequest } from "./edge/read-run-request.ts";
import { decisionOffer } from "#core/domain/packs/decision.ts";
import { parseRunRequest } from "#core/domain/run-request.ts";
import { canonicalJson, payloadHash } from "#core/domain/idempotency.ts";
import { hostileBodies } from "./test/bodies/corpus.ts";
import { BODY_ROUTES } from "./test/bodies/routes.ts";
const route = BODY_ROUTES[0]!;
const body = [...hostileBodies(route, 250000)].find((b) => b.what === "a full table")!;
const text = body.text;
const bytes = new TextEncoder().encode(text);
const value = JSON.parse(text);
const cpu = (n: string, f: () => unknown, times = 200) => {
  for (let i = 0; i < 30; i++) f();
  let b = 1e9;
  for (let k = 0; k < 5; k++) {
    const s = process.threadCpuUsage();
    for (let i = 0; i < times; i++) f();
    const e = process.threadCpuUsage(s);
    b = Math.min(b, (e.user + e.system) / 1000 / times);
  }
  console.log(n.padEnd(20), b.toFixed(3));
};
cpu("decode+parse", () => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
cpu("scan", () => findFieldError(text));
cpu("parseJson", () => parseJson(bytes));
cpu("inputs schema", () => decisionOffer.inputs.safeParse(value.inputs));
cpu("parseRunRequest", () => parseRunRequest(value));
cpu("canonical", () => canonicalJson(value));
cpu("hash", () => payloadHash(value));
cpu("all", () =>
  readRunRequest(
    { random: { bytes: (n) => new Uint8Array(n) }, webhook_policy: { allow_http: false, allow_hosts: [] } },
    parseJson(bytes),
  ),
);
