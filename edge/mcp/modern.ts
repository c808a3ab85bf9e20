import { isTerminal } from "#core/domain/run.ts";
import { about, cursorless, INSTRUCTIONS } from "./about.ts";
import { callTool, resultOf } from "./call-tool.ts";
import { knownCaller, ownPacks } from "./context.ts";
import type { Method } from "./method.ts";
import {
  callParams,
  type Capabilities,
  listParams,
  META,
  paramsOf,
  RPC,
  RpcError,
  TASKS,
  updateParams,
} from "./protocol.ts";
import { VERSIONS } from "./revisions.ts";
import { cancelTask, modernTask, runOfTask, taskOf } from "./tasks.ts";
import { describeTools, tools } from "./tools.ts";
import { answerOf } from "./tools/submit-run.ts";

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

const call: Method = async (ctx, params, { features, capabilities }) => {
  const { name, arguments: given } = paramsOf(callParams, params);
  const tool = tools.get(name);
  if (tool === undefined) {
    await knownCaller(ctx);
    throw new RpcError(RPC.invalid_params, `Unknown tool: ${name}. There are: ${[...tools.keys()].join(", ")}.`);
  }
  const called = await callTool(ctx, tool, given);
  const run = takesTasks(capabilities) && "answer" in called ? called.answer.run : undefined;
  if (run === undefined || isTerminal(run.status)) return resultOf(ctx, features, called);
  return { resultType: "task", ...modernTask(taskOf(run)) };
};

const getTask: Method = async (ctx, params, { features }) => {
  const run = await runOfTask(ctx, params);
  const task = modernTask(taskOf(run));
  if (task.status !== "completed") return task;
  return { ...task, result: resultOf(ctx, features, { answer: await answerOf(ctx, run) }) };
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
    if (!takesTasks(spoken.capabilities)) {
      const data = { requiredCapabilities: { extensions: { [TASKS]: {} } } };
      throw new RpcError(RPC.capability_missing, `Missing required client capability: ${TASKS}`, data);
    }
    return method(ctx, params, spoken);
  };

const takesTasks = ({ extensions = {} }: Capabilities): boolean => Object.hasOwn(extensions, TASKS);

/** The revision names the kind of every result, and the server beside it. */
const complete =
  (method: Method): Method =>
  async (ctx, params, spoken) => ({
    resultType: "complete",
    ...(await method(ctx, params, spoken)),
    _meta: { [META.server]: about(ctx.deps) },
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
