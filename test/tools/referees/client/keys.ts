import { type ClientWorld, clientOf, expect, found } from "./client.ts";

/** A key is made, works, is rotated and revoked, and works no longer. */
export async function drive(world: ClientWorld): Promise<void> {
  const admin = clientOf(world.edgeUrl, world.adminKey);
  const made = found(await admin.POST("/v1/keys", { body: { name: "referee", scopes: ["read"] } }));
  found(await clientOf(world.edgeUrl, made.api_key).GET("/v1/budget"));

  const path = { id: made.key_id };
  const rotated = found(await admin.POST("/v1/keys/{id}/rotate", { params: { path }, body: { grace_seconds: 3600 } }));
  expect(rotated.rotated_from === made.key_id, "a successor of the key");
  const { keys } = found(await admin.GET("/v1/keys"));
  for (const { key_id } of [made, rotated])
    expect(
      keys.some((key) => key.key_id === key_id),
      `${key_id} in the list`,
    );

  const successor = clientOf(world.edgeUrl, rotated.api_key);
  found(await successor.GET("/v1/budget"));
  found(await admin.DELETE("/v1/keys/{id}", { params: { path: { id: rotated.key_id } } }));
  const refused = await successor.GET("/v1/budget");
  expect(refused.response.status === 401, `401 for a revoked key, got ${refused.response.status}`);
}
