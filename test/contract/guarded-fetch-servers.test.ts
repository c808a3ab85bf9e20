import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createGuardedFetch, FETCH_LIMITS } from "../../backend/drivers/fetch/guarded-fetch.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";
const PATIENCE_MS = 300;

/** Fetches from a server that says what `speak` writes once it was asked, and counts the connections to it. */
async function fetchFrom(speak: (socket: Socket, turn: number) => void, deadlineMs = 10_000) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => undefined));
    socket.once("data", () => speak(socket, sockets.length));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const fetch = createGuardedFetch({ allowHosts: [`127.0.0.1:${port}`], deadlineMs, backoffMs: 1 });
  const options = { signal: new AbortController().signal, accept: ["text/html"] };
  try {
    const outcome = await fetch(`http://127.0.0.1:${port}/`, options);
    return { outcome, connections: sockets.length };
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Writes a piece again and again, as fast as it is taken, until the other side hangs up. */
function pour(socket: Socket, piece: string | Buffer): void {
  const pump = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on("drain", pump);
  pump();
}

/** Writes a piece again and again with pauses that would keep any timeout between two bytes away. */
function drip(socket: Socket, piece: string): void {
  const timer = setInterval(() => socket.write(piece), 10);
  socket.once("close", () => clearInterval(timer));
}

const chunk = (size: number) => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`;

describe("a slow server", () => {
  test.each<[string, (socket: Socket) => void]>([
    ["nothing at all", () => undefined],
    ["a status line letter by letter", (socket) => drip(socket, "H")],
    ["one header after another", (socket) => (socket.write(OK), drip(socket, "a: b\r\n"))],
    ["a header without an end", (socket) => (socket.write(`${OK}a: `), drip(socket, "b"))],
    ["interim answers for ever", (socket) => drip(socket, "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n")],
    ["half of its headers and then nothing", (socket) => socket.write(OK)],
    ["a body that does not begin", (socket) => socket.write(`${OK}Content-Length: 5\r\n\r\n`)],
    ["a body byte by byte", (socket) => (socket.write(`${OK}\r\n`), drip(socket, "x"))],
    ["small chunks", (socket) => (socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n`), drip(socket, chunk(1)))],
    [
      "chunks with long extensions",
      (socket) => (socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n1;`), drip(socket, "a=b;")),
    ],
    [
      "a gzip header and no data",
      (socket) => (socket.write(`${OK}Content-Encoding: gzip\r\n\r\n`), socket.write(gzipSync("x").subarray(0, 10))),
    ],
  ])("that sends %s meets the deadline of the whole fetch", async (_, speak) => {
    const { outcome } = await fetchFrom(speak, PATIENCE_MS);
    expect(outcome.kind).toBe("failed");
    expect(outcome.kind === "failed" && outcome.reason_code).toMatch(/^(TIMEOUT|CONNECTION)$/);
  });
});

describe("an endless server", () => {
  test.each<[string, (socket: Socket) => void, string]>([
    [
      "a body until it hangs up",
      (socket) => (socket.write(`${OK}\r\n`), pour(socket, "x".repeat(65_536))),
      "TOO_LARGE",
    ],
    [
      "chunks",
      (socket) => (socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n`), pour(socket, chunk(65_536))),
      "TOO_LARGE",
    ],
    ["headers", (socket) => (socket.write(OK), pour(socket, `a: ${"b".repeat(8_000)}\r\n`)), "CONNECTION"],
    ["one header", (socket) => (socket.write(`${OK}a: `), pour(socket, "b".repeat(65_536))), "CONNECTION"],
    [
      "a length beyond all numbers",
      (socket) => socket.write(`${OK}Content-Length: ${"9".repeat(30)}\r\n\r\nx`),
      "CONNECTION",
    ],
    [
      "a length over the ceiling",
      (socket) => socket.write(`${OK}Content-Length: ${FETCH_LIMITS.max_bytes + 1}\r\n\r\nx`),
      "TOO_LARGE",
    ],
    [
      "an error page",
      (socket) => (socket.write("HTTP/1.1 404 Not Found\r\n\r\n"), pour(socket, "x".repeat(65_536))),
      "HTTP_ERROR",
    ],
  ])("that sends %s is hung up on", async (_, speak, reason_code) => {
    const { outcome } = await fetchFrom(speak);
    expect(outcome).toMatchObject({ kind: "failed", reason_code });
  });

  test("cannot make a redirect's body be read", async () => {
    const { outcome, connections } = await fetchFrom((socket, turn) => {
      if (turn === 2) return void socket.end(`${OK}\r\nthere`);
      socket.write("HTTP/1.1 302 Found\r\nLocation: /there\r\n\r\n");
      pour(socket, "x".repeat(65_536));
    });
    expect(outcome.kind === "ok" && new TextDecoder().decode(outcome.body)).toBe("there");
    expect(connections).toBe(2);
  });
});

describe("a bomb", () => {
  const zeros = Buffer.alloc(FETCH_LIMITS.max_bytes + 1);
  const tenfold = Buffer.concat(
    Array.from({ length: 11 }, () => gzipSync(zeros.subarray(0, FETCH_LIMITS.max_bytes / 10))),
  );
  const answer = (encoding: string, body: Buffer) =>
    fetchFrom((socket) => {
      socket.write(`${OK}Content-Encoding: ${encoding}\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.end(body);
    });

  test.each<[string, string, Buffer]>([
    ["gzip", "gzip", gzipSync(zeros)],
    ["gzip in many members", "gzip", tenfold],
    ["deflate", "deflate", deflateSync(zeros)],
    ["deflate without its wrapper", "deflate", deflateRawSync(zeros)],
    ["br", "br", brotliCompressSync(zeros)],
    ["GZIP in capitals", "GZIP", gzipSync(zeros)],
  ])("of %s is put out at the ceiling", async (_, encoding, body) => {
    expect(body.length).toBeLessThan(20_000);
    expect((await answer(encoding, body)).outcome).toMatchObject({ kind: "failed", reason_code: "TOO_LARGE" });
  });

  test.each(["gzip, gzip", "gzip,br", "br, deflate", "identity, gzip", "gzip;q=1", "zstd", "compress", "*"])(
    "in layers or in what was not asked for (%s) is not opened",
    async (encoding) => {
      const { outcome } = await answer(encoding, gzipSync(gzipSync(zeros)));
      expect(outcome).toMatchObject({ kind: "failed", reason_code: "CONTENT_ENCODING" });
    },
  );

  test("inside another is opened once: what is left is bytes", async () => {
    const inner = gzipSync(zeros);
    const { outcome } = await answer("gzip", gzipSync(inner));
    expect(outcome.kind === "ok" && Buffer.from(outcome.body).equals(inner)).toBe(true);
  });
});

describe("a server that is none", () => {
  test.each<[string, string]>([
    ["no HTTP", "220 mail.example.com ESMTP\r\n"],
    ["binary", "\u0016\u0003\u0001\u0000\u0000"],
    ["an upgrade", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"],
    ["two lengths", `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`],
    ["a length and chunks", `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ["a NUL in a header", `${OK}a: b\u0000c\r\n\r\nx`],
    ["chunks that are none", `${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
  ])("and says %s fails, as a connection that broke", async (_, words) => {
    const { outcome } = await fetchFrom((socket) => void socket.end(Buffer.from(words, "latin1")));
    expect(outcome).toMatchObject({ kind: "failed", reason_code: "CONNECTION" });
  });

  const TYPES = [
    "application/pdf",
    "image/svg+xml",
    "video/mp4",
    "text/css",
    "multipart/x-mixed-replace",
    "text",
    "*/*",
  ];
  test.each([...TYPES, "text/html, image/png", "application/octet-stream;text/html"])(
    "and sends the content type %j is not read",
    async (type) => {
      const { outcome } = await fetchFrom((socket) => {
        socket.write(Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n\r\n`, "latin1"));
        pour(socket, "x".repeat(65_536));
      });
      expect(outcome).toMatchObject({ kind: "failed", reason_code: "CONTENT_TYPE" });
    },
  );

  test("and names no content type, or a second one, is judged by the first", async () => {
    const say = (headers: string) => fetchFrom((socket) => void socket.end(`HTTP/1.1 200 OK\r\n${headers}\r\nx`));
    expect((await say("")).outcome).toMatchObject({ kind: "failed", reason_code: "CONTENT_TYPE" });
    const two = "Content-Type: image/png\r\nContent-Type: text/html\r\n";
    expect((await say(two)).outcome).toMatchObject({ kind: "failed", reason_code: "CONTENT_TYPE" });
  });
});
