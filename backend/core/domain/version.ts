/** The version of the product: package.json, the OpenAPI document, `/health` and the MCP server all say it. */
export const VERSION = "0.1.0";
