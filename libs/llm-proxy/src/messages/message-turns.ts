import { InvalidRequestError, isJsonObject, type JsonObject } from '#common';
import type { ChatMessage } from '../completion-request.js';
import { readList, readName, readObject, required } from '../request-fields.js';
import { chatContent, chatPart, collapsed, readBlock } from './message-content.js';
import { detailsOfThinking } from './thinking.js';

/**
 * The chat messages for `system` and `messages`. A tool's result is a message of its own in chat, directly after the call.
 * @throws InvalidRequestError
 */
export function chatMessagesOf(body: JsonObject): ChatMessage[] {
  const turns = required(readList(body['messages'], 'messages'), 'messages');
  if (turns.length === 0) throw new InvalidRequestError(`'messages' must not be empty`, 'messages');
  const system: ChatMessage[] =
    body['system'] == null ? [] : [{ role: 'system', content: chatContent(body['system'], 'system') }];
  return [...system, ...turns.flatMap((turn, i) => chatTurn(turn, `messages[${i}]`))];
}

function chatTurn(value: unknown, param: string): ChatMessage[] {
  const turn = required(readObject(value, param), param);
  const role = required(readName(turn['role'], `${param}.role`), `${param}.role`);
  const content = required(turn['content'] ?? undefined, `${param}.content`);
  switch (role) {
    case 'user':
      return userMessages(content, `${param}.content`);
    case 'assistant':
      return [assistantMessage(content, `${param}.content`)];
    case 'system':
      return [{ role, content: chatContent(content, `${param}.content`) }];
    default:
      throw new InvalidRequestError(`'${param}.role' must be 'user' or 'assistant'`, `${param}.role`);
  }
}

function userMessages(content: unknown, param: string): ChatMessage[] {
  if (!Array.isArray(content)) return [{ role: 'user', content: chatContent(content, param) }];
  const results: ChatMessage[] = [];
  const parts: JsonObject[] = [];
  for (const [i, block] of content.entries()) {
    const path = `${param}[${i}]`;
    if (isJsonObject(block) && block['type'] === 'tool_result') results.push(toolMessage(block, path));
    else parts.push(...chatPart(block, path));
  }
  return parts.length === 0 && results.length > 0
    ? results
    : [...results, { role: 'user', content: collapsed(parts) }];
}

function toolMessage(block: JsonObject, param: string): ChatMessage {
  const id = `${param}.tool_use_id`;
  const tool_call_id = required(readName(block['tool_use_id'], id), id);
  const content = chatContent(block['content'] ?? '', `${param}.content`);
  // A chat message cannot say it in any other way.
  const isFailure = block['is_error'] === true;
  return { role: 'tool', tool_call_id, content: isFailure ? failed(content) : content };
}

const failed = (content: string | JsonObject[]): string | JsonObject[] =>
  typeof content === 'string' ? `Error: ${content}` : [{ type: 'text', text: 'Error:' }, ...content];

function assistantMessage(content: unknown, param: string): ChatMessage {
  if (!Array.isArray(content)) return { role: 'assistant', content: chatContent(content, param) };
  const parts: JsonObject[] = [];
  const calls: JsonObject[] = [];
  const details: JsonObject[] = [];
  for (const [i, value] of content.entries()) {
    const path = `${param}[${i}]`;
    const { block, type } = readBlock(value, path);
    if (type === 'tool_use') calls.push(toolCall(block, path));
    else if (type === 'thinking' || type === 'redacted_thinking') details.push(...detailsOfThinking(block));
    else parts.push(...chatPart(block, path));
  }
  return {
    role: 'assistant',
    content: parts.length > 0 ? collapsed(parts) : calls.length > 0 ? null : '',
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(details.length > 0 && { reasoning_details: details }),
  };
}

function toolCall(block: JsonObject, param: string): JsonObject {
  const id = required(readName(block['id'], `${param}.id`), `${param}.id`);
  const name = required(readName(block['name'], `${param}.name`), `${param}.name`);
  const input = readObject(block['input'], `${param}.input`) ?? {};
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input) } };
}
