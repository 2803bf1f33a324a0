// SPDX-License-Identifier: Apache-2.0
// Which containers share a shim: config.json may say so in an annotation, else each has its own.
// native/launcher/group.c does the same.

import { TaskError } from "../base/errors.ts";

/** In this order; the second is the pod that CRI puts on each of its containers. */
const LABELS = ["io.containerd.runc.v2.group", "io.kubernetes.cri.sandbox-id"];

/**
 * The grouping key of container `id`, from the bytes of its config.json; undefined: there is none (a sandbox that is no
 * container). Throws TaskError invalid_argument for a document that makes no sense.
 */
export function groupingKey(config: Uint8Array | undefined, id: string): string {
  if (config === undefined) return id;
  const annotations = readAnnotations(parse(config));
  for (const label of LABELS) {
    if (!Object.hasOwn(annotations, label)) continue;
    const value = annotations[label];
    if (typeof value === "string" && !value.includes("\0")) return value;
    throw invalid(`annotation "${label}" is not a plain string`);
  }
  return id;
}

function parse(config: Uint8Array): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(config);
    return JSON.parse(text);
  } catch (error) {
    throw new TaskError("invalid_argument", "config.json", { cause: error });
  }
}

function readAnnotations(document: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(document)) throw invalid("annotations is not an object");
  const annotations = Object.hasOwn(document, "annotations") ? document["annotations"] : null;
  if (annotations === null) return {};
  if (!isObject(annotations)) throw invalid("annotations is not an object");
  return annotations;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(problem: string): TaskError {
  return new TaskError("invalid_argument", `config.json: ${problem}`);
}
