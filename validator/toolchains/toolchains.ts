/** The toolchains that there are, by name; what adds, opens and lists them. */
import { byName } from '../../graphs/ir/by-name.ts';
import { cacheFolder, installedVersions, isInstalled, removeInstalled } from './cache.ts';
import { installFromNpm, npmVersions, toolchainError, unknownToolchain } from './npm.ts';
import { openOnnxRuntimeNode } from './onnxruntime-node.ts';
import { parseSpec, type Spec } from './spec.ts';
import type { Toolchain } from './toolchain.ts';

/** What a kind of toolchain is: where its versions come from, and how one is opened. */
export interface ToolchainKind {
  install(cache: string, spec: Spec): Promise<void>;
  versions(): Promise<readonly string[]>;
  open(cache: string, spec: Spec): Toolchain;
}

/** Where toolchains are installed. */
export interface CacheOptions {
  /** The cache folder; without it ASSAY_CACHE, or the platform's place for caches. */
  readonly cache?: string;
}

/** A row for each toolchain. */
export const toolchainKinds: Readonly<Record<string, ToolchainKind>> = byName({
  'onnxruntime-node': {
    install: installFromNpm,
    versions: () => npmVersions('onnxruntime-node'),
    open: openOnnxRuntimeNode,
  },
});

/** The row of a name; an unknown one is an error that lists those that there are. */
export function toolchainKind(name: string): ToolchainKind {
  return toolchainKinds[name] ?? unknownToolchain(name, Object.keys(toolchainKinds));
}

/** Opens `NAME@VERSION` from the cache; no network. One that is not there is an error (exit code 3). */
export function openToolchain(text: string, options: CacheOptions = {}): Toolchain {
  const { kind, spec, cache } = resolve(text, options);
  if (isInstalled(cache, spec)) return kind.open(cache, spec);
  const remedy = `assay toolchain add ${text}${options.cache ? ` --cache ${options.cache}` : ''}`;
  throw toolchainError('missing', `${text} is not in the cache ${cache}; add it: ${remedy}`);
}

/** A toolchain, ready to run. */
export interface Added {
  readonly toolchain: Toolchain;
  /** False where it was there before; the network was not touched then. */
  readonly installed: boolean;
}

/** Puts `NAME@VERSION` into the cache, unless it is there. */
export async function addToolchain(text: string, options: CacheOptions = {}): Promise<Added> {
  const { kind, spec, cache } = resolve(text, options);
  const installed = !isInstalled(cache, spec);
  if (installed) await kind.install(cache, spec);
  return { toolchain: kind.open(cache, spec), installed };
}

/** Takes `NAME@VERSION` out of the cache; false where it was not there. */
export function removeToolchain(text: string, options: CacheOptions = {}): boolean {
  const { spec, cache } = resolve(text, options);
  return removeInstalled(cache, spec);
}

/** All that the cache holds, by name and version; no network. */
export function listToolchains(options: CacheOptions = {}): readonly Toolchain[] {
  const cache = cacheFolder(options.cache);
  return Object.entries(toolchainKinds).flatMap(([name, kind]) =>
    installedVersions(cache, name).map((version) => kind.open(cache, { name, version })),
  );
}

function resolve(text: string, options: CacheOptions) {
  const spec = parseSpec(text);
  return { spec, kind: toolchainKind(spec.name), cache: cacheFolder(options.cache) };
}
