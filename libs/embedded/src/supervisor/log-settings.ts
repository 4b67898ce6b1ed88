/** Settings that may change with a restart of one app: they touch nothing that another process has to agree with. */
export interface LogSettings {
  readonly LOG_LEVEL: string | undefined;
  readonly DEBUG: string | undefined;
}

/** The log settings of an environment, or of what a caller sent over the control socket. */
export function logSettingsOf(source: object): LogSettings {
  const text = (name: keyof LogSettings): string | undefined => {
    const value: unknown = Reflect.get(source, name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return { LOG_LEVEL: text('LOG_LEVEL'), DEBUG: text('DEBUG') };
}
