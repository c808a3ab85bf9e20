/** Of each required setting, a value that the product takes. */
const EXAMPLES: Readonly<Record<string, string>> = {
  DATABASE_URL: "postgres://dpp_backend:PASSWORD@db.example.com/dpp?sslmode=verify-full",
  REDIS_URL: "rediss://:PASSWORD@redis.example.com:6379",
  UPSTASH_REDIS_REST_URL: "https://redis.example.com",
  UPSTASH_REDIS_REST_TOKEN: "TOKEN",
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "KEY",
  AWS_SECRET_ACCESS_KEY: "SECRET",
  SQS_QUEUE_URL: "https://sqs.us-east-1.amazonaws.com/111122223333/dpp-runs",
  S3_BUCKET: "dpp-results",
};
const HEAD = `# All settings, made from REFERENCE.md's table by \`npm run deploy:files\`. What is no comment is required by some process;
# after a comment's \`=\` is the default. A file with real secrets is never kept.
`;

/** The text of \`.env.example\`, from the reference's table of environment variables. */
export function envExample(readme: string): string {
  const rows = [...readme.matchAll(/^\| `([A-Z][A-Z\d_]+)` \| ([a-z, ]+) \| (.*?) \| /gm)];
  const lines = rows.map(([, name = "", readBy = "", usual = ""]) => {
    const example = EXAMPLES[name];
    if (example !== undefined) return `\n# ${readBy}\n${name}=${example}\n`;
    return `\n# ${readBy}\n# ${name}=${usual !== "none" && /^[\w.-]+$/.test(usual) ? usual : ""}\n`;
  });
  return `${HEAD}${lines.join("")}`;
}
