export { rawRequest, sseDataIn, type RawReply, type RawRequest } from './raw-http.client.js';
export { requiredSettings } from './required-settings.js';
export type { Fault } from './simulator/fault.js';
export type { CallTotals, ServedCall } from './simulator/ledger.js';
export type { SimulatedModel } from './simulator/model-catalogue.js';
export { startSimulator, type Simulator, type SimulatorOptions } from './simulator/simulator.js';
export { chunkSaying, jsonLines, splitAnswers, sseBytes, type SplitAnswer } from './split-answer.js';
