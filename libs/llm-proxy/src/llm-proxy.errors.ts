import { GatewayError, InvalidRequestError } from '#common';

/** 404: the catalogue has no such model. */
export class ModelNotFoundError extends GatewayError {
  constructor(id: string) {
    super(`The model '${id}' does not exist`, {
      code: 'model_not_found',
      type: 'not_found_error',
      httpStatus: 404,
      param: 'model',
    });
  }
}

/** 400, in OpenAI's words: the prompt, or what is asked for beside it, does not fit into the model's window. */
export class ContextLengthError extends InvalidRequestError {
  /**
   * @param window tokens of the largest model that could have served
   * @param prompt our count of the messages
   * @param answer tokens asked for the completion; 0 when the call sets no limit
   */
  constructor(window: number, prompt: number, answer: number) {
    const used =
      answer === 0
        ? `your messages resulted in about ${prompt} tokens. Please reduce the length of the messages.`
        : `you requested about ${prompt + answer} tokens (${prompt} in the messages, ${answer} in the completion). ` +
          'Please reduce the length of the messages or completion.';
    super(
      `This model's maximum context length is ${window} tokens. However, ${used}`,
      'messages',
      'context_length_exceeded',
    );
  }
}
