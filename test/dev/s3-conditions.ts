import type { ServerResponse } from "node:http";
import { forward, type AwsEmulator } from "./aws-emulator.ts";
import { sendFault, sendReply } from "./aws-reply.ts";
import { limitFault } from "./s3-limits.ts";
import { names, readObject } from "./s3-read.ts";
import type { Fault, ReceivedRequest } from "./sigv4-check.ts";

/** Runs tasks of the same key one after the other. */
function keyLocks(onIdle: (key: string) => void): (key: string, task: () => Promise<void>) => Promise<void> {
  const tails = new Map<string, Promise<void>>();
  return (key, task) => {
    const done = (tails.get(key) ?? Promise.resolve()).then(task);
    const tail = done
      .catch(() => undefined)
      .then(() => {
        if (tails.get(key) !== tail) return;
        tails.delete(key);
        onIdle(key);
      });
    tails.set(key, tail);
    return done;
  };
}

const fault = (code: string, message: string, status: number): Fault => ({ status, code, message });
const FAILED = fault("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412);
const CONFLICT = fault(
  "ConditionalRequestConflict",
  "A conflicting conditional operation is currently in progress against this resource. Please try again.",
  409,
);
const UNKNOWN = fault("NotImplemented", "A header you provided implies functionality that is not implemented", 501);
const BAD_PATH = fault("InvalidURI", "Couldn't parse the specified URI.", 400);
export const NO_CORS = fault("AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.", 403);

/**
 * S3 with what the emulator lacks: conditional writes, of which of any number at once for one key exactly one creates it;
 * conditional reads and ranges; the limits of names, metadata and digests.
 */
export function s3Handler(app: AwsEmulator): (request: ReceivedRequest, response: ServerResponse) => Promise<void> {
  /** Deletions per key while writes of it are under way. */
  const deletions = new Map<string, number>();
  const locked = keyLocks((key) => deletions.delete(key));
  const judge = async (request: ReceivedRequest, path: string, deletedBefore: number): Promise<Fault | undefined> => {
    const { "if-none-match": ifNoneMatch, "if-match": ifMatch } = request.headers;
    if (request.method !== "PUT" || (ifNoneMatch === undefined && ifMatch === undefined)) return undefined;
    if ((deletions.get(path) ?? 0) !== deletedBefore) return CONFLICT;
    const found = await forward(app, { ...request, target: path, headers: {}, body: Buffer.alloc(0) }, "HEAD");
    if (ifNoneMatch !== undefined) return found.status === 200 ? FAILED : undefined;
    if (found.status !== 200) return fault("NoSuchKey", "The specified key does not exist.", 404);
    return names(String(ifMatch), found.headers["etag"] ?? "") ? undefined : FAILED;
  };
  const write = async (request: ReceivedRequest, response: ServerResponse, path: string, deletedBefore: number) => {
    const refused = await judge(request, path, deletedBefore);
    if (refused !== undefined) return sendFault(response, "s3", refused, request.method);
    if (request.method === "DELETE") deletions.set(path, (deletions.get(path) ?? 0) + 1);
    sendReply(response, await forward(app, request));
  };
  return async (request, response) => {
    const path = request.target.split("?", 1)[0] ?? "/";
    const refused = requestFault(request, path);
    if (refused !== undefined) return sendFault(response, "s3", refused, request.method);
    if (request.method === "GET" || request.method === "HEAD") {
      const reply = await readObject(app, request);
      return "code" in reply ? sendFault(response, "s3", reply, request.method) : sendReply(response, reply);
    }
    const deletedBefore = deletions.get(path) ?? 0;
    return locked(path, () => write(request, response, path, deletedBefore));
  };
}

function requestFault(request: ReceivedRequest, path: string): Fault | undefined {
  const segments = decodeURIComponent(path).split("/");
  if (segments.some((segment) => segment === "." || segment === "..")) return BAD_PATH;
  const limited = limitFault(request, segments.slice(2).join("/"));
  if (limited !== undefined) return limited;
  const { "if-none-match": ifNoneMatch, "if-match": ifMatch } = request.headers;
  const isWrite = request.method !== "GET" && request.method !== "HEAD";
  // S3 knows no other condition of a write than "there is none" and "it is this one".
  if (isWrite && ((ifNoneMatch ?? "*") !== "*" || (ifNoneMatch !== undefined && ifMatch !== undefined))) return UNKNOWN;
  return undefined;
}
