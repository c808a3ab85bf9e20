import { isTerminal } from "#core/domain/run.ts";
import { about, cursorless, INSTRUCTIONS } from "./about.ts";
import { asResult, type Called, callTool, resultOf } from "./call-tool.ts";
import { knownCaller, type McpContext, ownPacks } from "./context.ts";
import type { Method } from "./method.ts";
import { callParams, listParams, META, paramsOf, RPC, RpcError, TASKS, updateParams } from "./protocol.ts";
import { type Features, VERSIONS } from "./revisions.ts";
import { cancelTask, modernTask, runOfTask, taskOf } from "./tasks.ts";
import type { Json } from "./tool.ts";
import { describeTools, tools } from "./tools.ts";
import { submitResult } from "./tools/submit-run.ts";

/** How long a client may keep what changes with a deployment, or an account's plan, alone. */
const TTL_MS = 300_000;

const discover: Method = async (ctx) => {
  await knownCaller(ctx);
  return {
    supportedVersions: VERSIONS,
    capabilities: { tools: {}, extensions: { [TASKS]: {} } },
    instructions: INSTRUCTIONS,
    ttlMs: TTL_MS,
    cacheScope: "public",
  };
};

const listTools: Method = async (ctx, params, { features }) => {
  cursorless(paramsOf(listParams, params));
  return { tools: describeTools(features, await ownPacks(ctx)), ttlMs: TTL_MS, cacheScope: "private" };
};

const call: Method = async (ctx, params, { features, follows_tasks }) => {
  const { name, arguments: given } = paramsOf(callParams, params);
  const tool = tools.get(name);
  if (tool === undefined) {
    await knownCaller(ctx);
    throw new RpcError(RPC.invalid_params, `Unknown tool: ${name}. There are: ${[...tools.keys()].join(", ")}.`);
  }
  const called = callTool(ctx, tool.name, tool.call(ctx, given));
  return follows_tasks ? taskOrResult(ctx, features, called) : resultOf(ctx, features, called);
};

async function taskOrResult(ctx: McpContext, features: Features, coming: Promise<Called>): Promise<Json> {
  const called = await coming;
  const run = "result" in called ? called.result.run : undefined;
  if (run === undefined || isTerminal(run.status)) return resultOf(ctx, features, coming);
  return { resultType: "task", ...modernTask(taskOf(run)) };
}

const getTask: Method = async (ctx, params, { features }) => {
  const run = await runOfTask(ctx, params);
  const task = modernTask(taskOf(run));
  if (task.status !== "completed") return task;
  return { ...task, result: await resultOf(ctx, features, asResult(submitResult(ctx, run))) };
};

/** No task asks its client for input, so that answers to such questions are ignored, as the extension says. */
const updateTask: Method = async (ctx, params) => {
  paramsOf(updateParams, params);
  await runOfTask(ctx, params);
  return {};
};

const cancelTheTask: Method = async (ctx, params) => {
  await cancelTask(ctx, params);
  return {};
};

const ofTasks =
  (method: Method): Method =>
  (ctx, params, spoken) => {
    if (!spoken.follows_tasks) {
      const data = { requiredCapabilities: { extensions: { [TASKS]: {} } } };
      throw new RpcError(RPC.capability_missing, `Missing required client capability: ${TASKS}`, data);
    }
    return method(ctx, params, spoken);
  };

/** The revision names the kind of every result, and the server beside it. */
const complete =
  (method: Method): Method =>
  (ctx, params, spoken) =>
    named(ctx, method(ctx, params, spoken));

const named = async ({ deps }: McpContext, result: Promise<Json>): Promise<Json> => ({
  resultType: "complete",
  ...(await result),
  _meta: { [META.server]: about(deps) },
});

/** The methods of 2026-07-28. */
export const modernMethods: ReadonlyMap<string, Method> = new Map([
  ["server/discover", complete(discover)],
  ["tools/list", complete(listTools)],
  ["tools/call", complete(call)],
  ["tasks/get", complete(ofTasks(getTask))],
  ["tasks/update", complete(ofTasks(updateTask))],
  ["tasks/cancel", complete(ofTasks(cancelTheTask))],
]);
