/** A module of all devices side by side gives what the devices give, and is judged like any other. */
import { describe, expect, it } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import { type Contract, exact, reassociates } from '../../graphs/ir/contract.ts';
import { entryOf, parametersOf } from '../../graphs/ir/module.ts';
import { leafTensors, type Tensor } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { backends } from '../../passes/backends.ts';
import { asOneDevice } from '../../validator/devices/one-device.ts';
import { runReplicas } from '../../validator/devices/run.ts';
import { simulationOf } from '../../validator/devices/simulation.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { compareModules } from '../../validator/validation/compare.ts';
import { validateGraph } from '../../validator/validation/validate-graph.ts';
import { judge } from '../../validator/verdict/judge.ts';

const callees = `
add { a = f32[] parameter(0)
  b = f32[] parameter(1)
  ROOT r = f32[] add(a, b) }
odd { a = f32[] parameter(0)
  b = f32[] parameter(1)
  m = f32[] maximum(a, b)
  ROOT r = f32[] subtract(m, b) }`;

const module = (body: string, more = '', header = 'num_partitions=4') =>
  parseModule(`HloModule m, ${header}\n${callees}\n${more}\nENTRY main {\n${body}\n}`);

const all = 'channel_id=1, replica_groups=[1,4]<=[4], use_global_device_ids=true';
const pairs = "channel_id=1, replica_groups=mesh['a'=2,'b'=2] {'a'}, use_global_device_ids=true";
const x = 'x = f32[4,3] parameter(0)';

const loop = `
cond { s = (s32[], f32[4,3]) parameter(0)
  i = s32[] get-tuple-element(s), index=0
  n = s32[] constant(3)
  ROOT r = pred[] compare(i, n), direction=LT }
body { s = (s32[], f32[4,3]) parameter(0)
  i = s32[] get-tuple-element(s), index=0
  one = s32[] constant(1)
  j = s32[] add(i, one)
  y = f32[4,3] get-tuple-element(s), index=1
  z = f32[4,3] collective-permute(y), channel_id=2, source_target_pairs={{0,1},{1,2},{2,3},{3,0}}
  w = f32[4,3] add(y, z)
  ROOT r = (s32[], f32[4,3]) tuple(j, w) }`;

const branches = `
meets { x = f32[4,3] parameter(0)
  ROOT r = f32[4,3] all-reduce(x), ${all}, to_apply=add }
alone { x = f32[4,3] parameter(0)
  id = u32[] partition-id()
  f = f32[] convert(id)
  b = f32[4,3] broadcast(f), dimensions={}
  ROOT r = f32[4,3] multiply(x, b) }`;

const table = {
  'all-reduce': module(`${x}\nROOT r = f32[4,3] all-reduce(x), ${pairs}, to_apply=add`),
  'all-reduce by any computation': module(
    `${x}\nROOT r = f32[4,3] all-reduce(x), ${all}, to_apply=odd`,
  ),
  'all-reduce of several': module(
    `${x}\ny = f32[2] parameter(1)\nROOT r = (f32[4,3], f32[2]) all-reduce(x, y), ${all}, to_apply=add`,
  ),
  'all-gather': module(`${x}\nROOT r = f32[4,6] all-gather(x), ${pairs}, dimensions={1}`),
  'reduce-scatter': module(
    `${x}\nROOT r = f32[1,3] reduce-scatter(x), ${all}, dimensions={0}, to_apply=add`,
  ),
  'all-to-all': module(
    `${x}\nROOT r = f32[4,3] all-to-all(x), channel_id=1, replica_groups={{0,1,2,3}}, dimensions={0}`,
  ),
  'collective-permute': module(
    `${x}\nROOT r = f32[4,3] collective-permute(x), channel_id=1, source_target_pairs={{0,2},{2,1}}`,
  ),
  'collective-broadcast': module(
    `${x}\nROOT r = f32[4,3] collective-broadcast(x), channel_id=1, replica_groups={{2,0,1}}`,
  ),
  'an asynchronous pair': module(
    `${x}\ns = (f32[4,3], f32[16,3]) all-gather-start(x), ${all}, dimensions={0}\nROOT r = f32[16,3] all-gather-done(s)`,
  ),
  'a loop': module(
    `${x}\nz = s32[] constant(0)\nt = (s32[], f32[4,3]) tuple(z, x)\nROOT w = (s32[], f32[4,3]) while(t), condition=cond, body=body`,
    loop,
  ),
  'a branch': module(
    `${x}\np = pred[] constant(false)\nROOT w = f32[4,3] conditional(p, x, x), true_computation=meets, false_computation=alone`,
    branches,
  ),
  'replicas of partitions': module(
    `${x}\nr = u32[] replica-id()\nf = f32[] convert(r)\nb = f32[4,3] broadcast(f), dimensions={}
     y = f32[4,3] add(x, b)\nROOT s = f32[4,3] all-reduce(y), replica_groups={{0,1}}, to_apply=add`,
    '',
    'replica_count=2, num_partitions=2',
  ),
};

describe('all devices in one module', () => {
  it.each(Object.entries(table))('%s gives what the devices give', (_, m) => {
    const { grid } = simulationOf([m])!;
    const devices = Array.from({ length: 4 }, (_, d) => generateCase(m, 'typical', d + 1).inputs);
    const one = asOneDevice(m, grid);
    expect(verifyModule(one)).toEqual([]);
    expect(parametersOf(entryOf(one))).toHaveLength(4 * parametersOf(entryOf(m)).length);
    const together = leafTensors(runReference(one, devices.flat()));
    const apart = runReplicas(m, devices).flatMap(leafTensors);
    expect(together.map((t) => t.data)).toEqual(apart.map((t) => t.data));
    expect(verifyModule(parseModule(printModule(one)))).toEqual([]);
  });

  it('is as large as the collectives tell where the header is silent', () => {
    const silent = module(
      `${x}\nROOT r = f32[4,3] all-reduce(x), replica_groups={{0,1,2}}, to_apply=add`,
      '',
      'a=b',
    );
    expect(simulationOf([silent])?.grid).toEqual({ replicas: 3, partitions: 1 });
  });

  it('may take two devices where nothing tells how many', () => {
    const number = module(`${x}\nn = u32[] partition-id()\nROOT r = f32[4,3] negate(x)`, '', 'a=b');
    const open = module(
      `${x}\nROOT r = f32[4,3] all-reduce(x), replica_groups={}, to_apply=add`,
      '',
      'a=b',
    );
    expect(simulationOf([number])).toBeUndefined();
    expect(simulationOf([number], {}, 2)?.grid).toEqual({ replicas: 1, partitions: 2 });
    expect(simulationOf([open], {}, 2)?.grid).toEqual({ replicas: 2, partitions: 1 });
  });

  it.each([
    [
      'one device',
      module(
        `${x}\nROOT r = f32[4,3] all-reduce(x), replica_groups={{0}}, to_apply=add`,
        '',
        'a=b',
      ),
    ],
    ['nothing that crosses', module(`${x}\nROOT r = f32[4,3] negate(x)`)],
  ])('is not made of %s', (_, m) => {
    expect(simulationOf([m])).toBeUndefined();
  });
});

describe('judged on all devices', () => {
  const verdict = (before: string, after: string, contract: Contract = reassociates) => {
    const both = [before, after].map((body) => module(`${x}\n${body}`));
    const simulation = simulationOf(both)!;
    const [b, a] = both.map((m) => simulation.of(m));
    const cases = [sessionCase(generateCase(b!, 'typical', 1))];
    const names = { beforeName: 'before', afterName: 'after' };
    return compareModules({ ...names, before: b!, after: a!, contract, cases });
  };
  const sum = `ROOT r = f32[4,3] all-reduce(x), ${all}, to_apply=add`;

  it('a sum scattered and gathered is a sum', () => {
    const scattered = `s = f32[1,3] reduce-scatter(x), ${all}, dimensions={0}, to_apply=add
      ROOT r = f32[4,3] all-gather(s), ${all}, dimensions={0}`;
    expect(verdict(sum, scattered).verdict).not.toMatch(/suspect|beyond|undecided/);
  });

  it('groups in another notation are the same groups', () => {
    const listed = sum.replace('[1,4]<=[4]', '{{0,1,2,3}}');
    expect(verdict(sum, listed, exact)).toMatchObject({ verdict: 'identical', decided: 1 });
  });

  it('a sum over other devices is found', () => {
    const halves = sum.replace('[1,4]<=[4]', '[2,2]<=[4]');
    const report = verdict(sum, halves);
    expect(report.verdict).toBe('beyond');
    expect(report.findings[0]?.diff).toContain('x.device2');
  });

  it('the pipelines keep what devices tell each other', () => {
    const m = table['a loop'];
    const simulation = simulationOf([m])!;
    const cases = [sessionCase(generateCase(simulation.of(m), 'typical', 1))];
    const report = validateGraph({
      graph: 'loop',
      module: m,
      backend: backends[0]!,
      cases,
      simulation,
    });
    expect(report.findings).toEqual([]);
    expect(report.counts.decided).toBe(report.counts.checked);
  });
});

describe('programs over whole arrays', () => {
  const body = `body { p = f32[1,3] parameter(0)
    ROOT r = f32[1,3] all-reduce(p), ${all}, to_apply=add }`;
  const header =
    'num_partitions=4, frontend_attributes={xla.sdy.meshes={mesh = #sdy.mesh<["a"=2, "b"=2]>}}';
  const shardy = (into: string, out: string, result = 'f32[4,3]') => {
    const sides = (name: string, dims: string) =>
      `xla.sdy.${name}="#sdy.sharding_per_value<[<@mesh, ${dims.replaceAll("'", '\\"')}>]>"`;
    return module(
      `${x}
      c = f32[1,3] custom-call(x), custom_call_target="xla.sdy.GlobalToLocalShape", custom_call_has_side_effect=true, frontend_attributes={${sides('in_shardings', into)}}
      b = f32[1,3] call(c), to_apply=body
      ROOT r = ${result} custom-call(b), custom_call_target="xla.sdy.LocalToGlobalShape", custom_call_has_side_effect=true, frontend_attributes={${sides('out_shardings', out)}}`,
      body,
      header,
    );
  };
  const partitioner = (into: string, out: string, result = 'f32[4,3]') =>
    module(
      `${x}
      k = f32[4,3] copy(x), sharding={${into}}
      c = f32[1,3] custom-call(k), custom_call_target="SPMDFullToShardShape", sharding={manual}
      b = f32[1,3] call(c), to_apply=body
      ROOT r = ${result} custom-call(b), custom_call_target="SPMDShardToFullShape", sharding={${out}}`,
      body,
      header,
    );

  it.each([
    [
      "[{'a', 'b'}, {}]",
      'devices=[4,1]<=[4]',
      "[{'a', 'b'}, {}]",
      'devices=[4,1]<=[4]',
      'f32[4,3]',
    ],
    ["[{'b', 'a'}, {}]", 'devices=[4,1]<=[2,2]T(1,0)', '[{}, {}]', 'replicated', 'f32[1,3]'],
    [
      "[{'b', 'a'}, {}]",
      "mesh['a'=2,'b'=2], [{'b','a'}, {}]",
      "[{'a'}, {}]",
      'devices=[2,1,2]<=[4] last_tile_dim_replicate',
      'f32[2,3]',
    ],
  ])('%s of Shardy is %s of the partitioner', (into, tiles, out, outTiles, result) => {
    const both = [shardy(into, out, result), partitioner(tiles, outTiles, result)];
    const simulation = simulationOf(both)!;
    const [b, a] = both.map((m) => simulation.of(m));
    expect(parametersOf(entryOf(b!))).toHaveLength(1);
    const cases = [sessionCase(generateCase(b!, 'lattice', 1))];
    const names = { beforeName: 'before', afterName: 'after' };
    const report = compareModules({ ...names, before: b!, after: a!, contract: exact, cases });
    expect(report).toMatchObject({ verdict: 'identical', undecided: 0 });
    const [input] = cases[0]!.inputs as [Tensor];
    const [sum] = leafTensors(runReference(b!, [input]));
    const column = (k: number) =>
      [0, 1, 2, 3].reduce((n, r) => Math.fround(n + Number(input.data[3 * r + k])), 0);
    expect(Array.from(sum!.data.subarray(0, 3) as Float32Array)).toEqual([0, 1, 2].map(column));
  });

  /** Two arrays that go in as one tuple of pieces, and come back as one of wholes. */
  const shardyPair = (devices: string, dims: string, [a, b]: readonly [string, string]) => {
    const each = `[<@mesh, [${dims}, {}]>, <@mesh, [{}]>]`.replaceAll("'", '\\"');
    const call = (target: string, side: string) =>
      `custom_call_target="xla.sdy.${target}", custom_call_has_side_effect=true, frontend_attributes={xla.sdy.${side}="#sdy.sharding_per_value<${each}>"}`;
    return module(
      `${x} y = f32[2] parameter(1)
      c = (${a}, ${b}) custom-call(x, y), ${call('GlobalToLocalShape', 'in_shardings')}
      p = ${a} get-tuple-element(c), index=0
      q = ${b} get-tuple-element(c), index=1
      n = ${a} negate(p)
      w = (f32[4,3], f32[2]) custom-call(n, q), ${call('LocalToGlobalShape', 'out_shardings')}
      u = f32[4,3] get-tuple-element(w), index=0
      v = f32[2] get-tuple-element(w), index=1
      ROOT r = (f32[2], f32[4,3]) tuple(v, u)`,
      '',
      devices,
    );
  };

  it.each([
    ['four devices', header, "{'a', 'b'}", 'f32[1,3]'],
    ['one device', header.replace('4', '1'), '{}', 'f32[4,3]'],
  ])('cut and join several arrays at once for %s', (_, devices, dims, piece) => {
    const written = shardyPair(devices, dims, [piece, 'f32[2]']);
    const plain = module(
      `${x} y = f32[2] parameter(1) n = f32[4,3] negate(x)
      ROOT r = (f32[2], f32[4,3]) tuple(y, n)`,
      '',
      devices,
    );
    const whole = simulationOf([written])?.of(written) ?? written;
    const { inputs } = generateCase(plain, 'lattice', 1);
    const value = runReference(whole, inputs);
    expect(value).toEqual(runReference(plain, inputs));
    const known = runExact(whole, inputs.map(fromPlainValue)).value;
    expect(judge(value, value, known)).toMatchObject({ decided: 14, elements: 14 });
  });

  it('devices share the parameters that are replicated', () => {
    const m = module(
      `x = f32[4,3] parameter(0), sharding={replicated}
       y = f32[2] parameter(1), sharding={devices=[2,2]<=[4] last_tile_dim_replicate}
       z = f32[2] parameter(2)
       s = (f32[4,3], f32[2], f32[2]) all-reduce(x, y, z), ${all}, to_apply=add
       ROOT r = f32[4,3] get-tuple-element(s), index=0`,
    );
    expect(simulationOf([m])!.source).toEqual([0, 1, 2, 2, 1, 2, 2]);
  });
});
