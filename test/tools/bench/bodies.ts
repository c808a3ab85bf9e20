import { BODY_ROUTES, type BodyRoute, send } from "../bodies/routes.ts";
import { type HostileBody, hostileBodies } from "../bodies/corpus.ts";
import { type LoneEdge, loneEdge } from "../bodies/lone-edge.ts";
import { MAX_BODY_BYTES } from "../../../edge/http/body.ts";

/** CPU of a refused request over that of JSON.parse of its bytes. */
const AIM = 25;
const SIZE = 250_000;
/** Of a smaller body the figure is that of the request around it. */
const MIN_BYTES = 8_192;
/** What looks slow at first sight is measured so often more, and counted by the best of it. */
const AGAIN = 6;
const SLOW = 10;
/** A figure of less is the clock's own. */
const MEASURED_MS = 1;

interface Row {
  readonly route: string;
  readonly worst: string;
  readonly bytes: number;
  readonly body_ms: number;
  readonly parse_ms: number;
  readonly ratio: number;
  readonly bodies: number;
  readonly held: boolean;
}

/**
 * For every route the worst of all hostile bodies: what reading and refusing it costs a request with a made-up key, less
 * what the same request costs with the small body of an example, against decoding and parsing the same bytes.
 */
export async function measureBodies(json: boolean, print: (line: string) => void): Promise<boolean> {
  const edge = loneEdge();
  const rows: Row[] = [];
  for (const routes of byName().values()) {
    const row = await worstOf(edge, routes);
    rows.push(row);
    if (!json) print(lineOf(row));
  }
  if (json) print(JSON.stringify({ aim: AIM, rows }, undefined, 2));
  return rows.every(({ held }) => held);
}

const lineOf = ({ route, worst, bytes, body_ms, parse_ms, ratio, bodies, held }: Row): string =>
  `${held ? "yes" : "no "}  ${ratio.toFixed(1).padStart(6)}x  ${body_ms.toFixed(2).padStart(7)} ms / ` +
  `${parse_ms.toFixed(3)} ms  ${String(bytes).padStart(6)} bytes  ${route}: ${worst} (of ${bodies})`;

function byName(): ReadonlyMap<string, readonly BodyRoute[]> {
  const found = new Map<string, BodyRoute[]>();
  for (const route of BODY_ROUTES) found.set(route.name, [...(found.get(route.name) ?? []), route]);
  return found;
}

async function worstOf(edge: LoneEdge, routes: readonly BodyRoute[]): Promise<Row> {
  let worst: Row | undefined;
  let bodies = 0;
  for (const route of routes) {
    const small = JSON.stringify(route.example);
    await repeated(20, () => send(edge, route, small));
    const idle_ms = await repeated(20, () => send(edge, route, small));
    for (const body of hostileBodies(route, SIZE)) {
      const bytes = new TextEncoder().encode(body.text);
      if (bytes.byteLength < MIN_BYTES || bytes.byteLength > MAX_BODY_BYTES) continue;
      bodies += 1;
      const row = await measured(edge, route, body, bytes, idle_ms);
      if (worst === undefined || row.ratio > worst.ratio) worst = row;
    }
  }
  if (worst === undefined) throw new Error("no body was measured");
  return { ...worst, bodies };
}

async function measured(
  edge: LoneEdge,
  route: BodyRoute,
  body: HostileBody,
  bytes: Uint8Array<ArrayBuffer>,
  idle_ms: number,
): Promise<Row> {
  let parse_ms = parsing(bytes, 1);
  const cost = async (times: number) => Math.max(0, (await repeated(times, () => send(edge, route, bytes))) - idle_ms);
  let body_ms = await cost(1);
  if (body_ms > SLOW * parse_ms) {
    parse_ms = parsing(bytes, AGAIN);
    for (let turn = 0; turn < AGAIN && body_ms > SLOW * parse_ms; turn += 1) body_ms = Math.min(body_ms, await cost(3));
  }
  const ratio = body_ms / parse_ms;
  const held = ratio <= AIM;
  return { route: route.name, worst: body.what, bytes: bytes.byteLength, body_ms, parse_ms, ratio, bodies: 1, held };
}

/** CPU, in ms, of one call of so many. */
async function repeated(times: number, act: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage();
  for (let done = 0; done < times; done += 1) await act();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000 / times;
}

/** The same of decoding and parsing, whatever the parser says of the text; the best of so many turns. */
function parsing(bytes: Uint8Array, turns: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < turns; turn += 1) {
    const before = process.threadCpuUsage();
    let spent_ms = 0;
    let times = 0;
    while (spent_ms < MEASURED_MS) {
      parse(bytes);
      times += 1;
      const { user, system } = process.threadCpuUsage(before);
      spent_ms = (user + system) / 1000;
    }
    best = Math.min(best, spent_ms / times);
  }
  return best;
}

function parse(bytes: Uint8Array): void {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // Some of the bodies are not JSON.
  }
}
