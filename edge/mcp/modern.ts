import { isTerminal } from "#core/domain/run.ts";
import { callTool, resultOf } from "./call-tool.ts";
import { type McpContext, knownCaller } from "./context.ts";
import {
  callParams,
  type Capabilities,
  listParams,
  META,
  type Params,
  paramsOf,
  RPC,
  RpcError,
  TASKS,
  updateParams,
  VERSIONS,
} from "./protocol.ts";
import { cancelTask, modernTask, runOfTask, taskOf } from "./tasks.ts";
import type { Json } from "./tool.ts";
import { describeTools, tools } from "./tools.ts";
import { answerOf } from "./tools/submit-run.ts";
import { about, cursorless, INSTRUCTIONS } from "./about.ts";

/** How long a client may keep what does not change until the next deployment. */
const CACHE = { ttlMs: 300_000, cacheScope: "public" };

type Method = (ctx: McpContext, params: Params, capabilities: Capabilities) => Promise<Json>;

const discover: Method = async (ctx) => {
  await knownCaller(ctx);
  return {
    supportedVersions: VERSIONS,
    capabilities: { tools: {}, extensions: { [TASKS]: {} } },
    instructions: INSTRUCTIONS,
    ...CACHE,
  };
};

const listTools: Method = async (ctx, params) => {
  cursorless(paramsOf(listParams, params));
  await knownCaller(ctx);
  return { tools: describeTools("modern"), ...CACHE };
};

const call: Method = async (ctx, params, capabilities) => {
  const { name, arguments: given } = paramsOf(callParams, params);
  const tool = tools.get(name);
  if (tool === undefined) {
    await knownCaller(ctx);
    throw new RpcError(RPC.invalid_params, `Unknown tool: ${name}`);
  }
  const called = await callTool(ctx, tool, given);
  const run = takesTasks(capabilities) && "answer" in called ? called.answer.run : undefined;
  if (run === undefined || isTerminal(run.status)) return resultOf(ctx, called);
  return { resultType: "task", ...modernTask(taskOf(run)) };
};

const getTask: Method = async (ctx, params) => {
  const run = await runOfTask(ctx, params);
  const task = modernTask(taskOf(run));
  if (task.status !== "completed") return task;
  return { ...task, result: resultOf(ctx, { answer: await answerOf(ctx, run) }) };
};

/** No task of ours asks for anything, and answers to nothing that was asked are to be ignored. */
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
  (ctx, params, capabilities) => {
    if (!takesTasks(capabilities)) {
      const data = { requiredCapabilities: { extensions: { [TASKS]: {} } } };
      throw new RpcError(RPC.capability_missing, "Missing required client capability", data);
    }
    return method(ctx, params, capabilities);
  };

const takesTasks = ({ extensions = {} }: Capabilities): boolean => Object.hasOwn(extensions, TASKS);

const methods: ReadonlyMap<string, Method> = new Map([
  ["server/discover", discover],
  ["tools/list", listTools],
  ["tools/call", call],
  ["tasks/get", ofTasks(getTask)],
  ["tasks/update", ofTasks(updateTask)],
  ["tasks/cancel", ofTasks(cancelTheTask)],
]);

export const knowsModern = (method: string): boolean => methods.has(method);

/** The result of a request of 2026-07-28. Throws the errors of the protocol, and problems that concern no tool. */
export async function answerModern(
  ctx: McpContext,
  method: string,
  { params, capabilities }: { readonly params: Params; readonly capabilities: Capabilities },
): Promise<Json> {
  const answer = methods.get(method);
  if (answer === undefined) throw new RpcError(RPC.no_method, "Method not found");
  const result = await answer(ctx, params, capabilities);
  return { resultType: "complete", ...result, _meta: { [META.server]: about(ctx.deps) } };
}
