import { isTerminal } from "#core/domain/run.ts";
import { callTool, resultOf } from "./call-tool.ts";
import { type Conversation, knownCaller } from "./conversation.ts";
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

type Method = (talk: Conversation, params: Params, capabilities: Capabilities) => Promise<Json>;

const discover: Method = async (talk) => {
  await knownCaller(talk);
  return {
    supportedVersions: VERSIONS,
    capabilities: { tools: {}, extensions: { [TASKS]: {} } },
    instructions: INSTRUCTIONS,
    ...CACHE,
  };
};

const listTools: Method = async (talk, params) => {
  cursorless(paramsOf(listParams, params));
  await knownCaller(talk);
  return { tools: describeTools("modern"), ...CACHE };
};

const call: Method = async (talk, params, capabilities) => {
  const { name, arguments: given } = paramsOf(callParams, params);
  const tool = tools.get(name);
  if (tool === undefined) {
    await knownCaller(talk);
    throw new RpcError(RPC.invalid_params, `There is no tool ${name}.`);
  }
  const called = await callTool(talk, tool, given);
  const run = takesTasks(capabilities) && "answer" in called ? called.answer.run : undefined;
  if (run === undefined || isTerminal(run.status)) return resultOf(talk, called);
  return { resultType: "task", ...modernTask(taskOf(run)) };
};

const getTask: Method = async (talk, params) => {
  const run = await runOfTask(talk, params);
  const task = modernTask(taskOf(run));
  if (task.status !== "completed") return task;
  return { ...task, result: resultOf(talk, { answer: await answerOf(talk, run) }) };
};

/** No task of ours asks for anything, and answers to nothing that was asked are to be ignored. */
const updateTask: Method = async (talk, params) => {
  paramsOf(updateParams, params);
  await runOfTask(talk, params);
  return {};
};

const cancelTheTask: Method = async (talk, params) => {
  await cancelTask(talk, params);
  return {};
};

const ofTasks =
  (method: Method): Method =>
  (talk, params, capabilities) => {
    if (!takesTasks(capabilities)) {
      const data = { requiredCapabilities: { extensions: { [TASKS]: {} } } };
      throw new RpcError(RPC.capability_missing, "Missing required client capability", data);
    }
    return method(talk, params, capabilities);
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
  talk: Conversation,
  method: string,
  { params, capabilities }: { readonly params: Params; readonly capabilities: Capabilities },
): Promise<Json> {
  const answer = methods.get(method);
  if (answer === undefined) throw new RpcError(RPC.no_method, "Method not found");
  const result = await answer(talk, params, capabilities);
  return { resultType: "complete", ...result, _meta: { [META.server]: about(talk.deps) } };
}
