import { neon, neonConfig } from "@neondatabase/serverless";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../dev/database.ts";
import { startNeonFront, type NeonFront } from "../dev/neon-front.ts";

let database: TestDatabase;
let front: NeonFront;

beforeAll(async () => {
  database = await createTestDatabase(inject("stack").databaseUrl);
  front = await startNeonFront();
  neonConfig.fetchEndpoint = `${front.url}/sql`;
  await connect()`CREATE TABLE items (id int PRIMARY KEY, name text NOT NULL CONSTRAINT named CHECK (name <> ''))`;
});
afterAll(async () => {
  await front.stop();
  await database.drop();
});

const connect = () => neon(database.owner);

it("every type comes back as the driver's own parsers make it", async () => {
  const [row] = await connect()`
    SELECT 7::int AS i, 9007199254740993::bigint AS b, 'x'::text AS t, NULL::text AS n, true AS yes,
           '{"a":[1]}'::jsonb AS j, ARRAY['p','q'] AS a, '2026-01-02T03:04:05Z'::timestamptz AS at, '\\x00ff'::bytea AS y`;
  expect(row).toMatchObject({ i: 7, b: "9007199254740993", t: "x", n: null, yes: true, j: { a: [1] }, a: ["p", "q"] });
  expect(row?.["at"]).toEqual(new Date("2026-01-02T03:04:05Z"));
  expect(Buffer.from(row?.["y"] as Uint8Array)).toEqual(Buffer.from([0, 255]));
});

it("parameters of every kind arrive as they were given", async () => {
  const at = new Date("2026-05-06T07:08:09.010Z");
  const [row] = await connect().query(
    "SELECT $1::int + 1 AS i, $2::text AS t, $3::jsonb AS j, $4::text[] AS a, $5::timestamptz AS at, $6::bytea AS y, $7::text AS n",
    [41, "it's \u{1F600}", { k: [1, null] }, ["a", "b,c"], at, Buffer.from([1, 2, 255]), null],
  );
  expect(row).toMatchObject({ i: 42, t: "it's \u{1F600}", j: { k: [1, null] }, a: ["a", "b,c"], at, n: null });
  expect(Buffer.from(row?.["y"] as Uint8Array)).toEqual(Buffer.from([1, 2, 255]));
});

it("full results tell the command, the row count and the fields", async () => {
  const sql = neon(database.owner, { fullResults: true });
  const result = await sql`INSERT INTO items VALUES (1, 'one'), (2, 'two') RETURNING id`;
  expect(result).toMatchObject({ command: "INSERT", rowCount: 2, rows: [{ id: 1 }, { id: 2 }] });
  expect(result.fields[0]).toMatchObject({ name: "id", dataTypeID: 23 });
});

it("array mode returns rows as arrays", async () => {
  expect(await neon(database.owner, { arrayMode: true })`SELECT 1 AS a, 2 AS a`).toEqual([[1, 2]]);
});

it("an error of Postgres arrives with its code, constraint and detail", async () => {
  await expect(connect()`INSERT INTO items VALUES (3, '')`).rejects.toMatchObject({
    name: "NeonDbError",
    code: "23514",
    constraint: "named",
    table: "items",
    severity: "ERROR",
  });
  await expect(connect()`SELEC 1`).rejects.toMatchObject({ code: "42601", position: "1" });
});

it("several statements in one text are refused, as by the real service", async () => {
  await expect(connect().query("SELECT 1; SELECT 2")).rejects.toMatchObject({ code: "42601" });
});

it("a batch is one transaction: all of it or none", async () => {
  const sql = connect();
  await expect(
    sql.transaction([sql`INSERT INTO items VALUES (10, 'ten')`, sql`INSERT INTO items VALUES (10, 'again')`]),
  ).rejects.toMatchObject({ code: "23505" });
  expect(await sql`SELECT 1 FROM items WHERE id = 10`).toEqual([]);
  const [, found] = await sql.transaction([
    sql`INSERT INTO items VALUES (11, 'eleven')`,
    sql`SELECT name FROM items WHERE id = 11`,
  ]);
  expect(found).toEqual([{ name: "eleven" }]);
});

it("a batch runs at the isolation level and in the access mode that it asks for", async () => {
  const sql = connect();
  const asked = { isolationLevel: "Serializable", readOnly: true, deferrable: true } as const;
  const shown = await sql.transaction(
    [sql`SHOW transaction_isolation`, sql`SHOW transaction_read_only`, sql`SHOW transaction_deferrable`],
    asked,
  );
  expect(shown.map(([row]) => Object.values(row ?? {})[0])).toEqual(["serializable", "on", "on"]);
  await expect(sql.transaction([sql`DELETE FROM items`], { readOnly: true })).rejects.toMatchObject({ code: "25006" });
  expect(await sql`SHOW transaction_isolation`).toEqual([{ transaction_isolation: "read committed" }]);
});

it("the connection string decides the database and the role", async () => {
  const asked = (url: string) => neon(url)`SELECT current_database() AS db, current_user AS who`;
  const url = new URL(database.edge);
  expect(await asked(url.href)).toEqual([{ db: url.pathname.slice(1), who: url.username }]);
  expect(await asked(inject("stack").databaseUrl)).not.toEqual(await asked(database.owner));
  url.password = "wrong";
  await expect(neon(url.href)`SELECT 1`).rejects.toMatchObject({ code: "28P01" });
});

it("a Postgres that cannot be reached is an outage, not an error of the statement", async () => {
  const url = new URL(database.owner);
  url.port = "1";
  await expect(neon(url.href)`SELECT 1`).rejects.toThrow(/HTTP status 503.*ECONNREFUSED/);
});

it("each statement or batch is one round trip", async () => {
  const before = front.requests();
  const sql = connect();
  await sql`SELECT 1`;
  await sql.transaction([sql`SELECT 1`, sql`SELECT 2`]);
  expect(front.requests() - before).toBe(2);
});

it("more statements at once than the pool has connections all get their answers", async () => {
  const sql = connect();
  const rows = await Promise.all(Array.from({ length: 60 }, (_, i) => sql`SELECT ${i}::int AS i, pg_sleep(0.005)`));
  expect(rows.map(([row]) => row?.["i"])).toEqual(Array.from({ length: 60 }, (_, i) => i));
});
