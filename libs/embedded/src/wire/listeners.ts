/** Somebody who wants the notifications of a channel. */
export interface Listener {
  write(bytes: Buffer): void;
}

/** Who listens to which channel: the session listens for all of them, and its notifications are handed out here. */
export class Listeners {
  private readonly byChannel = new Map<string, Set<Listener>>();

  add(channel: string, listener: Listener): void {
    const known = this.byChannel.get(channel);
    if (known) known.add(listener);
    else this.byChannel.set(channel, new Set([listener]));
  }

  remove(channel: string, listener: Listener): void {
    const left = this.byChannel.get(channel);
    left?.delete(listener);
    if (left?.size === 0) this.byChannel.delete(channel);
  }

  removeAll(listener: Listener): void {
    for (const channel of this.byChannel.keys()) this.remove(channel, listener);
  }

  /** Passes a NotificationResponse on to everyone who listens to the channel. */
  deliver(channel: string, bytes: Buffer): void {
    for (const listener of this.byChannel.get(channel) ?? []) listener.write(bytes);
  }

  /** LISTEN for every channel somebody wants. */
  statements(): string[] {
    return [...this.byChannel.keys()].map((channel) => `listen "${channel.replaceAll('"', '""')}"`);
  }
}
