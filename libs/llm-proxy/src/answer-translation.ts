import type { GatewayError, JsonObject } from '#common';

/** One event of a door's stream; its type is also its name on the wire. */
export type DoorEvent = JsonObject & { readonly type: string };

/** Makes a door's answer from a chat answer. For one call; no method throws. */
export interface AnswerTranslation {
  /** By what the door's own server shows that a silent stream still lives; absent where it has no event for it. */
  readonly keepAlive?: DoorEvent;
  /** The door's answer for a whole chat completion. */
  whole(completion: JsonObject): JsonObject;
  /** What one chunk of a chat stream adds to the door's stream. */
  chunk(chunk: JsonObject): DoorEvent[];
  /** The chat stream ended well: the door's last events. */
  done(): DoorEvent[];
  /** It did not: the door's last events, which say why. */
  fail(error: GatewayError): DoorEvent[];
}

/** Events as they go over the wire. */
export const bytesOf = (events: readonly DoorEvent[]): Buffer =>
  Buffer.from(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
