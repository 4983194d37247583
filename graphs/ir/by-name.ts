/**
 * Tables that are looked up by names from input. An object literal inherits `constructor`, `toString`
 * and `__proto__`, which a model may well call an op, a mode or a value: these tables inherit nothing.
 */

/** A table without a prototype: it has what it was given, and nothing else. */
/** The rows without a prototype, so that a name from an input finds nothing but rows. */
export function byName<T extends object>(rows: T): T {
  return Object.assign(Object.create(null), rows);
}

/** What a record holds of its own under a name from input. */
export function ownOf<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** The record with every row turned into another. */
export function mapRows<K extends string, A, B>(
  rows: Readonly<Record<K, A>>,
  turn: (row: A) => B,
): Record<K, B> {
  const entries = Object.entries<A>(rows).map(([name, row]) => [name, turn(row)]);
  return Object.fromEntries(entries) as Record<K, B>;
}
