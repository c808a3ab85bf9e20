import {
  type Capabilities,
  type Envelope,
  type Era,
  LEGACY,
  META,
  MODERN,
  requestMeta,
  RPC,
  RpcError,
  VERSIONS,
} from "./protocol.ts";

export interface Negotiated {
  readonly era: Era;
  readonly capabilities: Capabilities;
}

const isLegacyMethod = (method: string): boolean => method === "initialize";

/** Which revision a message speaks. Throws for one that is not known, and where header and body contradict each other. */
export function eraOf(message: Envelope, headers: Headers): Negotiated {
  const version = headers.get("MCP-Protocol-Version");
  const meta = message.params["_meta"];
  const has_meta = typeof meta === "object" && meta !== null && META.version in meta;
  if (isLegacyMethod(message.method) && version !== MODERN && !has_meta) return { era: "legacy", capabilities: {} };
  if (version === null) throw mismatch("The header MCP-Protocol-Version is missing.");
  if (!has_meta && version === LEGACY) return { era: "legacy", capabilities: {} };
  if (!has_meta && version !== MODERN) throw unsupported(version);
  // A notification has no answer, and the revision says nothing of its metadata.
  if (message.id === undefined) return { era: "modern", capabilities: {} };
  return modern(message, version);
}

function modern({ params }: Envelope, version: string): Negotiated {
  const parsed = requestMeta.safeParse(params["_meta"]);
  if (!parsed.success) {
    const missing = [META.version, META.capabilities].join(" and ");
    throw new RpcError(RPC.invalid_params, `params._meta must hold ${missing}.`);
  }
  const asked = parsed.data[META.version];
  if (asked !== version) {
    throw mismatch(`The header MCP-Protocol-Version says ${version}, params._meta says ${asked}.`);
  }
  if (asked !== MODERN) throw unsupported(asked);
  return { era: "modern", capabilities: parsed.data[META.capabilities] };
}

/** Which of the params `Mcp-Name` repeats. */
const NAMED: Readonly<Record<string, string>> = {
  "tools/call": "name",
  "tasks/get": "taskId",
  "tasks/update": "taskId",
  "tasks/cancel": "taskId",
};

/** Headers that repeat the body, for those who route by them. Throws where they do not. */
export function checkMethodHeader({ method }: Envelope, headers: Headers): void {
  const said = headers.get("Mcp-Method");
  if (said === null) throw mismatch("The header Mcp-Method is missing.");
  if (said !== method) throw mismatch(`The header Mcp-Method says ${said}, the body says ${method}.`);
}

export function checkNameHeader({ method, params }: Envelope, headers: Headers): void {
  const field = NAMED[method];
  const name = field === undefined ? undefined : params[field];
  if (typeof name !== "string") return;
  const said = headers.get("Mcp-Name");
  if (said === null) throw mismatch("The header Mcp-Name is missing.");
  if (decoded(said) !== name) throw mismatch(`The header Mcp-Name does not say what params.${field ?? ""} says.`);
}

const ENCODED = /^=\?base64\?(?<text>[A-Za-z0-9+/]*={0,2})\?=$/;

/** What a header says that cannot say it in plain ASCII; undefined where it is not well encoded. */
function decoded(value: string): string | undefined {
  if (!value.startsWith("=?base64?") || !value.endsWith("?=")) return value;
  const text = ENCODED.exec(value)?.groups?.["text"];
  if (text === undefined || text.length % 4 !== 0) return undefined;
  try {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.codePointAt(0) ?? 0);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const mismatch = (message: string) => new RpcError(RPC.header_mismatch, message);

const unsupported = (requested: string) =>
  new RpcError(RPC.version, "Unsupported protocol version", { supported: VERSIONS, requested });
