// SPDX-License-Identifier: Apache-2.0
// What the client means by the paths and URIs of stdio. Pure. A scheme is whatever stands before the first colon, as in the
// reference, so that a misspelt URI is an error and no file name.

import { TaskError } from "../base/errors.ts";
import type { StdioConfig } from "./types.ts";

/** Where output goes. */
export type LogTarget =
  /** A FIFO of the client's or a file that exists. */
  | { readonly kind: "path"; readonly path: string }
  /** A log file, made if it is missing. */
  | { readonly kind: "file"; readonly path: string }
  | LoggerTarget;

/** A program that reads the output. */
export interface LoggerTarget {
  readonly kind: "logger";
  /** Absolute. */
  readonly path: string;
  /** Without the program's name. */
  readonly args: readonly string[];
  /** It must say that it is ready; otherwise its end is as good (binary-v2 and binary). */
  readonly strict: boolean;
}

/** Where both outputs go; equal objects are one destination. Undefined: nowhere, the container's null device. */
export interface OutputTargets {
  readonly stdout: LogTarget | undefined;
  readonly stderr: LogTarget | undefined;
}

const URI = /^([a-z][a-z0-9+.-]*):(.*)$/is;

/**
 * stdout decides for both, as in the reference, unless stderr has a log URI of its own. With a terminal there is no stderr;
 * clients may name one that does not exist.
 * @throws TaskError
 */
export function outputTargets(config: StdioConfig): OutputTargets {
  const stdout = config.stdout === "" ? undefined : parseTarget(config.stdout);
  if (config.terminal) return { stdout, stderr: undefined };
  if (config.stderr === config.stdout && isLog(stdout)) return { stdout, stderr: stdout };
  const stderr = config.stderr === "" ? undefined : parseTarget(config.stderr);
  return { stdout, stderr: isLog(stdout) && !isLog(stderr) ? stdout : stderr };
}

/** Turns `path` or `fifo://path` into a path: what input can come from. @throws TaskError for any other scheme */
export function stdioPath(uri: string): string {
  const target = parseTarget(uri);
  if (target.kind === "path") return target.path;
  throw invalid(uri, "can't be read from");
}

/** @throws TaskError */
function parseTarget(uri: string): LogTarget {
  const match = URI.exec(uri);
  if (match === null) return { kind: "path", path: uri };
  const scheme = match[1]?.toLowerCase() ?? "";
  const rest = match[2] ?? "";
  switch (scheme) {
    case "fifo":
      return { kind: "path", path: uriPath(uri, rest) };
    case "file":
      return { kind: "file", path: uriPath(uri, beforeQuery(rest)) };
    case "binary":
    case "binary-v2":
      return {
        kind: "logger",
        path: uriPath(uri, beforeQuery(rest)),
        args: queryArguments(uri, rest),
        strict: scheme === "binary-v2",
      };
    default:
      throw new TaskError("unknown", `unknown STDIO scheme ${scheme}`);
  }
}

function isLog(target: LogTarget | undefined): boolean {
  return target !== undefined && target.kind !== "path";
}

function beforeQuery(rest: string): string {
  return rest.split(/[?#]/, 1)[0] ?? "";
}

/** `///path` or `/path`. A host would be dropped by the reference, and another path than the one that was meant be used. */
function uriPath(uri: string, rest: string): string {
  const path = decode(uri, rest.startsWith("//") ? rest.slice(2) : rest);
  if (path.startsWith("/")) return path;
  throw invalid(uri, "must have an absolute path and no host");
}

/** Each key once, then its first value, in the order of the URI. A key alone has the empty value. */
function queryArguments(uri: string, rest: string): readonly string[] {
  const query = /\?([^#]*)/.exec(rest)?.[1] ?? "";
  const pairs = new Map<string, string>();
  for (const part of query.split("&")) {
    if (part === "") continue;
    const [key = "", ...value] = part.split("=");
    const name = decode(uri, key.replaceAll("+", " "));
    if (!pairs.has(name)) pairs.set(name, decode(uri, value.join("=").replaceAll("+", " ")));
  }
  return [...pairs].flat();
}

/** A NUL may be encoded, too. */
function decode(uri: string, text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw invalid(uri, "is not encoded as a URI");
  }
  if (decoded.includes("\0")) throw invalid(uri, "contains a NUL");
  return decoded;
}

function invalid(uri: string, problem: string): TaskError {
  return new TaskError("invalid_argument", `STDIO URI "${uri}" ${problem}: invalid argument`);
}
