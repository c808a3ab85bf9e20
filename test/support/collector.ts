import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

const attributes = z.array(
  z.object({
    key: z.string(),
    value: z.union([
      z.strictObject({ stringValue: z.string() }).transform(({ stringValue }) => stringValue),
      z.strictObject({ intValue: z.string() }).transform(({ intValue }) => Number(intValue)),
      z.strictObject({ doubleValue: z.number() }).transform(({ doubleValue }) => doubleValue),
      z.strictObject({ boolValue: z.boolean() }).transform(({ boolValue }) => boolValue),
    ]),
  }),
);
const named = attributes.transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value])));
const id = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const span = z.strictObject({
  traceId: id(16),
  spanId: id(8),
  parentSpanId: id(8).optional(),
  flags: z.int(),
  name: z.string().min(1),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: z.string().regex(/^\d{19}$/),
  endTimeUnixNano: z.string().regex(/^\d{19}$/),
  attributes: named,
  status: z.strictObject({ code: z.literal(2).optional(), message: z.string().optional() }),
});
const exported = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes: named }),
      scopeSpans: z.array(
        z.strictObject({
          scope: z.strictObject({ name: z.string(), version: z.string() }),
          spans: z.array(span).min(1),
        }),
      ),
    }),
  ),
});

export type CollectedSpan = z.infer<typeof span> & { readonly service: unknown };

/** What arrived of spans in a request's body, by OTLP's JSON. */
const spansOf = (body: string): readonly CollectedSpan[] =>
  exported
    .parse(JSON.parse(body))
    .resourceSpans.flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) =>
        spans.map((each) => ({ ...each, service: resource.attributes["service.name"] })),
      ),
    );

/** A server that keeps what it is sent. `answer` is 200 unless it is given; "hang" answers nothing. */
export async function startCollector(answer: () => number | "hang" = () => 200) {
  const requests: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
  let arrived = Promise.withResolvers<void>();
  const reply = (response: ServerResponse) => {
    const status = answer();
    if (status !== "hang") response.writeHead(status, status === 307 ? { location: "/elsewhere" } : {}).end("{}");
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      requests.push({
        path: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      });
      reply(response);
      arrived.resolve();
      arrived = Promise.withResolvers();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}`,
    requests,
    /** At the next request. */
    next: () => arrived.promise,
    spans: () => requests.filter(({ path }) => path === "/v1/traces").flatMap(({ body }) => spansOf(body)),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
