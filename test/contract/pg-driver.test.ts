import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import { createPgDb, type PgDb } from "../../backend/drivers/pg.ts";
import { freePort } from "../dev/free-port.ts";
import { createTestDatabase, type TestDatabase } from "../dev/database.ts";

let database: TestDatabase;
const open: PgDb[] = [];

function connect(
  connectionString: string,
  change: { max?: number; statement_timeout_ms?: number; connect_timeout_ms?: number } = {},
): PgDb {
  const driver = createPgDb({
    connectionString,
    max: 2,
    statement_timeout_ms: 10_000,
    connect_timeout_ms: 10_000,
    application_name: "test",
    ...change,
  });
  open.push(driver);
  return driver;
}

const failure = async (query: Promise<unknown>): Promise<unknown> =>
  query.then(
    () => "no failure",
    (error: unknown) => error,
  );

beforeAll(async () => {
  database = await createTestDatabase(inject("stack").databaseUrl);
});
afterAll(async () => {
  await Promise.all(open.map((driver) => driver.close()));
  await database.drop();
});

describe("the pg driver", () => {
  it("gives BIGINT as text, timestamptz as Date, jsonb parsed and arrays as arrays", async () => {
    const { db } = connect(database.owner);
    const sql =
      "SELECT 9007199254740993::bigint AS big, '2026-01-02T03:04:05Z'::timestamptz AS at, $1::jsonb AS j, $2::text[] AS list, $3::boolean AS yes";
    expect(await db.query(sql, ['{"a":[1]}', ["x", "y z"], true])).toEqual([
      { big: "9007199254740993", at: new Date("2026-01-02T03:04:05Z"), j: { a: [1] }, list: ["x", "y z"], yes: true },
    ]);
  });

  it("passes on what is wrong with a statement, and keeps its connection", async () => {
    const { db, pool } = connect(database.owner, { max: 1 });
    const [before] = await db.query("SELECT pg_backend_pid() AS pid", []);
    const error = await failure(db.query("SELECT $1::uuid", ["no uuid"]));
    expect(error).toMatchObject({ code: "22P02" });
    expect(error).not.toBeInstanceOf(Outage);
    expect(await db.query("SELECT pg_backend_pid() AS pid", [])).toEqual([before]);
    expect(pool.totalCount).toBe(1);
  });

  it("reports an outage where nothing listens", async () => {
    const { db } = connect(`postgres://nobody@127.0.0.1:${await freePort()}/none`);
    expect(await failure(db.query("SELECT 1", []))).toBeInstanceOf(Outage);
  });

  it("reports an outage when the server ends the connection, and recovers by itself", async () => {
    const { db } = connect(database.owner, { max: 1 });
    const { db: killer } = connect(database.owner);
    const [row] = await db.query("SELECT pg_backend_pid() AS pid", []);
    const pid = Number(row?.["pid"]);
    const sleeping = failure(db.query("SELECT pg_sleep(20)", []));
    await killer.query("SELECT pg_terminate_backend($1::integer), pg_sleep(0.1)", [pid]);
    expect(await sleeping).toBeInstanceOf(Outage);
    expect(await db.query("SELECT 1 AS one", [])).toEqual([{ one: 1 }]);
  });

  it("survives the loss of an idle connection", async () => {
    const { db } = connect(database.owner, { max: 1 });
    const [row] = await db.query("SELECT pg_backend_pid() AS pid", []);
    await connect(database.owner).db.query("SELECT pg_terminate_backend($1::integer), pg_sleep(0.2)", [
      Number(row?.["pid"]),
    ]);
    expect(await db.query("SELECT 1 AS one", [])).toEqual([{ one: 1 }]);
  });

  it("reports an outage when a statement takes too long, or no connection comes free", async () => {
    const { db } = connect(database.owner, { max: 1, statement_timeout_ms: 3_000, connect_timeout_ms: 1_000 });
    await db.query("SELECT 1", []);
    const slow = failure(db.query("SELECT pg_sleep(30)", []));
    expect(await failure(db.query("SELECT 1", []))).toBeInstanceOf(Outage);
    expect(await slow).toBeInstanceOf(Outage);
    expect(await db.query("SELECT 1 AS one", [])).toEqual([{ one: 1 }]);
  });

  it("reports an outage when a lock is not to be had in time", async () => {
    const { pool } = connect(database.owner);
    const { db } = connect(`${database.owner}?options=-c%20lock_timeout%3D50`);
    const holder = await pool.connect();
    try {
      await holder.query("BEGIN");
      await holder.query("LOCK TABLE plans IN ACCESS EXCLUSIVE MODE");
      expect(await failure(db.query("SELECT * FROM plans", []))).toBeInstanceOf(Outage);
    } finally {
      await holder.query("ROLLBACK");
      holder.release();
    }
  });

  it("asks again when a migration outdated its plan or a pooler forgot its statement", async () => {
    const { db } = connect(database.owner, { max: 1 });
    await db.query("CREATE TABLE shape (a integer)", []);
    await db.query("INSERT INTO shape VALUES (1)", []);
    const read = () => db.query("SELECT * FROM shape", []);
    expect(await read()).toEqual([{ a: 1 }]);
    await db.query("ALTER TABLE shape ADD COLUMN b integer DEFAULT 2", []);
    expect(await read()).toEqual([{ a: 1, b: 2 }]);
    await read();
    await db.query("DEALLOCATE ALL", []);
    expect(await read()).toEqual([{ a: 1, b: 2 }]);
  });

  it("prepares a statement under its name, whose hash tells versions apart", async () => {
    const { db } = connect(database.owner, { max: 1 });
    const prepared = "SELECT name FROM pg_prepared_statements WHERE name LIKE 'one-%' ORDER BY statement";
    await db.query({ name: "one", text: "SELECT 1 AS one" }, []);
    await db.query({ name: "one", text: "SELECT 2 AS one" }, []);
    const names = await db.query(prepared, []);
    expect(new Set(names.map(({ name }) => name)).size).toBe(2);
    for (const { name } of names) expect(name).toMatch(/^one-[0-9a-f]{16}$/);
  });

  it("asks again, without a name, when a pooler's connection has another's statement of that name", async () => {
    const { db, pool } = connect(database.owner, { max: 1 });
    const text = "SELECT $1::integer AS one";
    expect(await db.query(text, [1])).toEqual([{ one: 1 }]);
    const named = await pool.query<{ name: string }>("SELECT name FROM pg_prepared_statements WHERE statement = $1", [
      text,
    ]);
    const { db: fresh, pool: other } = connect(database.owner, { max: 1 });
    await other.query(`PREPARE "${named.rows[0]?.name}" AS SELECT 2`);
    expect(await fresh.query(text, [1])).toEqual([{ one: 1 }]);
  });

  it("leaves the server's patience to the role's settings where it is told to, as a pooler wants it", async () => {
    const shown = async (options: object, url = database.backend) => {
      const { db } = connect(url, { statement_timeout_ms: 7_000, ...options });
      return (await db.query("SELECT current_setting('statement_timeout') AS t", []))[0]?.["t"];
    };
    expect(await shown({})).toBe("7s");
    expect(await shown({ timeout_is_roles: true })).toBe("10s");
    expect(await shown({ timeout_is_roles: true }, database.owner)).toBe("7s");
  });
});
