import { Hono } from "hono";
import { Problem } from "#core/domain/problem.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import type { Random } from "#core/ports/random.ts";
import type { EdgeTypes } from "./http/context.ts";
import type { InvalidEnv } from "./env.ts";
import { correlate } from "./http/correlate.ts";
import { finishText } from "./http/finish-text.ts";
import { safeHeaders } from "./http/safe-headers.ts";
import { problemResponse } from "./http/problem-response.ts";
import { getHealth } from "./service/get-health.ts";

interface MisconfiguredDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Is alive, and refuses all work while the environment is invalid; the errors are only in the log. */
export function createMisconfiguredApp(deps: MisconfiguredDeps, { version, errors }: InvalidEnv): Hono<EdgeTypes> {
  const app = new Hono<EdgeTypes>();
  app.use(correlate(deps), safeHeaders, finishText);
  app.get(getHealth.path, getHealth.handler({ build: version }));
  app.notFound((c) => {
    deps.log.error("invalid environment", { errors, trace_id: c.get("trace").trace_id });
    return problemResponse(c, new Problem("unavailable", "The service is not configured.", { retry_after_s: 60 }));
  });
  return app;
}
