/**
 * Names of XLA's dump files: `module_0044.jit_f.0012.simplification.after_algsimp.before_dce.txt`.
 * Names of modules, pipelines and passes may contain dots; where a name can be read in two ways,
 * the last step number and the last `.after_` count. XLA writes an underscore for a space.
 */

/** What a dump file is a picture of. */
export type Stage =
  | { readonly kind: 'before-optimizations' }
  /** `platform` is what stands before `after_optimizations`: `cpu`, `sm_9.0_gpu`; may be empty. */
  | { readonly kind: 'after-optimizations'; readonly platform: string }
  | {
      readonly kind: 'between';
      /** Running number of the dump within the module. */
      readonly step: number;
      readonly pipeline: string;
      /** The pass that ran last; `pipeline-start` at the head of a pipeline. */
      readonly after: string;
      /** The pass that runs next; `pipeline-end` at the end of a pipeline. */
      readonly before: string;
    };

/** A name taken apart. */
export interface DumpFileName {
  /** Microseconds since 1970, with `--xla_dump_include_timestamp`; empty otherwise. */
  readonly timestamp: string;
  /** XLA's number of the module, unique in a process. */
  readonly id: number;
  /** Empty where XLA left it out because the file name became too long. */
  readonly module: string;
  readonly stage: Stage;
}

const head = String.raw`^(?:(?<timestamp>\d+)\.)?module_(?<id>\d{4,})(?:\.(?<module>.+?))??\.`;
const greedyHead = head.replace('.+?))??', '.+))?');
const platform = String.raw`(?:(?<platform>sm_\d+\.\d+[a-z]*_gpu|[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*)_)?`;

/** As text or as protos (--xla_dump_hlo_as_proto), packed or not. */
const end = String.raw`\.(?:txt|hlo\.pb|hlo_proto)(?:\.gz)?$`;

const forms: readonly (readonly [RegExp, (group: Groups) => Stage])[] = [
  [
    new RegExp(
      String.raw`${greedyHead}(?<step>\d{4,})\.(?<pipeline>.+)\.after_(?<after>.+)\.before_(?<before>.+)${end}`,
    ),
    ({ step, pipeline, after, before }) => ({
      kind: 'between',
      step: Number(step),
      pipeline: pipeline!,
      after: after!,
      before: before!,
    }),
  ],
  [new RegExp(`${greedyHead}before_optimizations${end}`), () => ({ kind: 'before-optimizations' })],
  [
    new RegExp(`${head}${platform}after_optimizations${end}`),
    ({ platform: of }) => ({ kind: 'after-optimizations', platform: of ?? '' }),
  ],
];

type Groups = Readonly<Record<string, string | undefined>>;

/** Reads a file name (no folder); undefined where it is not a state of a module. */
export function parseDumpFileName(name: string): DumpFileName | undefined {
  for (const [form, stageOf] of forms) {
    const groups = form.exec(name)?.groups;
    if (!groups) continue;
    const { timestamp = '', id, module = '' } = groups;
    return { timestamp, id: Number(id), module, stage: stageOf(groups) };
  }
  return undefined;
}

/** The name that XLA gives such a file. */
export function printDumpFileName({ timestamp, id, module, stage }: DumpFileName): string {
  const parts = [timestamp, `module_${padded(id)}`, module, stageText(stage), 'txt'];
  return parts.filter((p) => p !== '').join('.');
}

function stageText(stage: Stage): string {
  if (stage.kind === 'before-optimizations') return 'before_optimizations';
  if (stage.kind === 'after-optimizations') {
    return [stage.platform, 'after_optimizations'].filter((p) => p !== '').join('_');
  }
  const { step, pipeline, after, before } = stage;
  return `${padded(step)}.${pipeline}.after_${after}.before_${before}`;
}

function padded(n: number): string {
  return String(n).padStart(4, '0');
}
