import { expect, test } from "vitest";
import { scriptsFor } from "#core/domain/redis-script.ts";
import { isPlaintext } from "#core/domain/transport.ts";

test.each([
  "postgres://u@db.example/d",
  "postgres://u@db.example/d?sslmode=require",
  "postgres://u@db.example/d?sslmode=no-verify",
  "postgres://u@127.0.0.1.example/d",
  "redis://cache.example:6379",
  "http://store.example",
])("%s may be read on its way", (url) => {
  expect(isPlaintext(url)).toBe(true);
});

test.each([
  "postgres://u@db.example/d?sslmode=verify-full",
  "postgres://u@db.example/d?application_name=a&sslmode=verify-full&connect_timeout=3",
  "postgres://u@127.0.0.1:5432/d",
  "postgres://u@localhost/d",
  "postgres:///d?host=/run/postgresql",
  "rediss://cache.example:6379",
  "redis://[::1]:6379",
  "https://store.example",
  "http://127.0.0.1:9000",
])("%s is encrypted, or stays on this machine", (url) => {
  expect(isPlaintext(url)).toBe(false);
});

test("a script asks for the locks of its own keys on Upstash, and is sent as it is everywhere else", () => {
  const script = { name: "one", lua: "-- one\nreturn 1" };
  const upstash = scriptsFor("https://eu1-bright-cat-12345.upstash.io");
  expect(upstash(script).lua).toBe("#!lua flags=allow-key-locking\n-- one\nreturn 1");
  expect(upstash(script)).toBe(upstash(script));
  expect(scriptsFor("rediss://default:p@eu1-bright-cat-12345.upstash.io:6379")(script).lua).toMatch(/^#!lua /);
  for (const url of ["redis://127.0.0.1:6379", "https://upstash.io.example", "https://notupstash.io"])
    expect(scriptsFor(url)(script)).toBe(script);
});
