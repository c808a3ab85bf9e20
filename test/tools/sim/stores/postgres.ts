import type { Row, SqlValue, Statement } from "#core/ports/db.ts";
import type { Host, Role } from "./host.ts";

/** A statement that waits at a point inside the database; others run meanwhile. */
interface WaitingStatement {
  goOn(): Promise<readonly Row[]>;
}

const LOCK = 77;

/** A real Postgres whose wall_clock() is the world's. Statements run one at a time, but for one that waits. */
export class SimPostgres {
  readonly #host: Host;
  #waiting: { goOn(): Promise<unknown> } | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  query(
    role: Role,
    statement: Statement | string,
    values: readonly SqlValue[],
    now_ms: number,
  ): Promise<readonly Row[]> {
    this.#host.setClock(now_ms);
    return this.#host.db[role].query(statement, values);
  }

  get isSomeoneWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Runs the statement as the edge until it ends or waits at the point. */
  async queryUntil(
    point: string,
    statement: Statement,
    values: readonly SqlValue[],
    now_ms: number,
  ): Promise<{ readonly rows: readonly Row[] } | WaitingStatement> {
    const { control, db } = this.#host;
    this.#host.setClock(now_ms);
    const rows = await db.waiting.query("SELECT set_config('sim.pause', $1, false), pg_backend_pid() AS pid", [point]);
    const pid = Number(rows[0]?.["pid"]);
    await control.query(`SELECT pg_advisory_lock(${LOCK})`);
    let isOver = false;
    const over = db.waiting.query(statement, values).finally(() => (isOver = true));
    over.catch(() => undefined);
    while (!isOver && !(await this.#isBlocked(pid)));
    const goOn = async () => {
      if (this.#waiting === waiting) this.#waiting = undefined;
      await control.query(`SELECT pg_advisory_unlock(${LOCK})`);
      return over;
    };
    const waiting = { goOn };
    if (isOver) return { rows: await goOn() };
    this.#waiting = waiting;
    return waiting;
  }

  async #isBlocked(pid: number): Promise<boolean> {
    const { rowCount } = await this.#host.control.query(
      "SELECT FROM pg_locks WHERE pid = $1 AND locktype = 'advisory' AND NOT granted",
      [pid],
    );
    return rowCount === 1;
  }

  /** Ends the world: whoever waits goes on, and its answer is nobody's. */
  async close(): Promise<void> {
    await this.#waiting?.goOn().catch(() => undefined);
  }
}
