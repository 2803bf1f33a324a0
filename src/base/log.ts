// SPDX-License-Identifier: Apache-2.0
// Log records and their text form, the one that containerd's own log uses (logfmt as logrus writes it), so that lines of
// shim and daemon read alike. Pure: a sink decides where lines go.

export type LogLevel = "trace" | "debug" | "info" | "warning" | "error" | "fatal";
export type LogFields = Readonly<Record<string, string | number | boolean | bigint | undefined>>;

/** Where a component reports what an operator should know. Only edges log (ttrpc, publisher, main): the rest throws. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A logger that drops everything, for tests and for commands that have no log. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** RFC 3339 in UTC with nine digits, from nanoseconds since the epoch. */
export function formatTime(epochNs: bigint): string {
  const ms = Number(epochNs / 1_000_000n);
  const nanos = String(epochNs % 1_000_000_000n).padStart(9, "0");
  return `${new Date(ms).toISOString().slice(0, 19)}.${nanos}Z`;
}

const PLAIN = /^[A-Za-z0-9\-._/@^+]+$/;

/** One line with its newline: `time="..." level=info msg="..." key=value`. */
export function formatLine(
  epochNs: bigint,
  level: LogLevel,
  message: string,
  fields: LogFields,
): string {
  let line = `time="${formatTime(epochNs)}" level=${level} msg=${quote(message)}`;
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) line += ` ${key}=${quote(String(value))}`;
  }
  return `${line}\n`;
}

function quote(text: string): string {
  return PLAIN.test(text) ? text : JSON.stringify(text);
}

export interface LoggerOptions {
  readonly level: "debug" | "info";
  readonly fields: LogFields;
  /** Nanoseconds since the epoch. */
  readonly now: () => bigint;
  /** Takes one whole line; must not throw and must not block. */
  readonly sink: (line: string) => void;
}

/** A logger that formats to `sink`; debug lines are dropped unless the level is debug. */
export function createLogger(options: LoggerOptions): Logger {
  const emit = (level: LogLevel, message: string, fields: LogFields | undefined): void =>
    options.sink(formatLine(options.now(), level, message, { ...options.fields, ...fields }));
  return {
    debug(message, fields) {
      if (options.level === "debug") emit("debug", message, fields);
    },
    info: (message, fields) => emit("info", message, fields),
    warn: (message, fields) => emit("warning", message, fields),
    error: (message, fields) => emit("error", message, fields),
  };
}
