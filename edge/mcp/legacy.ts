import { isTerminal } from "#core/domain/run.ts";
import { problemDocument } from "../http/problem-response.ts";
import { about, cursorless, INSTRUCTIONS } from "./about.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import { asResult, type Called, callTool, resultOf } from "./call-tool.ts";
import { knownCaller, MAX_WAIT_S, type McpContext, ownPacks } from "./context.ts";
import type { Method } from "./method.ts";
import { legacyCallParams, initializeParams, listParams, META, paramsOf, RPC, RpcError } from "./protocol.ts";
import { agreedRevision, type Features, featuresOf, type Revision } from "./revisions.ts";
import { cancelTask, legacyTask, runOfTask, taskOf } from "./tasks.ts";
import type { Json } from "./tool.ts";
import { describeTools, tools } from "./tools.ts";
import { submitResult } from "./tools/submit-run.ts";
import { awaitRun } from "./wait.ts";

/** There is no session: nothing of this is remembered, and nothing depends on it. */
const initialize: Method = async (ctx, params) => {
  const protocolVersion = agreedRevision(paramsOf(initializeParams, params).protocolVersion);
  await knownCaller(ctx);
  const { structure, tasks } = featuresOf(protocolVersion);
  const { title, ...serverInfo } = about(ctx.deps);
  return {
    protocolVersion,
    capabilities: { tools: {}, ...(tasks && { tasks: { cancel: {}, requests: { tools: { call: {} } } } }) },
    serverInfo: { ...serverInfo, ...(structure && { title }) },
    instructions: INSTRUCTIONS,
  };
};

const ping: Method = async (ctx) => {
  await knownCaller(ctx);
  return {};
};

const listTools: Method = async (ctx, params, { features }) => {
  cursorless(paramsOf(listParams, params));
  return { tools: describeTools(features, await ownPacks(ctx)) };
};

const call: Method = async (ctx, params, { features }) => {
  const { name, arguments: given, task: asked } = paramsOf(legacyCallParams, params);
  const task = features.tasks ? asked : undefined;
  const tool = tools.get(name);
  if (tool === undefined || (task !== undefined && !tool.long)) {
    await knownCaller(ctx);
    if (tool === undefined)
      throw new RpcError(RPC.invalid_params, `Unknown tool: ${name}. There are: ${[...tools.keys()].join(", ")}.`);
    throw new RpcError(RPC.no_method, `The tool ${name} cannot be followed as a task: call it without \`task\`.`);
  }
  const called = callTool(ctx, tool.name, tool.call(ctx, given));
  return task === undefined ? resultOf(ctx, features, called) : taskMade(ctx, called);
};

const taskMade = async (ctx: McpContext, called: Promise<Called>): Promise<Json> => ({
  task: newTask(ctx, await called),
});

/** A caller that asks for a task gets one, of a run that is over too, or an error of the protocol. */
function newTask({ c }: McpContext, called: Called): Json {
  if ("result" in called) {
    const { run } = called.result;
    if (run === undefined) throw new Error("a long tool named no run");
    return legacyTask(taskOf(run));
  }
  throw new RpcError(RPC.invalid_params, called.problem.detail, problemDocument(c, called.problem));
}

const getTask: Method = async (ctx, params) => legacyTask(taskOf(await runOfTask(ctx, params)));

/** Waits for the end, as the revision asks, but no longer than one request may last. */
const taskResult: Method = async (ctx, params, { features }) => {
  return endOf(ctx, features, await runOfTask(ctx, params));
};

async function endOf(ctx: McpContext, features: Features, asked: FoundRun): Promise<Json> {
  const run = isTerminal(asked.status) ? asked : ((await awaitRun(ctx, asked.run_id, MAX_WAIT_S)) ?? asked);
  if (!isTerminal(run.status)) throw new RpcError(RPC.internal, "The task is still working. Ask again.");
  const result = await resultOf(ctx, features, asResult(submitResult(ctx, run)));
  return { ...result, _meta: { [META.related_task]: { taskId: run.run_id } } };
}

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
]);
const withTasks: ReadonlyMap<string, Method> = new Map([
  ...methods,
  ["tasks/get", getTask],
  ["tasks/result", taskResult],
  ["tasks/cancel", cancelTheTask],
]);

/** The methods of a revision before 2026-07-28. */
export const legacyMethods = (revision: Revision): ReadonlyMap<string, Method> =>
  featuresOf(revision).tasks ? withTasks : methods;
