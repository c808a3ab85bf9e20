import { type Capabilities, type Envelope, META, requestMeta, RPC, RpcError, TASKS } from "./protocol.ts";
import { type Features, featuresOf, isRevision, MODERN, type Revision, VERSIONS, WITHOUT_HEADER } from "./revisions.ts";

/** What a message speaks, and what its client can do. */
export interface Negotiated {
  readonly revision: Revision;
  readonly features: Features;
  /** Whether its client names the tasks extension (2026-07-28). */
  readonly follows_tasks: boolean;
}

/** Which revision a message speaks. Throws for one that is not known, and where header and body contradict each other. */
export function eraOf(message: Envelope, headers: Headers): Negotiated {
  const version = headers.get("MCP-Protocol-Version");
  const meta = message.params["_meta"];
  const has_meta = typeof meta === "object" && meta !== null && META.version in meta;
  // Its params say which revisions the client speaks.
  if (message.method === "initialize" && version !== MODERN && !has_meta) return speaking(WITHOUT_HEADER);
  if (has_meta && version === null) throw mismatch("The header MCP-Protocol-Version is missing.");
  if (has_meta || version === MODERN) {
    // A notification has no answer, and the revision says nothing of its metadata.
    return message.id === undefined ? speaking(MODERN) : modern(message, version ?? "");
  }
  return speaking(revisionOf(headers));
}

/** The revision that the header names. Throws for one that is not known. */
export function revisionOf(headers: Headers): Revision {
  const version = headers.get("MCP-Protocol-Version") ?? WITHOUT_HEADER;
  if (!isRevision(version)) throw unsupported(version);
  return version;
}

const speaking = (revision: Revision, { extensions = {} }: Capabilities = {}): Negotiated => ({
  revision,
  features: featuresOf(revision),
  follows_tasks: Object.hasOwn(extensions, TASKS),
});

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
  return speaking(MODERN, parsed.data[META.capabilities]);
}

/** Which of the params `Mcp-Name` repeats. */
const NAMED: Readonly<Record<string, string>> = {
  "tools/call": "name",
  "tasks/get": "taskId",
  "tasks/update": "taskId",
  "tasks/cancel": "taskId",
};

/** Proxies route by the headers that repeat the body. Throws where they say something else. */
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
  if (decoded(said) !== name) throw mismatch(`The header Mcp-Name differs from params.${field ?? ""}.`);
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
  new RpcError(RPC.version, `Unsupported protocol version. Send one of: ${VERSIONS.join(", ")}.`, {
    supported: VERSIONS,
    requested,
  });
