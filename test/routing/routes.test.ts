/** Where a dispatcher sends requests, and what of it is wrong: laws over random dispatchers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dispatcher, Request, Rule } from '../../validator/routing/dispatcher.ts';
import { routesOf, routingFaults, ruleOf } from '../../validator/routing/routes.ts';

const names = ['a', 'b', 'c'];
const capacities: Readonly<Record<string, number>> = { a: 4, b: 8, c: 16 };
const holds = (variant: string) => capacities[variant]!;

const to = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }).map((chosen) => {
  return new Map(chosen.map((name) => [name, 1 / chosen.length] as const));
});

const rules = fc
  .array(fc.record({ atLeast: fc.nat(6), atMost: fc.nat(20), to }), { maxLength: 4 })
  .map((all) => all.map((r, k): Rule => ({ name: `r${k}`, ...r })));

const requests = fc
  .array(
    fc.record(
      {
        size: fc.nat(20),
        session: fc.constantFrom('s', 't'),
        served: fc.constantFrom(...names),
      },
      { requiredKeys: ['size'] },
    ),
    { maxLength: 12 },
  )
  .map((all) => all.map((r, k): Request => ({ name: `q${k}`, ...r }) as Request));

const dispatchers = fc.record({ rules, requests, sticky: fc.boolean() }).map(
  (parts): Dispatcher => ({
    ...{ sizeName: 'n', inputs: [], outputs: [], contract: 'exact', ...parts },
    variants: new Map(names.map((name) => [name, `${name}.hlo`])),
  }),
);

const faultsOf = (d: Dispatcher) => routingFaults(d, routesOf(d), holds);

describe('routes', () => {
  it('lead every request by its first rule to all that this one names, and nowhere else', () => {
    fc.assert(
      fc.property(dispatchers, (d) => {
        const own = routesOf(d).filter((r) => r.after === undefined);
        for (const request of d.requests) {
          const taken = own.filter((r) => r.request === request);
          expect(new Map(taken.map((r) => [r.variant, r.share]))).toEqual(
            ruleOf(request, d.rules)?.to ?? new Map(),
          );
        }
      }),
    );
  });

  it('are at fault exactly where a request has no rule or is too large', () => {
    fc.assert(
      fc.property(dispatchers, (d) => {
        const faults = faultsOf(d);
        const told = (kind: string) =>
          new Set(
            faults.filter((f) => f.kind === kind).flatMap((f) => f.routes.map((r) => r.request)),
          );
        const unruled = d.requests.filter((r) => ruleOf(r, d.rules) === undefined);
        expect(told('no-rule')).toEqual(new Set(unruled));
        const large = routesOf(d).filter((r) => r.request.size > holds(r.variant));
        expect(told('cannot-hold')).toEqual(new Set(large.map((r) => r.request)));
      }),
    );
  });

  it('without stickiness are those of each request alone', () => {
    fc.assert(
      fc.property(dispatchers, (d) => {
        const all = faultsOf({ ...d, sticky: false });
        const alone = d.requests.flatMap((r) => faultsOf({ ...d, sticky: false, requests: [r] }));
        const pairs = (faults: typeof all) =>
          faults
            .flatMap((f) => f.routes.map((r) => `${f.kind} ${r.request.name} ${r.variant}`))
            .sort();
        expect(pairs(all)).toEqual(pairs(alone));
      }),
    );
  });

  it('name a request that a wrong variant served, and those that stayed there', () => {
    const request = (name: string, size: number, served: string, session = 's') => {
      return { name, size, served, session };
    };
    const d: Dispatcher = {
      ...{ sizeName: 'n', inputs: [], outputs: [], contract: 'exact', sticky: true },
      variants: new Map(names.map((name) => [name, `${name}.hlo`])),
      rules: [
        { name: 'small', atLeast: 0, atMost: 4, to: new Map([['a', 1]]) },
        { name: 'rest', atLeast: 0, atMost: 16, to: new Map([['c', 1]]) },
      ],
      requests: [
        ...[request('first', 2, 'b'), request('second', 3, 'b'), request('third', 9, 'b')],
        ...[
          request('right', 3, 'a', 't'),
          request('stays', 4, 'a', 't'),
          request('alone', 5, 'c', 'u'),
        ],
      ],
    };
    const faults = faultsOf(d).filter((f) => f.kind === 'misrouted');
    const told = faults.map((f) => [f.rule, f.routes.map((r) => [r.request.name, r.after?.name])]);
    expect(told).toEqual([
      ['small', [['first', undefined]]],
      ['small', [['second', 'first']]],
      ['rest', [['third', 'first']]],
    ]);
  });
});
