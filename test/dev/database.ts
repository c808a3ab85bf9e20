import { createHmac, randomBytes } from "node:crypto";
import pg from "pg";
import { hashOf, readMigrationFiles } from "../../backend/migrate/files.ts";
import { migrate } from "../../backend/migrate/migrate.ts";

const TEMPLATE_LOCK = 4_027_533_610_184_278;

export interface DatabaseUrls {
  readonly owner: string;
  readonly edge: string;
  readonly backend: string;
  readonly scaler: string;
}

export interface TestDatabase extends DatabaseUrls {
  drop(): Promise<void>;
}

const templates = new Map<string, Promise<string>>();
/** A connection of its owner's for each server: a new one costs more than what is asked on it. */
const owners = new Map<string, pg.Pool>();

/** A migrated, empty database of its own: a clone of one template per state of migrations/. */
export async function createTestDatabase(ownerUrl: string): Promise<TestDatabase> {
  let template = templates.get(ownerUrl);
  if (template === undefined) templates.set(ownerUrl, (template = ensureTemplate(ownerUrl)));
  const source = await template;
  const name = `dpp_test_${randomBytes(8).toString("hex")}`;
  const owner = ownerOf(ownerUrl);
  // A template has few pages, which are copied sooner than they are logged.
  await owner.query(`CREATE DATABASE ${name} TEMPLATE ${source} STRATEGY FILE_COPY`);
  // What a database grants is not its clone's.
  await owner.query(`REVOKE TEMPORARY, CREATE ON DATABASE ${name} FROM PUBLIC`);
  return {
    ...roleUrls(at(ownerUrl, name)),
    drop: async () => void (await owner.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  };
}

/**
 * Lets the roles of the migrations log in: one login per role and cluster, a member of it, with a password that follows
 * from the owner's, so that every process here knows it and nobody else. The database must have been migrated.
 */
export async function ensureLogins(ownerUrl: string): Promise<DatabaseUrls> {
  await asOwner(ownerUrl, (client) => locked(client, () => createLogins(client, ownerUrl)));
  return roleUrls(ownerUrl);
}

function roleUrls(ownerUrl: string): DatabaseUrls {
  const as = (role: string): string => {
    const url = new URL(ownerUrl);
    url.username = `${role}_login`;
    url.password = loginPassword(ownerUrl, role);
    return url.href;
  };
  return { owner: ownerUrl, edge: as("dpp_edge"), backend: as("dpp_backend"), scaler: as("dpp_scaler") };
}

function loginPassword(ownerUrl: string, role: string): string {
  const { username, password } = new URL(ownerUrl);
  return createHmac("sha256", `${username}:${password}`).update(role).digest("hex");
}

async function createLogins(client: pg.Client, ownerUrl: string): Promise<void> {
  for (const role of ["dpp_edge", "dpp_backend", "dpp_scaler"]) {
    const login = `${role}_login`;
    const { rowCount } = await client.query("SELECT FROM pg_roles WHERE rolname = $1", [login]);
    if (rowCount === 0) await client.query(`CREATE ROLE ${login} IN ROLE ${role}`);
    await client.query(`ALTER ROLE ${login} LOGIN PASSWORD ${client.escapeLiteral(loginPassword(ownerUrl, role))}`);
    await copySettings(client, role, login);
  }
}

/** What a role is set to is not its members'. */
async function copySettings(client: pg.Client, role: string, login: string): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    `SELECT format('ALTER ROLE %I SET %I = %L', $2::text, split_part(x, '=', 1), split_part(x, '=', 2)) AS statement
       FROM pg_db_role_setting s, unnest(s.setconfig) x WHERE s.setdatabase = 0 AND s.setrole = to_regrole($1)`,
    [role, login],
  );
  for (const { statement } of rows) await client.query(statement);
}

async function ensureTemplate(ownerUrl: string): Promise<string> {
  const { numbered, functions } = readMigrationFiles();
  const name = `dpp_template_${hashOf([...numbered, ...functions]).slice(0, 16)}`;
  await asOwner(ownerUrl, (client) =>
    locked(client, async () => {
      const { rows } = await client.query<{ datistemplate: boolean }>(
        "SELECT datistemplate FROM pg_database WHERE datname = $1",
        [name],
      );
      if (rows[0]?.datistemplate === true) return;
      // Marked as a template only when whole: an unmarked one was left behind by a process that died.
      await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await client.query(`CREATE DATABASE ${name} TEMPLATE template0`);
      await migrate(at(ownerUrl, name));
      await createLogins(client, ownerUrl);
      await client.query(`ALTER DATABASE ${name} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`);
    }),
  );
  return name;
}

function at(url: string, database: string): string {
  const moved = new URL(url);
  moved.pathname = `/${database}`;
  return moved.href;
}

async function locked<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query(`SELECT pg_advisory_lock(${TEMPLATE_LOCK})`);
  try {
    return await work();
  } finally {
    await client.query(`SELECT pg_advisory_unlock(${TEMPLATE_LOCK})`);
  }
}

function ownerOf(ownerUrl: string): pg.Pool {
  const known = owners.get(ownerUrl);
  if (known !== undefined) return known;
  const pool = new pg.Pool({ connectionString: ownerUrl, max: 1, allowExitOnIdle: true });
  // Its server stops before this process does.
  pool.on("error", () => undefined);
  owners.set(ownerUrl, pool);
  return pool;
}

async function asOwner<T>(ownerUrl: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: ownerUrl });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
