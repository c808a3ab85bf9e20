import type { ServerResponse } from "node:http";
import { forward, type AwsEmulator, type Reply } from "./aws-emulator.ts";
import { sendFault, sendReply } from "./aws-reply.ts";
import type { Fault, ReceivedRequest } from "./sigv4-check.ts";

/** Runs tasks of the same key one after the other. */
function keyLocks(): (key: string, task: () => Promise<void>) => Promise<void> {
  const tails = new Map<string, Promise<void>>();
  return (key, task) => {
    const done = (tails.get(key) ?? Promise.resolve()).then(task);
    const tail = done
      .catch(() => undefined)
      .then(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
    tails.set(key, tail);
    return done;
  };
}

/** Headers of a response to GET that its address may replace (GetObject, Request Syntax). */
const OVERRIDES = [
  "content-type",
  "content-language",
  "expires",
  "cache-control",
  "content-disposition",
  "content-encoding",
] as const;

function withOverrides(reply: Reply, target: string): Reply {
  if (reply.status !== 200 && reply.status !== 206) return reply;
  const asked = new URL(target, "http://s3.invalid").searchParams;
  const replaced = OVERRIDES.flatMap((name) => {
    const value = asked.get(`response-${name}`);
    return value === null ? [] : [[name, value] as const];
  });
  return { ...reply, headers: { ...reply.headers, ...Object.fromEntries(replaced) } };
}

/** S3 with the conditional PUT that the emulator ignores: of any number at once for one key exactly one creates it. */
export function s3Handler(app: AwsEmulator): (request: ReceivedRequest, response: ServerResponse) => Promise<void> {
  const locked = keyLocks();
  const fault = (code: string, message: string, status: number): Fault => ({ status, code, message });
  const put = async (request: ReceivedRequest, response: ServerResponse, path: string): Promise<void> => {
    if (request.method === "PUT" && request.headers["if-none-match"] !== undefined) {
      const found = await forward(app, { ...request, target: path, headers: {}, body: Buffer.alloc(0) }, "HEAD");
      if (found.status === 200) {
        const message = "At least one of the pre-conditions you specified did not hold";
        return sendFault(response, "s3", fault("PreconditionFailed", message, 412), request.method);
      }
    }
    sendReply(response, await forward(app, request));
  };
  return async (request, response) => {
    const path = request.target.split("?", 1)[0] ?? "/";
    if (
      decodeURIComponent(path)
        .split("/")
        .some((segment) => segment === "." || segment === "..")
    ) {
      return sendFault(response, "s3", fault("InvalidURI", "Couldn't parse the specified URI.", 400), request.method);
    }
    if (request.method === "GET" || request.method === "HEAD")
      return sendReply(response, withOverrides(await forward(app, request), request.target));
    const condition = request.headers["if-none-match"] ?? "*";
    if (condition !== "*" || request.headers["if-match"] !== undefined) {
      const message = "A header you provided implies functionality that is not implemented";
      return sendFault(response, "s3", fault("NotImplemented", message, 501), request.method);
    }
    return locked(path, () => put(request, response, path));
  };
}
