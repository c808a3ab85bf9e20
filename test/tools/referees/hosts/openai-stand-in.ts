import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { refusalOf } from "./openai-rules.ts";

const functionTool = z.object({
  type: z.literal("function"),
  name: z.string(),
  description: z.string().nullish(),
  strict: z.boolean().nullish(),
  parameters: z.record(z.string(), z.unknown()),
});
const ask = z.object({
  tools: z.array(functionTool),
  input: z.array(z.looseObject({ type: z.string().optional(), output: z.unknown().optional() })),
});

export interface StandIn {
  readonly url: string;
  /** What the model was given back by tools. */
  readonly outputs: unknown[];
  stop(): Promise<void>;
}

interface WantedCall {
  readonly name: string;
  readonly given: object;
}

/** OpenAI's Responses API as far as an agent sees it, with a model that calls tools one after the other and is content. */
export async function startOpenAi(...wanted: readonly WantedCall[]): Promise<StandIn> {
  const outputs: unknown[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { status, body } = answer(JSON.parse(Buffer.concat(chunks).toString()), wanted, outputs);
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    })().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    outputs,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(asked: unknown, wanted: readonly WantedCall[], outputs: unknown[]) {
  const { tools, input } = ask.parse(asked);
  const message = tools.map((tool) => refusalOf(tool)).find((each) => each !== undefined);
  if (message !== undefined)
    return {
      status: 400,
      body: { error: { message, type: "invalid_request_error", code: "invalid_function_parameters" } },
    };
  const unknown = wanted.find(({ name }) => !tools.some((tool) => tool.name === name));
  if (unknown !== undefined)
    return { status: 400, body: { error: { message: `no tool ${unknown.name}`, type: "invalid_request_error" } } };
  const results = input.filter(({ type }) => type === "function_call_result" || type === "function_call_output");
  outputs.splice(0, Infinity, ...results.map(({ output }) => output));
  const next = wanted[results.length];
  const call = next && {
    type: "function_call",
    id: `fc_${results.length}`,
    call_id: `call_${results.length}`,
    name: next.name,
    arguments: JSON.stringify(next.given),
    status: "completed",
  };
  const text = {
    type: "message",
    id: "msg_1",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: "bought", annotations: [] }],
  };
  const output = [call ?? text];
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  const body = {
    id: "resp_1",
    object: "response",
    status: "completed",
    model: "stand-in",
    created_at: 0,
    output,
    usage,
  };
  return { status: 200, body };
}
