import { isTerminal } from "#core/domain/run.ts";
import { problemDocument } from "../http/problem-response.ts";
import { about, cursorless, INSTRUCTIONS } from "./about.ts";
import { type Called, callTool, resultOf } from "./call-tool.ts";
import { type McpContext, knownCaller } from "./context.ts";
import {
  legacyCallParams,
  initializeParams,
  LEGACY,
  listParams,
  META,
  type Params,
  paramsOf,
  RPC,
  RpcError,
} from "./protocol.ts";
import { cancelTask, legacyTask, runOfTask, taskOf } from "./tasks.ts";
import type { Json } from "./tool.ts";
import { describeTools, tools } from "./tools.ts";
import { answerOf } from "./tools/submit-run.ts";
import { awaitRun, MAX_WAIT_S } from "./wait.ts";

type Method = (ctx: McpContext, params: Params) => Promise<Json>;

/** There is no session: nothing of this is remembered, and nothing depends on it. */
const initialize: Method = async (ctx, params) => {
  paramsOf(initializeParams, params);
  await knownCaller(ctx);
  return {
    protocolVersion: LEGACY,
    capabilities: { tools: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } } },
    serverInfo: about(ctx.deps),
    instructions: INSTRUCTIONS,
  };
};

const ping: Method = async (ctx) => {
  await knownCaller(ctx);
  return {};
};

const listTools: Method = async (ctx, params) => {
  cursorless(paramsOf(listParams, params));
  await knownCaller(ctx);
  return { tools: describeTools("legacy") };
};

const call: Method = async (ctx, params) => {
  const { name, arguments: given, task } = paramsOf(legacyCallParams, params);
  const tool = tools.get(name);
  if (tool === undefined || (task !== undefined && !tool.long)) {
    await knownCaller(ctx);
    if (tool === undefined) throw new RpcError(RPC.invalid_params, `Unknown tool: ${name}`);
    throw new RpcError(RPC.no_method, `The tool ${name} is never a task.`);
  }
  const called = await callTool(ctx, tool, given);
  return task === undefined ? resultOf(ctx, called) : { task: newTask(ctx, called) };
};

/** Who asks for a task is given one, of a run that is over too, or else an error of the protocol. */
function newTask({ c }: McpContext, called: Called): Json {
  if ("answer" in called) {
    const { run } = called.answer;
    if (run === undefined) throw new Error("a long tool says nothing of its run");
    return legacyTask(taskOf(run));
  }
  throw new RpcError(RPC.invalid_params, called.problem.detail, problemDocument(c, called.problem));
}

const getTask: Method = async (ctx, params) => legacyTask(taskOf(await runOfTask(ctx, params)));

/** Waits for the end, as it has to, but no longer than one request may last. */
const taskResult: Method = async (ctx, params) => {
  const asked = await runOfTask(ctx, params);
  const run = isTerminal(asked.status) ? asked : ((await awaitRun(ctx, asked.run_id, MAX_WAIT_S)) ?? asked);
  if (!isTerminal(run.status)) throw new RpcError(RPC.internal, "The task is still working. Ask again.");
  const result = resultOf(ctx, { answer: await answerOf(ctx, run) });
  return { ...result, _meta: { [META.related_task]: { taskId: run.run_id } } };
};

const cancelTheTask: Method = async (ctx, params) => {
  const before = await runOfTask(ctx, params);
  if (isTerminal(before.status))
    throw new RpcError(RPC.invalid_params, `The task has ended: the run is ${before.status}.`);
  await cancelTask(ctx, params);
  return legacyTask(taskOf(await runOfTask(ctx, params)));
};

const methods: ReadonlyMap<string, Method> = new Map([
  ["initialize", initialize],
  ["ping", ping],
  ["tools/list", listTools],
  ["tools/call", call],
  ["tasks/get", getTask],
  ["tasks/result", taskResult],
  ["tasks/cancel", cancelTheTask],
]);

export const knowsLegacy = (method: string): boolean => methods.has(method);

/** The result of a request of 2025-11-25. Throws the errors of the protocol, and problems that concern no tool. */
export async function answerLegacy(ctx: McpContext, method: string, params: Params): Promise<Json> {
  const answer = methods.get(method);
  if (answer === undefined) throw new RpcError(RPC.no_method, "Method not found");
  return answer(ctx, params);
}
