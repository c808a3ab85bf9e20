import type { Problem, ProblemCode, Run } from "./types.ts";

/** Every error of this client, but for what an aborted signal throws. */
export class DecisionproofError extends Error {
  override readonly name: string = "DecisionproofError";
}

export interface Attempted {
  /** How often the request was sent. */
  readonly attempts: number;
  /** The key of the submit: sending it again with this key never buys twice. */
  readonly idempotencyKey: string | undefined;
}

/** No answer came, or it broke off. A submit may have been accepted. */
export class ConnectionError extends DecisionproofError {
  override readonly name: string = "ConnectionError";
  declare readonly attempts: number;
  declare readonly idempotencyKey: string | undefined;
  /** Of an ApiError alone. */
  declare readonly status?: undefined;
  declare readonly retryAfterMs?: undefined;

  constructor(message: string, attempted: Attempted, options?: ErrorOptions) {
    super(message, options);
    Object.assign(this, attempted);
  }
}

interface Refusal extends Attempted {
  readonly status: number;
  readonly problem: Problem;
  readonly headers: Headers;
  readonly retryAfterMs: number | undefined;
}

/** The API refused. */
export class ApiError extends DecisionproofError {
  override readonly name: string = "ApiError";
  declare readonly status: number;
  declare readonly problem: Problem;
  declare readonly headers: Headers;
  declare readonly retryAfterMs: number | undefined;
  declare readonly attempts: number;
  declare readonly idempotencyKey: string | undefined;
  /** The kind of problem: its slug. Of an answer that is no problem document, such as a proxy's, `unknown`. */
  readonly code: ProblemCode | "unknown";
  readonly requestId: string | undefined;

  constructor(refusal: Refusal) {
    const { status, problem, headers } = refusal;
    const fields = (Array.isArray(problem.errors) ? problem.errors : []).map((each) => {
      return `\n${each.pointer ?? each.parameter ?? each.header ?? ""} ${each.detail}`;
    });
    super(`${status} ${problem.code}: ${problem.detail}${fields.join("")}`);
    Object.assign(this, refusal);
    this.code = problem.code;
    this.requestId = requestIdOf(headers);
  }
}

export const requestIdOf = (headers: Headers): string | undefined => headers.get("x-request-id") ?? undefined;

/** 401 */
export class AuthenticationError extends ApiError {
  override readonly name = "AuthenticationError";
}
/** 403 */
export class PermissionError extends ApiError {
  override readonly name = "PermissionError";
}
/** 404 */
export class NotFoundError extends ApiError {
  override readonly name = "NotFoundError";
}
/** 409 */
export class ConflictError extends ApiError {
  override readonly name = "ConflictError";
}
/** 422 `budget-exceeded`: the account, or the key, has less left than the run would reserve. */
export class BudgetExceededError extends ApiError {
  override readonly name = "BudgetExceededError";
}
/** 429 */
export class RateLimitError extends ApiError {
  override readonly name = "RateLimitError";
}

const CLASSES: Readonly<Record<number, typeof ApiError>> = {
  401: AuthenticationError,
  403: PermissionError,
  404: NotFoundError,
  409: ConflictError,
  429: RateLimitError,
};

export function apiError(refusal: Refusal): ApiError {
  const Kind = refusal.problem.code === "budget-exceeded" ? BudgetExceededError : CLASSES[refusal.status];
  return new (Kind ?? ApiError)(refusal);
}

/** The run ended without a result, or is held for review. */
export class RunFailedError extends DecisionproofError {
  override readonly name = "RunFailedError";
  readonly run: Run;

  constructor(run: Run) {
    const why = run.money_state === "AUDIT_REQUIRED" ? "is held for review" : `is ${run.status}`;
    super([`run ${run.run_id} ${why}`, run.error?.reason_code, run.error?.detail].filter(Boolean).join(": "));
    this.run = run;
  }
}

/** An output, a receipt or a webhook is not what it should be. */
export class VerificationError extends DecisionproofError {
  override readonly name = "VerificationError";
}
