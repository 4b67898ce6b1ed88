import { InvalidRequestError, isJsonObject, type JsonObject } from '#common';
import { textOfDetails, unpackDetails } from '../answer-parts/reasoning-details.js';
import type { ChatMessage } from '../completion-request.js';
import { readName, readObject, readString, required } from '../request-fields.js';
import { untranslatable } from '../untranslatable.js';
import { chatContent, collapsed } from './response-content.js';

/** What an assistant did in one turn. */
interface AssistantTurn {
  parts: JsonObject[];
  calls: JsonObject[];
  details: JsonObject[];
  /** Reasoning that came without details. */
  thoughts: string;
}

const roles: ReadonlySet<string> = new Set(['user', 'system', 'developer']);

/**
 * Builds chat messages from items. What an assistant thought, said and called are items of their own; in chat they are one
 * message, or the results of its calls would not follow it directly.
 */
export class ChatTurns {
  private readonly messages: ChatMessage[] = [];
  private turn: AssistantTurn | undefined;

  /** @throws InvalidRequestError for an item that is malformed, or of a kind that chat has not */
  add(value: unknown, param: string): void {
    const item = required(readObject(value, param), param);
    const type = readName(item['type'], `${param}.type`) ?? 'message';
    switch (type) {
      case 'message':
        return this.addMessage(item, param);
      case 'function_call':
        this.assistant().calls.push(toolCall(item, param));
        return;
      case 'function_call_output':
        return this.push(toolMessage(item, param));
      case 'reasoning':
        return this.addReasoning(item);
      default:
        throw untranslatable(`${param}.type`, `an item of type '${type}'`);
    }
  }

  /** The messages of all that was added. */
  end(): ChatMessage[] {
    this.closeTurn();
    return this.messages;
  }

  private addMessage(item: JsonObject, param: string): void {
    const role = required(readName(item['role'], `${param}.role`), `${param}.role`);
    const content = chatContent(
      required(item['content'] ?? undefined, `${param}.content`),
      `${param}.content`,
    );
    if (roles.has(role)) return this.push({ role, content });
    if (role !== 'assistant') {
      throw new InvalidRequestError(
        `'${param}.role' must be 'user', 'assistant', 'system' or 'developer'`,
        `${param}.role`,
      );
    }
    const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    this.assistant().parts.push(...parts);
  }

  /** Without what the model's vendor needs to see again, its words are all there is to bring back. */
  private addReasoning(item: JsonObject): void {
    const turn = this.assistant();
    const details = unpackDetails(item['encrypted_content']);
    if (details) turn.details.push(...details);
    else turn.thoughts += textOfDetails([...objectsIn(item['summary']), ...objectsIn(item['content'])]);
  }

  private assistant(): AssistantTurn {
    this.turn ??= { parts: [], calls: [], details: [], thoughts: '' };
    return this.turn;
  }

  private push(message: ChatMessage): void {
    this.closeTurn();
    this.messages.push(message);
  }

  private closeTurn(): void {
    const { turn } = this;
    this.turn = undefined;
    // Thoughts alone are no message.
    if (turn === undefined || turn.parts.length + turn.calls.length === 0) return;
    this.messages.push({
      role: 'assistant',
      content: turn.parts.length > 0 ? collapsed(turn.parts) : null,
      ...(turn.calls.length > 0 && { tool_calls: turn.calls }),
      ...(turn.details.length > 0 && { reasoning_details: turn.details }),
      ...(turn.details.length === 0 && turn.thoughts !== '' && { reasoning: turn.thoughts }),
    });
  }
}

const objectsIn = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);

function toolCall(item: JsonObject, param: string): JsonObject {
  const id = required(readName(item['call_id'], `${param}.call_id`), `${param}.call_id`);
  const name = required(readName(item['name'], `${param}.name`), `${param}.name`);
  const given = required(readString(item['arguments'], `${param}.arguments`), `${param}.arguments`);
  return { id, type: 'function', function: { name, arguments: given } };
}

function toolMessage(item: JsonObject, param: string): ChatMessage {
  const tool_call_id = required(readName(item['call_id'], `${param}.call_id`), `${param}.call_id`);
  const output = required(item['output'] ?? undefined, `${param}.output`);
  return { role: 'tool', tool_call_id, content: chatContent(output, `${param}.output`) };
}
