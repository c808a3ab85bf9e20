import { randomUUID } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { z } from "zod";

const decision = (min_reliability_score?: number) => ({
  pack_type: "decision",
  inputs: { question: "Which one?" },
  max_cost_usd: "0.0500",
  idempotency_key: `referee-${randomUUID()}`,
  ...(min_reliability_score !== undefined && { min_reliability_score }),
});

/** The suite calls tools of fixed names, which no product has. Each stands here for one of ours that does the same. */
const STANDS_FOR: Readonly<Record<string, () => { readonly name: string; readonly arguments: object }>> = {
  test_simple_text: () => ({ name: "get_budget", arguments: {} }),
  test_logging_tool: () => ({ name: "get_budget", arguments: {} }),
  test_streaming_elicitation: () => ({ name: "get_budget", arguments: {} }),
  test_error_handling: () => ({ name: "get_run", arguments: { run_id: "01a1fa37-24d5-77a5-b92c-ccf601371541" } }),
  greet: () => ({ name: "get_budget", arguments: {} }),
  confirm_delete: () => ({ name: "get_budget", arguments: {} }),
  slow_compute: () => ({ name: "submit_run", arguments: decision() }),
  // A bare question is answered with what is missing, which is not reliable at all: the run fails.
  failing_job: () => ({ name: "submit_run", arguments: decision(1) }),
};

const toolCall = z.looseObject({
  method: z.literal("tools/call"),
  params: z.looseObject({ name: z.string() }),
});

/** The message with our tool in the place of the suite's; whatever else it is stays as it is, faults and all. */
function translated(text: string): { readonly text: string; readonly from?: string; readonly to?: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { text };
  }
  const message = toolCall.safeParse(value);
  const ours = message.success ? STANDS_FOR[message.data.params.name]?.() : undefined;
  if (!message.success || ours === undefined) return { text };
  const { params } = message.data;
  return {
    text: JSON.stringify({ ...message.data, params: { ...params, ...ours } }),
    from: params.name,
    to: ours.name,
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** A loopback front of the edge that adds the API key, which the suite cannot send, and translates the tools' names. */
export async function startStandIn({ edgeUrl, apiKey }: { readonly edgeUrl: string; readonly apiKey: string }) {
  const server = createServer((incoming, outgoing) => {
    void bodyOf(incoming).then((body) => {
      const { text, from, to } = translated(body);
      const headers: IncomingHttpHeaders = {
        ...incoming.headers,
        authorization: `Bearer ${apiKey}`,
        "content-length": String(Buffer.byteLength(text)),
      };
      delete headers["transfer-encoding"];
      if (from !== undefined && headers["mcp-name"] === from) headers["mcp-name"] = to;
      const onward = request(new URL("/mcp", edgeUrl), { method: incoming.method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on("error", () => outgoing.destroy());
      onward.end(text);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the stand-in has no port");
  return {
    url: `http://127.0.0.1:${address.port}/mcp`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
