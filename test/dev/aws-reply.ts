import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Reply } from "./aws-emulator.ts";
import { sendJson } from "./http-front.ts";
import type { Fault } from "./sigv4-check.ts";

export const SQS_JSON = "application/x-amz-json-1.0";

function escapeXml(text: string): string {
  return text.replace(/[<>&]/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** A refusal in the words of the service that was asked. */
export function sendFault(response: ServerResponse, service: string, fault: Fault, method: string): void {
  if (service === "sqs") {
    response.setHeader("x-amzn-query-error", `${fault.code};Sender`);
    return sendJson(
      response,
      fault.status,
      { __type: `com.amazon.coral.service#${fault.code}`, message: fault.message },
      SQS_JSON,
    );
  }
  const RequestId = randomUUID();
  const elements = { Code: fault.code, Message: fault.message, ...fault.extra, RequestId, HostId: RequestId };
  const inner = Object.entries(elements).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner.join("")}</Error>`;
  const size = fault.extra?.["ActualObjectSize"];
  response.writeHead(fault.status, {
    "content-type": "application/xml",
    "x-amz-request-id": RequestId,
    ...(size !== undefined && { "content-range": `bytes */${size}` }),
    // S3 says nothing of a body that it does not send.
    ...(method !== "HEAD" && { "content-length": Buffer.byteLength(xml) }),
  });
  response.end(method === "HEAD" ? undefined : xml);
}

export function sendReply(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, reply.headers);
  response.end(reply.body);
}
