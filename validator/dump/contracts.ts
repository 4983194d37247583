/**
 * What XLA's passes promise, by the names that XLA prints. A pass is `exact` only where its rewrites
 * keep every bit by construction; where the table says less, identical results are still reported as
 * identical. Read from xla/hlo/transforms, xla/service and the pipelines of its CPU and GPU compilers.
 */
import {
  type Contract,
  declaring,
  exact,
  narrows,
  reassociates,
  widens,
} from '../../graphs/ir/contract.ts';

/** What a pass of this name promises. */
export interface PassContract {
  readonly contract: Contract;
  /** Why, where the name does not say it. */
  readonly reason: string;
  /** False where the table does not know the pass. */
  readonly known: boolean;
}

/** Pass names and why they promise what they promise; `*` stands for the rest of a name. */
interface Rows {
  readonly contract: Contract;
  readonly passes: Readonly<Record<string, readonly string[]>>;
}

const keepsBits: Rows = {
  contract: exact,
  passes: {
    'removes what nothing reads, or joins what is equal': [
      ...['dce', 'hlo-module-dce', 'cse', 'all-gather-cse', 'schedule-aware-collective-cse'],
      ...['computation-deduplicator', 'canon-all-gather-for-cse', 'all-gather-optimizer'],
      ...['collective-select-folder', 'all-reduce-folder', 'all-gather-simplifier'],
      ...['all-reduce-simplifier', 'zero_sized_hlo_elimination', 'simplify-sorts'],
    ],
    'moves calls and tuples only': [
      ...['call-inliner', 'flatten-call-graph', 'unflatten-call-graph', 'tuple-simplifier'],
      ...['map-inline', 'cpu-parallel-task-assigner', 'async-wrapper', 'async-stream-*'],
      ...['explicit-stream-annotation-async-wrapper', 'composite-rewriter', 'defuser'],
      ...['explicit-collectives-group-async-wrapper', 'host-memory-transfer-asyncifier'],
      ...['slice-hoister', 'instruction-hoister'],
    ],
    'the same instructions, grouped into kernels': [
      ...['fusion', 'fusion-wrapper', 'cpu_multi_output_fusion', 'multi_output_fusion'],
      ...['priority-fusion', 'copy_fusion', 'cpu_scatter_fusion', 'fusion_constant_sinking'],
      ...['triton-softmax-rewriter', 'triton-gemm-rewriter', 'nest_gemm_fusion'],
      ...['gemm-fusion-swap-operands', 'custom-kernel-fusion-rewriter'],
      ...['dynamic-slice-fusion-rewriter', 'fusion-block-level-rewriter', 'rename_fusions'],
      ...['fusion-dynamic-memcpy-rewriter', 'command-buffer-scheduling'],
      'command-buffer-conversion',
    ],
    'layouts and buffers only': [
      ...['layout-assignment', 'layout_normalization', 'copy-insertion', 'move_copy_to_users'],
      ...['sub-byte-size-setter', 'sub-byte-size-removal', 'sub-byte-collective-normalization'],
      ...['reduction-layout-normalizer', 'optimize_input_output_buffer_alias', 'despecializer'],
      ...['alias_passthrough_params', 'memory-space-propagation', 'memory-space-assignment'],
      ...['host-offloader', 'host-offload-legalize', 'host-offloading-prepare*'],
      ...['strip-memory-placement-annotations', 'rematerialization', 'literal-canonicalizer'],
      ...['convert-memory-placement-to-internal-annotations', 'shape-canonicalizer'],
      ...['reshape-decomposer', 'reduce-decomposer', 'dynamic-dimension-simplifier'],
      ...['broadcast_canonicalizer', 'infeed-token-propagation', 'root-instruction-sinker'],
    ],
    'moves elements without computing': [
      ...['reshape-mover', 'gather_expander', 'gather_simplifier', 'dynamic-index-splitter'],
      ...['slice-sinker', 'transpose-dimension-grouper', 'bitcast_dtypes_expander'],
      ...['batched_gather_scatter_normalizer', 'real_imag_expander', 'concatenate-*'],
      ...['reduction-degenerate-dim-remover', 'batch-dot-simplification', 'scatter_simplifier'],
      ...['scatter-slice-simplifier', 'cudnn_simplify_padding', 'conv-padding-legalization'],
      ...['AssumeGatherIndicesInBoundRewriteToCopy', 'reorder-reduce-transpose'],
      ...['convert-mover', 'variadic-op-splitter', 'reduce-window-resizer'],
    ],
    'the same loop or branch, otherwise written': [
      ...['simplify-while-loops', 'while-loop-*', 'while_loop_*', 'small-while-loop-hoisting'],
      ...['loop-double-buffer-transformer'],
      ...['simplify-conditional', 'conditional-to-select', 'conditional-canonicalizer'],
      ...['conditional-code-motion', 'scan_loop_accumulator_input_unification'],
      ...['hlo-constant-splitter', 'constant-deferring', 'scalar-constant-sinker'],
    ],
    'decides by the same order': [
      ...['topk-decomposer', 'topk-splitter', 'topk-specializer'],
      ...['comparison-expander', 'stable-sort-expander'],
    ],
    'integer arithmetic': ['rng-bit-generator-expander'],
    'annotations, names and order of execution only': [
      ...['cse_barrier_expander', 'propagate-call-metadata'],
      ...['while-loop-trip-count-annotator', 'domain_isolator', 'domain_remover'],
      ...['control-dep-remover', 'sharding-remover', 'sharding-propagation', 'shardy-xla'],
      ...['sharding-format-picker', 'auto_sharding', 'sanitize-constant-names'],
      ...['rename-instructions', 'add-original-value', 'stream-attribute-*', 'loop-schedule-*'],
      ...['hlo-trivial-scheduler', 'hlo-memory-scheduler', 'hlo-descheduler'],
      ...['latency-hiding-scheduler*', 'collectives-schedule-linearizer', 'hlo-verifier'],
      ...['scheduling-instruction-annotator', 'legalize-scheduling-annotations'],
      ...['async-collective-*', 'collective-backend-assigner', 'collective-combiner-annotator'],
      ...['algorithm-checker', 'unstable-reduction-detector', 'gpu-conv-algorithm-picker'],
      ...[
        'gpu_cost_model_stats_collection',
        'spmd-prepare',
        'domain_verifier',
        'sol-gpu-cost-model-stats-collection',
      ],
      ...['convert-async-collectives-to-sync', 'gpu-convert-async-collectives-to-sync'],
      ...[
        'apply-xla-transforms',
        'collective-pipelining-analyzer',
        'hlo-cycle-detection',
        'pgle-accuracy-checker',
        'check-no-data-dependency-*',
      ],
      ...['*-perf-table-stats-collection'],
    ],
    'the same elements sent another way': [
      ...['collective-permute-*', 'all_to_all_decomposer'],
      ...['all_gather_decomposer', 'all-gather-*', 'collective-pipeliner*', 'gpu-p2p-pipeliner'],
      ...['all-reduce-combiner', 'cpu-all-reduce-combiner', 'gpu-all-reduce-combiner'],
      ...['gpu-all-gather-combiner', 'reduce-scatter-combiner', 'gpu-reduce-scatter-combiner'],
      ...['collective-send-recv-combiner', 'all-reduce-contiguous', 'ragged-all-to-all-*'],
      ...['reduce-scatter-creator', 'reduce-scatter-decomposer', 'all-reduce-decomposer'],
    ],
  },
};

const reorders: Rows = {
  contract: reassociates,
  passes: {
    "XLA's evaluator has its own order and functions": ['constant_folding'],
    'another way to the same elements': [
      ...['convolution-pred-expander', 'ReduceWindowToReduceAndBroadcast', 'dynamic_padder'],
      ...['block-scaling-rewriter', 'scaled-dot-rewriter', 'ragged_dot_rewriter'],
    ],
    'the same sum in another order': [
      ...['tree_reduction_rewriter', 'tree-reduction-rewriter', 'reduce-window-rewriter'],
      ...['reduction-splitter', 'reduction-dimension-grouper', 'scatter_determinism_expander'],
      ...['dot_decomposer', 'dot_normalizer', 'dot-merger', 'dot_dimension_sorter'],
      ...['dot_dimension_merger', 'transpose-folding', 'splitk-rewriter', 'ar-crs-combiner'],
      ...['gemm-fusion-autotuner', 'autotuner', 'conv*-canonicalization'],
      ...['convolution-group-converter', 'space-to-batch-converter', 'windowed-einsum-handler'],
      ...['all-reduce-reassociate', 'reduce-scatter-reassociate', 'all-reduce-splitter'],
      ...[
        'all-reduce-blueconnect',
        'while-loop-all-reduce-code-motion',
        'collective-transformation-reorderer',
        'spmd-partitioning',
      ],
      ...['reorder-convert-reduce-add', 'whole-graph-manual-pass'],
    ],
    'ties and NaNs of a sort that leaves them open': ['topk-rewriter', 'sort-rewriter'],
    "a library's kernel": [
      ...['dot-library-rewriter', 'onednn-*', 'cublas-*', 'cudnn-*', 'cudnn_*', 'conv-rewriter'],
    ],
    'a product of narrow parts, as the algorithm of the dot says': ['dot-algorithm-rewriter'],
  },
};

const equalOverReals: Rows = {
  contract: declaring(reassociates, 'reciprocal', 'algebra'),
  passes: {
    'algebra on real numbers': ['algsimp', 'dot-strength-reduction', 'gemv-rewriter'],
    'another formula for the same function': [
      ...['*_expander', 'logistic-expander', 'rng-expander', 'stochastic_convert_decomposer'],
      ...['norm-rewriter', 'triangular-solve-rewriter', 'gpusolver-rewriter'],
    ],
  },
};

const skipsRoundings: Rows = {
  contract: widens,
  passes: {
    'computes in a wider type': [
      ...['float-normalization-*', 'change-op-data-type', 'operand_upcaster', 'result_caster'],
      ...['operand_converter', 'element_type_converter', 'all-reduce-promotion'],
      ...['bf16-mixed-precision-removal', 'convert_operand_folding', 'bfloat16-fold'],
    ],
    'leaves out roundings': ['simplify-fp-conversions', 'collective-quantizer'],
  },
};

const computesNarrow: Rows = {
  contract: narrows('bf16'),
  passes: { 'bf16 where all readers round to it': ['bfloat16-propagation'] },
};

const rows: readonly Rows[] = [keepsBits, reorders, equalOverReals, skipsRoundings, computesNarrow];

interface Entry extends PassContract {
  readonly name: string;
}

const entries: readonly Entry[] = rows.flatMap(({ contract, passes }) =>
  Object.entries(passes).flatMap(([reason, names]) =>
    names.map((name) => ({ name, contract, reason, known: true })),
  ),
);
const byName = new Map(entries.map((e) => [e.name, e]));
const families = entries
  .filter((e) => e.name.includes('*'))
  .map((e) => ({ entry: e, form: new RegExp(`^${e.name.replace('*', '.*')}$`) }));

/** Every pass name of the table; `*` stands for any text. */
export const knownPasses: readonly string[] = entries.map((e) => e.name);

/** The contract of an XLA pass; one that the table does not know `reassociates`. */
export function contractOfPass(pass: string): PassContract {
  const name = pass.replaceAll(' ', '_');
  const found = byName.get(name) ?? families.find(({ form }) => form.test(name))?.entry;
  if (!found) return { contract: reassociates, reason: 'a pass that is not known', known: false };
  return { contract: found.contract, reason: found.reason, known: true };
}
