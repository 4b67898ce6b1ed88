import type { GatewayError, JsonObject } from '#common';

/** One event of a door's stream; its type is also its name on the wire. */
export type DoorEvent = JsonObject & { readonly type: string };

/** Makes a door's answer from a chat answer. For one call; no method throws. */
export interface AnswerTranslation {
  /** The door's answer for a whole chat completion. */
  whole(completion: JsonObject): JsonObject;
  /** What one chunk of a chat stream adds to the door's stream. */
  chunk(chunk: JsonObject): DoorEvent[];
  /** The chat stream ended well: the door's last events. */
  done(): DoorEvent[];
  /** It did not: the door's last events, which say why. */
  fail(error: GatewayError): DoorEvent[];
}
