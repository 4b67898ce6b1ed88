import type { IncomingHttpHeaders } from 'node:http';
import type { Endpoint, Fault } from './fault.js';

/** What a fault's scope is compared with. */
export interface FaultTarget {
  endpoint: Endpoint;
  headers: IncomingHttpHeaders;
  model?: string | undefined;
  user?: string | undefined;
}

function strikes(fault: Fault, target: FaultTarget): boolean {
  const endpoint = fault.endpoint ?? 'chat';
  if (endpoint !== 'any' && endpoint !== target.endpoint) return false;
  if (fault.model !== undefined && fault.model !== target.model) return false;
  if (fault.user !== undefined && fault.user !== target.user) return false;
  if (!fault.header) return true;
  const sent = target.headers[fault.header.name.toLowerCase()];
  return sent !== undefined && (fault.header.value === undefined || sent === fault.header.value);
}

/** The faults in force, changed at run time. The first that matches a call strikes it; later ones are not looked at. */
export class FaultBoard {
  private faults: Fault[] = [];
  private held = Promise.withResolvers<void>();

  /** Replaces all faults; without an argument there are none. */
  set(...faults: Fault[]): void {
    this.faults = faults.map((fault) => ({ ...fault }));
    this.held.resolve();
    this.held = Promise.withResolvers<void>();
  }

  /** Resolves when the faults are set anew or cleared. */
  get lifted(): Promise<void> {
    return this.held.promise;
  }

  /** Puts faults behind those already there. */
  add(...faults: Fault[]): void {
    this.faults.push(...faults.map((fault) => ({ ...fault })));
  }

  clear(): void {
    this.set();
  }

  /** Those still in force, `times` counted down. */
  list(): Fault[] {
    return this.faults.map((fault) => ({ ...fault }));
  }

  /** The fault that strikes this call, if any; uses up one of its `times`. */
  take(target: FaultTarget): Fault | undefined {
    const fault = this.faults.find((candidate) => strikes(candidate, target));
    if (fault?.times === undefined) return fault;
    fault.times -= 1;
    if (fault.times <= 0) this.faults = this.faults.filter((other) => other !== fault);
    return fault;
  }
}
