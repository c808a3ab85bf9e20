import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { z } from "zod";

const request = z.object({
  model: z.string(),
  max_tokens: z.int().min(1),
  messages: z.array(z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() })).min(2),
});
const wanted = z.object({
  properties: z.record(z.string(), z.object({ type: z.enum(["string", "number", "integer"]) })),
});

/** What stands behind a name at the beginning of a line, up to the first comma that ends a word, or the end of the line. */
function labelled(text: string, name: string): string | undefined {
  for (const line of text.split("\n")) {
    if (!line.toLowerCase().startsWith(name.toLowerCase())) continue;
    const rest = line.slice(name.length).replace(/^[\s:*|]+/, "");
    return rest.split(/,\s|\s*\|/)[0]?.trim();
  }
  return undefined;
}

/** Takes out of a text what stands behind the names that a schema has. */
function extracted(task: string, text: string): object {
  const { properties } = wanted.parse(JSON.parse(task.slice(task.indexOf("JSON Schema: ") + "JSON Schema: ".length)));
  const members = Object.entries(properties).flatMap(([name, { type }]) => {
    const found = labelled(text, name);
    if (found === undefined) return [];
    return [[name, type === "string" ? found : Number(found.replaceAll(/[^\d.-]/g, ""))] as const];
  });
  return Object.fromEntries(members);
}

/** The share of a rubric's quoted words that an output has in it. */
function graded(rubric: string, output: string): object {
  const words = [...rubric.matchAll(/"([^"]+)"/g)].map(([, word = ""]) => word);
  const found = words.filter((word) => output.toLowerCase().includes(word.toLowerCase()));
  const score = words.length === 0 ? 0 : found.length / words.length;
  return { reason: `has ${found.length} of ${words.length}`, score };
}

const question = z.union([z.object({ text: z.string() }), z.object({ rubric: z.string(), output: z.string() })]);

function answerTo(body: unknown): object {
  const { model, messages } = request.parse(body);
  const [task, user] = messages;
  const asked = question.parse(JSON.parse(user?.content ?? ""));
  const answer = "text" in asked ? extracted(task?.content ?? "", asked.text) : graded(asked.rubric, asked.output);
  const content = JSON.stringify(answer);
  const prompt_tokens = Math.ceil(messages.reduce((sum, { content: said }) => sum + said.length, 0) / 4);
  const completion_tokens = Math.ceil(content.length / 4);
  return {
    object: "chat.completion",
    model,
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
  };
}

async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const answer = answerTo(await json(incoming));
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  } catch (error) {
    response.writeHead(400).end(String(error));
  }
}

/**
 * An OpenAI-compatible endpoint on this machine. It is no model: it reads values behind their names, and grades by the
 * words that a rubric quotes, the same way each time.
 */
export async function startModelStandIn() {
  const server = createServer((incoming, response) => void handle(incoming, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return {
    url,
    settings: { url, model: "stand-in" },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
