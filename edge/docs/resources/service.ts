import { PROBLEMS } from "#core/domain/problem.ts";
import * as answers from "../../service/problem-schema.ts";
import { health, index, readiness } from "../../service/schemas.ts";
import { COMMON, headerRef } from "../../openapi/components.ts";
import { response, type Resource, negotiated, open, textResponse } from "../../openapi/describe.ts";
import { openProblems } from "../../openapi/problems.ts";

export const service: Resource = {
  tag: { name: "service", description: "Health and documentation; no API key needed." },
  paths: {
    "/": {
      get: open("getIndex", "Where things are", "JSON; a page for browsers.", {
        200: negotiated("Where things are.", "Index"),
      }),
    },
    "/health": {
      get: open("getHealth", "Is the edge alive", "Answers without asking any store.", {
        200: response("It is.", "Health"),
      }),
    },
    "/readyz": {
      get: open("getReadiness", "Can work be taken", "Asks database, redis, sqs and s3, in parallel.", {
        200: response("Every store is up.", "Readiness"),
        503: response("At least one store is down.", "Readiness", { "Retry-After": headerRef("RetryAfter") }),
        ...openProblems("rate-limited"),
      }),
    },
    "/openapi.json": {
      get: open("getOpenapi", "This document", "OpenAPI 3.1, from the schemas that check the requests.", {
        200: {
          description: "The document.",
          headers: COMMON,
          content: { "application/json": { schema: { type: "object" }, example: { openapi: "3.1.0" } } },
        },
      }),
    },
    "/docs": {
      get: open("getDocs", "This API in Swagger UI", "A page to read about the API and to try it.", {
        200: textResponse("The page.", "text/html", "<!doctype html>"),
      }),
    },
    "/redoc": {
      get: open("getRedoc", "This API in Redoc", "A page to read about the API.", {
        200: textResponse("The page.", "text/html", "<!doctype html>"),
      }),
    },
    "/llms.txt": {
      get: open("getLlmsText", "What an agent needs to know", "Everything on one page, in the form of llmstxt.org.", {
        200: textResponse("The page.", "text/plain", "# Decisionproof"),
      }),
    },
    "/.well-known/security.txt": {
      get: open("getSecurityText", "Whom to tell about a weakness", "RFC 9116.", {
        200: textResponse("Contact and expiry.", "text/plain", "Contact: https://api.example/problems/"),
      }),
    },
    "/problems": {
      get: open("listProblems", "Every problem", "JSON; a page for browsers. The same at `/problems/`.", {
        200: negotiated("Every problem, what it means and what to do.", "ProblemList"),
      }),
    },
    "/problems/{slug}": {
      parameters: [
        {
          name: "slug",
          in: "path",
          required: true,
          description: "The last part of a problem's type.",
          schema: { type: "string", enum: Object.keys(PROBLEMS) },
          example: "not-found",
        },
      ],
      get: open("getProblem", "What a problem means", "A page for people; JSON or plain text for who asks for it.", {
        200: negotiated("What it means and what to do.", "ProblemKind", "text/plain"),
        ...openProblems("not-found"),
      }),
    },
  },
  answers: {
    Health: health,
    Readiness: readiness,
    ProblemKind: answers.problemKind,
    ProblemList: answers.problemList,
    Index: index,
  },
};
