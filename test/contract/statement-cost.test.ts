import type pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { BACKEND_STATEMENTS } from "../support/scale/backend-statements.ts";
import { EDGE_FILTERS, EDGE_STATEMENTS } from "../support/scale/edge-statements.ts";
import { loadHistory } from "../support/scale/history.ts";
import { connectToMeasure, measure, type StatementCase, statementNames } from "../support/scale/measure.ts";
import { OPERATOR_FILTERS, OPERATOR_STATEMENTS } from "../support/scale/operator-statements.ts";
import { createTestDatabase, type TestDatabase } from "../dev/database.ts";

const RUNS = 200_000;
const CASES = { ...EDGE_STATEMENTS, ...BACKEND_STATEMENTS, ...OPERATOR_STATEMENTS };

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase(inject("stack").databaseUrl);
  await loadHistory(database.owner, RUNS);
  client = await connectToMeasure(database.owner);
}, 600_000);
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

async function hold(name: string, how: StatementCase): Promise<void> {
  const { pages, row } = await measure(client, name, how);
  if (how.first === null) expect(row).toBeUndefined();
  else expect(row).toMatchObject(how.first ?? {});
  expect(pages).toBeLessThanOrEqual(how.pages);
}

describe(`on ${RUNS.toLocaleString("en")} closed runs, and as many events and deliveries`, () => {
  it("every statement has a bound, and every bound a statement", () => {
    expect(Object.keys(CASES).toSorted()).toEqual(statementNames);
  });

  it.each(Object.entries(CASES))("%s reads no more pages than its bound", hold);

  it.each([...EDGE_FILTERS, ...OPERATOR_FILTERS])("%s %s reads no more pages than its bound", (name, _, how) =>
    hold(name, how),
  );
});
