/** A Cloudflare Worker that receives webhooks: checks who sent them, takes each event once, and answers at once. */
import { DurableObject } from "cloudflare:workers";
import { Decisionproof, VerificationError, verifyWebhook, type WebhookEvent } from "@decisionproof/client";

interface Env {
  readonly INBOX: DurableObjectNamespace<Inbox>;
  /** Of the webhook, as `POST /v1/webhooks` returned it. */
  readonly WEBHOOK_SECRET: string;
  readonly DECISIONPROOF_API_KEY: string;
  readonly DECISIONPROOF_BASE_URL: string;
}

/** A delivery that failed can be sent again for as long as it is listed. */
const REMEMBER_MS = 30 * 24 * 60 * 60_000;

export default {
  async fetch(request, env) {
    if (request.method !== "POST") return new Response(null, { status: 405, headers: { allow: "POST" } });
    try {
      const { id, event } = await verifyWebhook(request, env.WEBHOOK_SECRET);
      const isNew = await env.INBOX.getByName(id).take(JSON.stringify(event));
      return new Response(isNew ? "taken" : "seen before");
    } catch (error) {
      if (error instanceof VerificationError) return new Response(error.message, { status: 400 });
      // A 500 has the event sent again later.
      throw error;
    }
  },
} satisfies ExportedHandler<Env>;

/** One object for each event id. It has the event before the sender is answered, and works on it after that. */
export class Inbox extends DurableObject<Env> {
  async take(event: string): Promise<boolean> {
    const { storage } = this.ctx;
    if ((await storage.get("taken")) !== undefined) return false;
    await storage.put({ taken: true, event });
    await storage.setAlarm(Date.now());
    return true;
  }

  /** Called again, some time later, if it throws: the work may be begun more than once. */
  override async alarm(): Promise<void> {
    const { storage } = this.ctx;
    const event = await storage.get<string>("event");
    if (event === undefined) return storage.deleteAll();
    await this.work(JSON.parse(event) as WebhookEvent);
    await storage.delete("event");
    await storage.setAlarm(Date.now() + REMEMBER_MS);
  }

  private async work(event: WebhookEvent): Promise<void> {
    if (event.type !== "run.completed") return;
    const { run_id } = event.data.run;
    const { DECISIONPROOF_API_KEY: apiKey, DECISIONPROOF_BASE_URL: baseUrl } = this.env;
    const output = await new Decisionproof({ apiKey, baseUrl }).runs.output(run_id);
    console.log(`run ${run_id} of ${output.pack_type} cost ${output.cost.actual_usd} USD`);
  }
}
