import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { bundleConsole } from "../../../backend/assets/gather.ts";

const MAX_ENTRY_GZIP_BYTES = 60_000;
const MAX_CHUNK_GZIP_BYTES = 30_000;
const ENTRY = new Set(["console.js", "console.css"]);

const files = await bundleConsole();
const gzipBytes = (bytes: Buffer) => gzipSync(bytes).length;

test("the console's script and style sheet are small", () => {
  const entry = files.filter(({ name }) => ENTRY.has(name));
  expect(entry.map(({ name }) => name).toSorted()).toEqual(["console.css", "console.js"]);
  expect(entry.reduce((sum, { bytes }) => sum + gzipBytes(bytes), 0)).toBeLessThanOrEqual(MAX_ENTRY_GZIP_BYTES);
});

test("what the console loads later comes in small pieces", () => {
  const chunks = files.filter(({ name }) => !ENTRY.has(name));
  expect(chunks.filter(({ bytes }) => gzipBytes(bytes) > MAX_CHUNK_GZIP_BYTES)).toEqual([]);
});

test("the console makes no markup of text, and no code", () => {
  const script = String(files.find(({ name }) => name === "console.js")?.bytes);
  expect(script).not.toMatch(/\beval\(|new Function|document\.write|insertAdjacentHTML/);
  expect(String(files.find(({ name }) => name === "console.css")?.bytes)).not.toMatch(/https?:|@import/);
});
