import type { z } from "zod";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import type { McpContext } from "./context.ts";

export type Json = Readonly<Record<string, unknown>>;

export interface ResourceLink {
  readonly type: "resource_link";
  readonly uri: string;
  readonly name: string;
  readonly description: string;
  readonly mimeType: string;
  readonly size: number;
}

/** What a tool found. Its structure matches the tool's `output`. */
export interface ToolResult {
  readonly structure: Json;
  readonly links?: readonly ResourceLink[];
  /** The work was done and failed, which is no problem of the request's. */
  readonly failed?: boolean;
  /** Of a tool whose work is long: the run, which can be followed as a task. */
  readonly run?: FoundRun;
}

/** What a tool offers; it checks its arguments itself, so that invalid ones are reported as over HTTP. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: (packs: readonly string[]) => Json;
  /** The members that matter of what it answers. */
  readonly output: z.ZodType;
  /** Whether its output schema says what the `data` in it may be; of others it is an object. */
  readonly data?: true;
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
  /** Whether its work may be followed as a task. */
  readonly long: boolean;
  call(ctx: McpContext, given: Json): Promise<ToolResult>;
}

export const READS = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
} as const;
