import { type Fault, Problem } from "#core/domain/problem.ts";

export const MAX_BODY_BYTES = 256 * 1024;
const MAX_DEPTH = 32;

/** The body's bytes. Throws the 415, 413 and, for one that breaks off, 400 problems. */
export async function readBody(request: Request): Promise<Uint8Array> {
  requireJson(request.headers);
  return readBytes(request);
}

/** The same where a body may be left out: undefined without one, whatever type its headers name. */
export async function readOptionalBody(request: Request): Promise<Uint8Array | undefined> {
  const bytes = await readBytes(request);
  if (bytes.byteLength === 0) return undefined;
  requireJson(request.headers);
  return bytes;
}

function requireJson(headers: Headers): void {
  const encoding = headers.get("Content-Encoding") ?? "identity";
  if (isJson(headers.get("Content-Type") ?? "") && encoding.toLowerCase() === "identity") return;
  throw new Problem("unsupported-media-type");
}

async function readBytes(request: Request): Promise<Uint8Array> {
  if (Number(request.headers.get("Content-Length") ?? "0") > MAX_BODY_BYTES) throw new Problem("payload-too-large");
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // Leaving the loop cancels the stream.
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > MAX_BODY_BYTES) throw new Problem("payload-too-large");
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Problem ? error : brokenOff();
  }
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : joined(chunks, size);
}

/** Whatever ends the stream of a request early is on the caller's side: a lost connection or a malformed chunk. */
const brokenOff = () =>
  new Problem("invalid-request", "The body broke off.", { errors: [{ pointer: "", detail: "broke off" }] });

/** The JSON value in a body. Throws the 400 problem for what is no JSON, or what the stores could not hold. */
export function parseJson(bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    throw new Problem("invalid-request", "The body is not JSON in UTF-8.", {
      errors: [{ pointer: "", detail: "is not JSON in UTF-8" }],
    });
  }
  const fault = findUnfit(value);
  if (fault !== undefined)
    throw new Problem("invalid-request", "The body holds what cannot be kept.", { errors: [fault] });
  return value;
}

function isJson(content_type: string): boolean {
  const [type = "", ...parameters] = content_type.toLowerCase().split(";");
  if (type.trim() !== "application/json") return false;
  return parameters.every((parameter) => {
    const [name = "", value = ""] = parameter.split("=");
    return name.trim() !== "charset" || ["utf-8", '"utf-8"'].includes(value.trim());
  });
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

interface Node {
  readonly value: unknown;
  readonly name: string;
  readonly parent: Node | undefined;
  readonly depth: number;
}

/** Walks without recursion: the value may be nested as deep as its size allows. */
function findUnfit(root: unknown): Fault | undefined {
  const open: Node[] = [{ value: root, name: "", parent: undefined, depth: 0 }];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const detail = unfit(node);
    if (detail !== undefined) return { pointer: pointerTo(node), detail };
    if (typeof node.value !== "object" || node.value === null) continue;
    for (const [name, value] of Object.entries(node.value)) {
      open.push({ value, name, parent: node, depth: node.depth + 1 });
    }
  }
  return undefined;
}

function unfit({ value, name, depth }: Node): string | undefined {
  if (name === "__proto__") return "is a reserved name";
  if (name.includes("\0") || !name.isWellFormed()) return "has a name with a NUL character or a lone surrogate";
  if (typeof value === "string" && value.includes("\0")) return "contains a NUL character";
  if (typeof value === "string" && !value.isWellFormed()) return "contains a lone surrogate";
  if (typeof value === "number" && !Number.isFinite(value)) return "is beyond the range of a double";
  if (typeof value === "object" && value !== null && depth >= MAX_DEPTH)
    return `is nested deeper than ${MAX_DEPTH} levels`;
  return undefined;
}

function pointerTo(node: Node): string {
  const names: (string | number)[] = [];
  for (let at: Node | undefined = node; at?.parent !== undefined; at = at.parent) names.unshift(at.name);
  return jsonPointer(names);
}

const MAX_POINTER_CHARS = 512;

/** An RFC 6901 JSON Pointer; one that would grow too long points at what is around the place. */
export function jsonPointer(names: readonly PropertyKey[]): string {
  let pointer = "";
  for (const name of names) {
    const next = `${pointer}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (next.length > MAX_POINTER_CHARS) break;
    pointer = next;
  }
  return pointer.toWellFormed();
}
