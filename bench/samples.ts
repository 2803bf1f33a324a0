// SPDX-License-Identifier: Apache-2.0
// Numbers of a benchmark: named series of two contestants, and what they say. Pure.

/** Milliseconds by the name of what was measured, in the order of the first measurement. */
export type Samples = Map<string, number[]>;

/** One line of a report. */
export interface Comparison {
  readonly name: string;
  /** How often each was measured. */
  readonly count: number;
  readonly base: Summary;
  readonly subject: Summary;
  /** Median of the subject over median of the base: below 1 the subject is faster. */
  readonly ratio: number;
}

export interface Summary {
  readonly p50: number;
  readonly p90: number;
}

/** Adds one measurement. */
export function add(samples: Samples, name: string, value: number): void {
  const series = samples.get(name);
  if (series === undefined) samples.set(name, [value]);
  else series.push(value);
}

/** The value below which the share `q` of the series lies, interpolated. NaN for an empty series. */
export function quantile(series: readonly number[], q: number): number {
  const sorted = series.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const low = sorted[Math.floor(position)] ?? Number.NaN;
  const high = sorted[Math.ceil(position)] ?? Number.NaN;
  return low + (high - low) * (position - Math.floor(position));
}

/** What both have been measured for, side by side. */
export function compare(base: Samples, subject: Samples): Comparison[] {
  return [...base].flatMap(([name, series]) => {
    const other = subject.get(name);
    if (other === undefined) return [];
    const [left, right] = [summarise(series), summarise(other)];
    const count = Math.min(series.length, other.length);
    return [{ name, count, base: left, subject: right, ratio: right.p50 / left.p50 }];
  });
}

function summarise(series: readonly number[]): Summary {
  return { p50: quantile(series, 0.5), p90: quantile(series, 0.9) };
}

/** A table for people (and for Markdown). `names` are those of base and subject. */
export function toTable(
  comparisons: readonly Comparison[],
  names: readonly [string, string],
): string {
  const rows = comparisons.map(({ name, count, base, subject, ratio }) => [
    name,
    `${show(base.p50)} (${show(base.p90)})`,
    `${show(subject.p50)} (${show(subject.p90)})`,
    ratio.toFixed(2),
    String(count),
  ]);
  return alignTable([
    ["", `${names[0]}: p50 (p90)`, `${names[1]}: p50 (p90)`, "ratio", "n"],
    ...rows,
  ]);
}

const show = (value: number): string => value.toFixed(value < 100 ? 1 : 0);

function alignTable(rows: readonly (readonly string[])[]): string {
  const [header = []] = rows;
  const widths = header.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(header), rule, ...rows.slice(1).map(line)].join("\n");
}
