import { neon, neonConfig, NeonDbError } from "@neondatabase/serverless";
import { Outage } from "#core/domain/outage.ts";
import type { Db } from "#core/ports/db.ts";

/**
 * SQLSTATEs after which nothing is known, or another try may do: connection, credentials, database, transaction
 * rollback, resources, operator intervention, system (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const NO_VERDICT = /^(08|28|3D|40|53|57|58)|^(25006|55P03)$/;

export interface NeonOptions {
  readonly database_url: string;
  /** The URL that takes SQL over HTTP, where it does not follow from the host of `database_url`. */
  readonly http: string | undefined;
  readonly timeout_ms: number;
}

/** Postgres over Neon's HTTP protocol: one statement, one request. */
export function createNeon(options: NeonOptions): Db {
  if (options.http !== undefined) neonConfig.fetchEndpoint = options.http;
  neonConfig.disableWarningInBrowsers = true;
  const sql = neon(options.database_url);
  return {
    async query({ text }, values) {
      try {
        const signal = AbortSignal.timeout(options.timeout_ms);
        return await sql.query(text, [...values], { fetchOptions: { signal } });
      } catch (error) {
        if (error instanceof NeonDbError && error.code !== undefined && !NO_VERDICT.test(error.code)) throw error;
        throw new Outage("database", cause(error));
      }
    },
  };
}

const cause = (error: unknown): unknown =>
  error instanceof NeonDbError && error.sourceError !== undefined ? error.sourceError : error;
