import { expect, test } from "vitest";
import { z } from "zod";
import { exportSettings, type FinishedSpan, otlpBody, TRACE_VARIABLES, traceFaults } from "#core/domain/otlp.ts";
import { continueTrace, parseTraceparent } from "#core/domain/trace.ts";

const SPAN: FinishedSpan = {
  trace_id: "5b8efff798038103d269b633813fc60c",
  span_id: "eee19b7ec3c1b174",
  parent_id: "eee19b7ec3c1b173",
  isParentRemote: true,
  name: "I'm a server span",
  kind: "server",
  began_ms: 1_544_712_660_000.25,
  ended_ms: 1_544_712_661_000,
  attributes: { "my.span.attr": "some value", count: 3, ratio: 0.5, ok: true, absent: undefined },
  failure: undefined,
};

const variables = z.object(TRACE_VARIABLES);
const read = (env: object) => variables.parse(env);

test("an export is what OTLP's JSON says: ids in hex, 64-bit numbers as text, values by their type", () => {
  expect(JSON.parse(otlpBody({ "service.name": "my.service" }, "1.0.0", [SPAN]))).toEqual({
    resourceSpans: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "my.service" } }] },
        scopeSpans: [
          {
            scope: { name: "decisionproof", version: "1.0.0" },
            spans: [
              {
                traceId: "5b8efff798038103d269b633813fc60c",
                spanId: "eee19b7ec3c1b174",
                parentSpanId: "eee19b7ec3c1b173",
                flags: 0x301,
                name: "I'm a server span",
                kind: 2,
                startTimeUnixNano: "1544712660000250000",
                endTimeUnixNano: "1544712661000000000",
                attributes: [
                  { key: "my.span.attr", value: { stringValue: "some value" } },
                  { key: "count", value: { intValue: "3" } },
                  { key: "ratio", value: { doubleValue: 0.5 } },
                  { key: "ok", value: { boolValue: true } },
                ],
                status: {},
              },
            ],
          },
        ],
      },
    ],
  });
});

test("a span that failed has the status of an error, and the first of a trace no parent", () => {
  const text = otlpBody({}, "1.0.0", [{ ...SPAN, parent_id: undefined, isParentRemote: false, failure: "why" }]);
  const [first] = JSON.parse(text).resourceSpans[0].scopeSpans[0].spans;
  expect(first).toMatchObject({ status: { code: 2, message: "why" }, flags: 0x101 });
  expect(first).not.toHaveProperty("parentSpanId");
});

test("without an endpoint there is nothing to export to", () => {
  expect(exportSettings(read({}), "dpp-worker")).toBeUndefined();
});

test("OpenTelemetry's own variables say where to, as whom, with what", () => {
  const env = read({
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example/otlp/",
    OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Bearer%20a%2Cb, x-team = payments",
    OTEL_SERVICE_NAME: "decisions",
  });
  expect(exportSettings(env, "dpp-worker")).toEqual({
    url: "https://collector.example/otlp/v1/traces",
    headers: { authorization: "Bearer a,b", "x-team": "payments", "content-type": "application/json" },
    service_name: "decisions",
  });
});

test.each([
  { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" },
  { OTEL_EXPORTER_OTLP_ENDPOINT: "https://user:secret@collector.example" },
  { OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example/?key=secret" },
  { OTEL_EXPORTER_OTLP_HEADERS: "secret" },
  { OTEL_EXPORTER_OTLP_HEADERS: "a=secret%0d%0ab" },
  { OTEL_EXPORTER_OTLP_HEADERS: "a=%secret" },
  { OTEL_TRACES_SAMPLER_ARG: "1.1" },
  { OTEL_TRACES_SAMPLER_ARG: "-0.1" },
  { OTEL_SERVICE_NAME: "" },
])("%j is refused, without its value", (env) => {
  const { error } = variables.safeParse(env);
  expect(error?.issues.map(({ path }) => path.join("."))).toEqual(Object.keys(env));
  expect(error?.issues.map(({ message }) => message).join()).not.toMatch(/secret/);
});

test("headers, which may be a secret, leave this machine with TLS alone", () => {
  const faults = (url: string, headers: string) =>
    traceFaults(read({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_HEADERS: headers })).map(([name]) => name);
  expect(faults("http://collector:4318", "a=b")).toEqual(["OTEL_EXPORTER_OTLP_ENDPOINT"]);
  expect(faults("http://collector:4318", "")).toEqual([]);
  expect(faults("https://collector:4318", "a=b")).toEqual([]);
  expect(faults("http://127.0.0.1:4318", "a=b")).toEqual([]);
});

test("traces are sampled by chance in the share that is asked for, whatever ids callers choose", () => {
  const randoms = Array.from({ length: 4_000 }, (_, index) => {
    const random = new Uint8Array(24).fill(7);
    new DataView(random.buffer).setUint32(9, Math.imul(index + 1, 0x9e3779b1) >>> 0);
    return random;
  });
  const chosen = `00-${"0".repeat(16)}${"f".repeat(16)}-${"cd".repeat(8)}-01`;
  const share = (header: string | undefined, ratio: number) =>
    randoms.filter((random) => parseTraceparent(continueTrace(header, random, ratio).parent)?.sampled).length /
    randoms.length;
  for (const header of [undefined, chosen]) {
    expect(share(header, 0)).toBe(0);
    expect(share(header, 1)).toBe(1);
    expect(share(header, 0.25)).toBeCloseTo(0.25, 2);
  }
});

test("a caller may leave its trace out, and cannot have more than the share recorded", () => {
  const random = new Uint8Array(24).fill(7);
  const sampled = (flags: string, ratio: number) =>
    parseTraceparent(continueTrace(`00-${"ab".repeat(16)}-${"cd".repeat(8)}-${flags}`, random, ratio).parent)?.sampled;
  expect(sampled("01", 1)).toBe(true);
  expect(sampled("00", 1)).toBe(false);
  expect(sampled("01", 0)).toBe(false);
  expect(parseTraceparent(continueTrace(undefined, random, 0).parent)?.sampled).toBe(false);
});
