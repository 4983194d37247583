/**
 * One violation of each constraint on shapes: the label, the opcode whose example is changed, and
 * what in its text is replaced by what. The names of the tests are the labels.
 */
const table = `
compare_c1 | compare | f32[4] b => s32[4] b
compare_c2 | compare | f32[4] b => f32[5] b
compare_c3 | compare | direction=LT => direction=LT, type=SIGNED
complex_c1 | complex | f32[4] b => f64[4] b
select_i1 | select | pred[4] p => s32[4] p
select_c1 | select | pred[4] p => pred[5] p
select_c2 | select | f32[4] b => f32[5] b
clamp_c1 | clamp | f32[] low => f32[3] low
clamp_c2 | clamp | f32[] high => f32[3] high
clamp_c3 | clamp | f32[] low => s32[] low
convert_c1 | convert | r = bf16[4] => r = (bf16[4])
reduce_precision_i1 | reduce-precision | f32[4] a => s32[4] a
reduce_precision_c2 | reduce-precision | exponent_bits=8 => exponent_bits=0
reduce_precision_c3 | reduce-precision | mantissa_bits=7 => mantissa_bits=-1
stochastic_convert_i1 | stochastic-convert | f32[4] a => s32[4] a
stochastic_convert_i2 | stochastic-convert | u32[4] => s32[4]
stochastic_convert_x1 | stochastic-convert | u32[4] => u16[4]
stochastic_convert_x2 | stochastic-convert | u32[4] => u32[5]
stochastic_convert_x3 | stochastic-convert | r = s8[4] => r = (s8[4])
bitcast_x1 | bitcast | r = f32[6] => r = f32[5]{0} | f32[2,3] => f32[2,3]{1,0}
bitcast_convert_c1 | bitcast-convert | r = u32 => r = f64
bitcast_convert_c2 | bitcast-convert | r = u32 => r = c64
bitcast_convert_x1 | bitcast-convert | r = u32[4] => r = (u32[4])
broadcast_c1 | broadcast | f32[3] a => s32[3] a
broadcast_c2 | broadcast | {1} => {0,1}
broadcast_c3 | broadcast | {1} => {2}
broadcast_c4 | broadcast | f32[3] a => f32[3,3] a | {1} => {1,1}
broadcast_c5 | broadcast | f32[3] a => f32[4] a
broadcast_x1 | broadcast | r = f32[2,3] => r = (f32[2,3])
concatenate_c1 | concatenate | f32[2,3] b => s32[2,3] b
concatenate_c2 | concatenate | f32[2,3] b => f32[3,3] b
concatenate_c4 | concatenate | {1} => {2}
concatenate_x1 | concatenate | {1} => {0,1}
dynamic_reshape_c1 | dynamic-reshape | f32[6] => s32[6]
dynamic_reshape_c2 | dynamic-reshape | f32[6] => f32[7]
dynamic_reshape_c4 | dynamic-reshape | , s32[] n =>
dynamic_reshape_i2 | dynamic-reshape | s32[] n => s64[] n
dynamic_reshape_x1 | dynamic-reshape | r = f32[<=2,3] => r = (f32[<=2,3])
reshape_c1 | reshape | f32[2,3] => s32[2,3]
reshape_c2 | reshape | f32[2,3] => f32[2,4]
reshape_x1 | reshape | r = f32[3,2] => r = (f32[3,2])
pad_i2 | pad | f32[] value => f32[1] value
pad_c1 | pad | f32[] value => s32[] value
pad_c2 | pad | 1_1_1x0_1 => 1_1_1
pad_c3 | pad | 1_1_1x0_1 => 1_1_-1x0_1
pad_c4 | pad | 1_1_1x0_1 => -9_1_1x0_1
reverse_c2 | reverse | {1} => {1,1}
reverse_c3 | reverse | {1} => {2}
slice_c2 | slice | {[0:4:2]} => {[0:4:2], [0:1]}
slice_c3 | slice | [0:4:2] => [0:10:2]
slice_c4 | slice | [0:4:2] => [0:4:0]
transpose_c2 | transpose | {1,0} => {1,1}
iota_c1 | iota | iota_dimension=1 => iota_dimension=2
iota_x1 | iota | r = s32[2,3] => r = (s32[2,3])
iota_x2 | iota | r = s32 => r = pred
get_dimension_size_c1 | get-dimension-size | {1} => {2}
get_dimension_size_x1 | get-dimension-size | {1} => {0,1}
set_dimension_size_c1 | set-dimension-size | {1} => {2}
set_dimension_size_x1 | set-dimension-size | {1} => {0,1}
set_dimension_size_i2 | set-dimension-size | s32[] n => s64[] n
dynamic_slice_i2 | dynamic-slice | s32[] j => f32[] j
dynamic_slice_c2 | dynamic-slice | , s32[] j =>
dynamic_slice_c2 | dynamic-slice | {2,2} => {2}
dynamic_slice_c3 | dynamic-slice | s32[] j => s64[] j
dynamic_slice_c4 | dynamic-slice | {2,2} => {2,6}
dynamic_update_slice_i3 | dynamic-update-slice | s32[] j => f32[] j
dynamic_update_slice_c2 | dynamic-update-slice | f32[2,2] => s32[2,2]
dynamic_update_slice_c3 | dynamic-update-slice | f32[2,2] => f32[2]
dynamic_update_slice_c4 | dynamic-update-slice | , s32[] j =>
dynamic_update_slice_c5 | dynamic-update-slice | s32[] j => s64[] j
dynamic_update_slice_c6 | dynamic-update-slice | f32[2,2] => f32[5,2]
gather_i2 | gather | s32[3] i => f32[3] i
gather_c1 | gather | offset_dims={1} => offset_dims={}
gather_c2 | gather | index_vector_dim=1 => index_vector_dim=2
gather_c3 | gather | start_index_map={0} => start_index_map={0,1}
gather_c4 | gather | offset_dims={1} => offset_dims={1,0}
gather_c5 | gather | offset_dims={1} => offset_dims={2}
gather_c6 | gather | collapsed_slice_dims={0} => collapsed_slice_dims={0,0}
gather_c7 | gather | collapsed_slice_dims={0} => collapsed_slice_dims={1,0}
gather_c8 | gather | collapsed_slice_dims={0} => collapsed_slice_dims={2}
gather_c9 | gather | {1,2} => {2,2}
gather_c10 | gather | index_vector => operand_batching_dims={1,0}, start_indices_batching_dims={0,1}, index_vector
gather_c11 | gather | index_vector => operand_batching_dims={2}, start_indices_batching_dims={0}, index_vector
gather_c12 | gather | collapsed_slice_dims={0} => collapsed_slice_dims={}, operand_batching_dims={0}, start_indices_batching_dims={0} | {1,2} => {2,2}
gather_c13 | gather | index_vector => operand_batching_dims={0,1}, start_indices_batching_dims={0,0}, index_vector
gather_c14 | gather | index_vector => operand_batching_dims={0}, start_indices_batching_dims={2}, index_vector
gather_c16 | gather | index_vector => operand_batching_dims={0}, index_vector
gather_c18 | gather | s32[3] i => s32[3,2] i | start_index_map={0} => start_index_map={0,0}
gather_c19 | gather | start_index_map={0} => start_index_map={2}
gather_c20 | gather | {1,2} => {1}
gather_c21 | gather | {1,2} => {1,3}
map_c1 | map | f32[4] b => f32[5] b
map_c4 | map | add_f32 => negate_f32x4
reduce_c1 | reduce | f32[] init => f32[3,2] b, f32[] init, f32[] more
reduce_c2 | reduce | f32[] init => s32[] init
reduce_c3 | reduce | f32[] init => f32[] init, f32[] more
reduce_c4 | reduce | {1} => {2}
reduce_c5 | reduce | {1} => {1,1}
reduce_c6 | reduce | add_f32 => lt_f32
reduce_window_c1 | reduce-window | f32[] init => f32[] init, f32[] more
reduce_window_c2 | reduce-window | f32[] init => f32[6,4] b, f32[] init, f32[] more
reduce_window_c3 | reduce-window | f32[] init => s32[] init
reduce_window_c4 | reduce-window | size=2x2 stride=2x2 => size=2
reduce_window_c5 | reduce-window | size=2x2 => size=0x2
reduce_window_c7 | reduce-window | stride=2x2 => stride=0x2
reduce_window_c9 | reduce-window | stride=2x2 => lhs_dilate=0x1
reduce_window_c11 | reduce-window | stride=2x2 => rhs_dilate=0x1
reduce_window_c13 | reduce-window | max_f32 => lt_f32
scatter_i2 | scatter | s32[3] i => f32[3] i
scatter_c1 | scatter | s32[3] i => f32[5,3] b, s32[3] i | updates) => updates, f32[3,2] more)
scatter_c2 | scatter | inserted_window_dims={0} => inserted_window_dims={}
scatter_c3 | scatter | s32[3] i => f32[5,2] b, s32[3] i | updates) => updates, f32[3,1] more)
scatter_c4 | scatter | f32[3,2] => f32[3]
scatter_c4 | scatter | f32[3,2] => f32[3,4]
scatter_c4 | scatter | f32[3,2] => f32[4,2]
scatter_c5 | scatter | updates) => updates, f32[3,2] more)
scatter_c6 | scatter | f32[3,2] => s32[3,2]
scatter_c7 | scatter | f32[3,2] => f32[3,2,2] | update_window_dims={1} => update_window_dims={2,1}
scatter_c8 | scatter | update_window_dims={1} => update_window_dims={2}
scatter_c9 | scatter | inserted_window_dims={0} => inserted_window_dims={0,0}
scatter_c10 | scatter | inserted_window_dims={0} => inserted_window_dims={1,0}
scatter_c11 | scatter | inserted_window_dims={0} => inserted_window_dims={2}
scatter_c12 | scatter | index_vector => input_batching_dims={1,0}, index_vector
scatter_c13 | scatter | index_vector => input_batching_dims={2}, index_vector
scatter_c14 | scatter | f32[3,2] => f32[3] | update_window_dims={1} => update_window_dims={} | inserted_window_dims={0} => inserted_window_dims={}, input_batching_dims={0,1}, scatter_indices_batching_dims={0,0}
scatter_c15 | scatter | inserted_window_dims={0} => inserted_window_dims={}, input_batching_dims={0}, scatter_indices_batching_dims={2}
scatter_c17 | scatter | inserted_window_dims={0} => inserted_window_dims={}, input_batching_dims={0}
scatter_c19 | scatter | operand_dims={0} => operand_dims={0,1}
scatter_c20 | scatter | s32[3] i => s32[3,2] i | operand_dims={0} => operand_dims={0,0}
scatter_c21 | scatter | operand_dims={0} => operand_dims={2}
scatter_c22 | scatter | index_vector_dim=1 => index_vector_dim=2
scatter_c23 | scatter | add_f32 => lt_f32
select_and_scatter_c1 | select-and-scatter | f32[2,3] source => s32[2,3] source
select_and_scatter_c2 | select-and-scatter | f32[2,3] source => f32[2,2] source
select_and_scatter_c3 | select-and-scatter | f32[] init => f32[1] init
select_and_scatter_c4 | select-and-scatter | size=2x2 stride=2x2 => size=2
select_and_scatter_c5 | select-and-scatter | size=2x2 => size=0x2
select_and_scatter_c7 | select-and-scatter | stride=2x2 => stride=0x2
select_and_scatter_c9 | select-and-scatter | ge_f32 => max_f32
select_and_scatter_c10 | select-and-scatter | add_f32 => lt_f32
select_and_scatter_x1 | select-and-scatter | stride=2x2 => lhs_dilate=0x1
select_and_scatter_x2 | select-and-scatter | stride=2x2 => rhs_dilate=0x1
sort_c3 | sort | f32[5] a => f32[5] a, f32[4] b
sort_c4 | sort | {0} => {1}
sort_c5 | sort | lt_f32 => add_f32
sort_x1 | sort | {0} => {0,0}
topk_c1 | topk | f32[2,8] => f32[]
topk_c2 | topk | k=3 => k=9
get_tuple_element_i1 | get-tuple-element | (s32[], f32[2]) a => f32[2] a
get_tuple_element_c1 | get-tuple-element | index=1 => index=2
call_c1 | call | , f32[] b =>
call_c2 | call | f32[] b => s32[] b
fusion_c1 | fusion | , f32[4] b =>
fusion_c2 | fusion | f32[4] b => f32[5] b
while_c1 | while | condition=below_10 => condition=double_and_count
while_c1 | while | condition=below_10 => condition=lt_f32
while_c2 | while | body=double_and_count => body=below_10
while_c2 | while | body=double_and_count => body=add_f32
conditional_i1 | conditional | pred[] p => f32[] p
conditional_c1 | conditional | true_computation=negate_f32x4, false_computation=double_f32x4 => branch_computations={negate_f32x4}
conditional_c2 | conditional | f32[4] b => f32[5] b
conditional_x1 | conditional | pred[] p => s32[] p | true_computation=negate_f32x4, false_computation=double_f32x4 => branch_computations={negate_f32x4}
custom_call_x3 | custom-call | "TopK" => "PartialReduce", backend_config={"reduction_dim":1,"log2_reduction":1}
custom_call_x2 | custom-call | called => operand_layout_constraints={f32[2,9]{1,0}}, called
custom_call_x4 | custom-call | f32[2,8] a => token[] after-all
custom_call_x5 | custom-call | "TopK" => "Sharding" | (f32[2,3], s32[2,3]) => s32[2,8]
custom_call_x6 | custom-call | "TopK" => "Sharding" | (f32[2,3], s32[2,3]) => f32[2,3]
custom_call_x7 | custom-call | s32[2,3] => u32[2,3]
custom_call_x8 | custom-call | f32[2,8] a => f32[2,2] a
add_dependency_i2 | add-dependency | token[] after-all => f32[4] b
rng_i1 | rng | f32[] low => f32[1] low
rng_i2 | rng | f32[] high => f32[1] high
rng_c1 | rng | f32[] high => s32[] high
rng_c2 | rng | f32[] low, f32[] high => s32[] low, s32[] high | r = f32 => r = s32 | rng_uniform => rng_normal
rng_c3 | rng | r = f32[4] => r = (f32[4])
rng_bit_generator_c1 | rng-bit-generator | r = (u64[2], => r = (u64[3],
dot_x4 | dot | f32[2,3] a => s64[2,3] a
dot_c1 | dot | lhs_c => lhs_batch_dims={0}, lhs_c
dot_c2 | dot | lhs_contracting_dims={1} => lhs_contracting_dims={1,0}
dot_c3 | dot | lhs_contracting_dims={1} => lhs_contracting_dims={1,1}
dot_c4 | dot | rhs_contracting_dims={0} => rhs_contracting_dims={0,0}
dot_c5 | dot | lhs_c => lhs_batch_dims={2}, lhs_c
dot_c6 | dot | lhs_contracting_dims={1} => lhs_contracting_dims={2}
dot_c7 | dot | lhs_c => rhs_batch_dims={2}, lhs_c
dot_c8 | dot | rhs_contracting_dims={0} => rhs_contracting_dims={2}
dot_c9 | dot | lhs_c => lhs_batch_dims={0}, rhs_batch_dims={1}, lhs_c
dot_c10 | dot | f32[3,4] => f32[4,4]
ragged_dot_x4 | ragged-dot | f32[6,3] a => c64[6,3] a
ragged_dot_c1 | ragged-dot | lhs_c => lhs_batch_dims={0}, lhs_c
ragged_dot_c2 | ragged-dot | lhs_contracting_dims={1} => lhs_contracting_dims={1,0}
ragged_dot_c3 | ragged-dot | lhs_contracting_dims={1} => lhs_contracting_dims={1,1}
ragged_dot_c4 | ragged-dot | rhs_contracting_dims={1} => rhs_contracting_dims={1,1}
ragged_dot_c5 | ragged-dot | lhs_c => lhs_batch_dims={2}, lhs_c
ragged_dot_c6 | ragged-dot | lhs_contracting_dims={1} => lhs_contracting_dims={2}
ragged_dot_c7 | ragged-dot | lhs_c => rhs_batch_dims={3}, lhs_c
ragged_dot_c8 | ragged-dot | rhs_contracting_dims={1} => rhs_contracting_dims={3}
ragged_dot_c9 | ragged-dot | lhs_c => lhs_batch_dims={0}, rhs_batch_dims={0}, lhs_c
ragged_dot_c10 | ragged-dot | f32[2,3,4] => f32[2,4,4]
ragged_dot_c11 | ragged-dot | ragged_dims={0} => ragged_dims={0,1}
ragged_dot_c12 | ragged-dot | ragged_dims={0} => ragged_dims={2}
ragged_dot_c13 | ragged-dot | s32[2] => s32[3,2]
ragged_dot_c14 | ragged-dot | group_dims={0} => group_dims={3}
ragged_dot_c15 | ragged-dot | group_dims={0} => group_dims={1}
ragged_dot_c16 | ragged-dot | group_dims={0} => group_dims={}
ragged_dot_c17 | ragged-dot | s32[2] => s32[3]
scaled_dot_c1 | scaled-dot | lhs_c => lhs_batch_dims={0}, lhs_c
scaled_dot_c2 | scaled-dot | lhs_contracting_dims={1} => lhs_contracting_dims={1,0}
scaled_dot_c3 | scaled-dot | lhs_contracting_dims={1} => lhs_contracting_dims={1,1}
scaled_dot_c4 | scaled-dot | rhs_contracting_dims={0} => rhs_contracting_dims={0,0}
scaled_dot_c5 | scaled-dot | lhs_c => lhs_batch_dims={2}, lhs_c
scaled_dot_c6 | scaled-dot | lhs_contracting_dims={1} => lhs_contracting_dims={2}
scaled_dot_c7 | scaled-dot | lhs_c => rhs_batch_dims={2}, lhs_c
scaled_dot_c8 | scaled-dot | rhs_contracting_dims={0} => rhs_contracting_dims={2}
scaled_dot_c9 | scaled-dot | f32[2,4] a => f32[3,4] a | lhs_c => lhs_batch_dims={0}, rhs_batch_dims={1}, lhs_c
scaled_dot_c10 | scaled-dot | f32[4,2] => f32[6,2]
scaled_dot_x4 | scaled-dot | f32[2,4] a => s64[2,4] a
scaled_dot_x1 | scaled-dot | lhs_contracting_dims={1}, rhs_contracting_dims={0} => lhs_contracting_dims={}, rhs_contracting_dims={}
scaled_dot_x2 | scaled-dot | f32[2,2] a_scale => f32[2,3] a_scale
scaled_dot_x3 | scaled-dot | f32[2,4] a => bf16[2,4] a | f32[4,2] b => bf16[4,2] b | f32[2,2] a_scale => bf16[] a_scale | f32[2,2] b_scale => bf16[] b_scale
convolution_c1 | convolution | f32[1,5,5,3] => f32[1,5,5]
convolution_c2 | convolution | size=3x3 => size=3
convolution_c3 | convolution | size=3x3 => size=3x3 stride=0x1
convolution_c6 | convolution | size=3x3 => size=3x3 lhs_dilate=0x1
convolution_c8 | convolution | size=3x3 => size=3x3 rhs_dilate=0x1
convolution_c10 | convolution | dim_labels => batch_group_count=2, dim_labels
convolution_c11 | convolution | dim_labels => feature_group_count=2, dim_labels
convolution_c14 | convolution | f32[3,3,3,2] => f32[3,3,4,2]
convolution_c15 | convolution | f32[1,5,5,3] => f32[2,5,5,3] | f32[3,3,3,2] => f32[3,3,3,3] | dim_labels => batch_group_count=2, dim_labels
convolution_c16 | convolution | f32[3,3,3,2] => f32[3,3,1,2] | dim_labels => feature_group_count=3, dim_labels
convolution_c21 | convolution | dim_labels => feature_group_count=0, dim_labels
convolution_c22 | convolution | dim_labels => batch_group_count=0, dim_labels
convolution_c23 | convolution | dim_labels => feature_group_count=2, batch_group_count=2, dim_labels
convolution_x1 | convolution | size=3x3 => size=2x3
convolution_x2 | convolution | size=3x3 => size=0x3
fft_c1 | fft | {4} => {4,4}
fft_c2 | fft | c64[4] a => f32[4] a
fft_c3 | fft | {4} => {}
fft_c4 | fft | c64[4] a => f32[4] a | =FFT => =RFFT | {4} => {5}
fft_c4 | fft | c64[4] a => c64[3,3] a | =FFT => =IRFFT | {4} => {4,4}
fft_c5 | fft | =FFT => =IRFFT
cholesky_i1 | cholesky | f32[3,3] a => s32[3,3] a
cholesky_c2 | cholesky | f32[3,3] a => f32[3] a
cholesky_c3 | cholesky | f32[3,3] a => f32[3,4] a
triangular_solve_i1 | triangular-solve | f32[3,3] a => s32[3,3] a
triangular_solve_c1 | triangular-solve | f32[3,2] b => f64[3,2] b
triangular_solve_c2 | triangular-solve | f32[3,3] a => f32[3] a
triangular_solve_c2 | triangular-solve | f32[3,2] b => f32[1,3,2] b
triangular_solve_c3 | triangular-solve | f32[3,2] b => f32[4,2] b
batch_norm_training_i1 | batch-norm-training | f32[4,3] a => s32[4,3] a
batch_norm_training_c1 | batch-norm-training | index=1 => index=2
batch_norm_training_c2 | batch-norm-training | f32[3] scale => s32[3] scale
batch_norm_training_c3 | batch-norm-training | f32[3] scale => f32[4] scale
batch_norm_training_c4 | batch-norm-training | f32[3] offset => f32[4] offset
batch_norm_inference_i1 | batch-norm-inference | f32[4,3] a => s32[4,3] a
batch_norm_inference_c1 | batch-norm-inference | index=1 => index=2
batch_norm_inference_c2 | batch-norm-inference | f32[3] mean => s32[3] mean
batch_norm_inference_c3 | batch-norm-inference | f32[3] scale => f32[4] scale
batch_norm_inference_c4 | batch-norm-inference | f32[3] offset => f32[4] offset
batch_norm_inference_c5 | batch-norm-inference | f32[3] mean => f32[4] mean
batch_norm_inference_c6 | batch-norm-inference | f32[3] variance => f32[4] variance
batch_norm_grad_i1 | batch-norm-grad | f32[4,3] a => s32[4,3] a
batch_norm_grad_c1 | batch-norm-grad | index=1 => index=2
batch_norm_grad_c2 | batch-norm-grad | f32[3] mean => s32[3] mean
batch_norm_grad_c3 | batch-norm-grad | f32[4,3] gradient => f32[4,4] gradient
batch_norm_grad_c4 | batch-norm-grad | f32[3] variance => f32[4] variance
batch_norm_grad_c5 | batch-norm-grad | f32[3] scale => f32[4] scale
all_gather_c1 | all-gather | dimensions={0} => dimensions={2}
all_gather_c2 | all-gather | {{0,1}} => {{0,0}}
all_gather_c4 | all-gather | {{0,1}} => {{0,2}}
all_gather_c5 | all-gather | dimensions => use_global_device_ids=true, dimensions
all_gather_c6 | all-gather | r = f32[4,3] => r = f32[8,3]
all_reduce_c1 | all-reduce | {{0,1}} => {{0,0}}
all_reduce_c3 | all-reduce | {{0,1}} => {{0,2}}
all_reduce_c4 | all-reduce | to_apply => use_global_device_ids=true, to_apply
reduce_scatter_c1 | reduce-scatter | f32[4] a => f32[5] a | replica_groups={{0,1}}, =>
reduce_scatter_c2 | reduce-scatter | dimensions={0} => dimensions={1}
reduce_scatter_c3 | reduce-scatter | {{0,1}} => {{0,0}}
reduce_scatter_c5 | reduce-scatter | {{0,1}} => {{0,2}}
reduce_scatter_c6 | reduce-scatter | dimensions => use_global_device_ids=true, dimensions
reduce_scatter_c8 | reduce-scatter | r = f32[2] => r = f32[1]
all_to_all_c1 | all-to-all | dimensions={0} => dimensions={1}
all_to_all_c2 | all-to-all | (f32[4] a => (f32[5] a
all_to_all_c5 | all-to-all | {{0,1}} => {{0,0}}
all_to_all_c7 | all-to-all | {{0,1}} => {{0,2}}
all_to_all_x1 | all-to-all | (f32[4] a => (f32[4] a, f32[5] b | , dimensions={0} =>
all_to_all_x2 | all-to-all | (f32[4] a => (f32[4] a, f32[4] b
ragged_all_to_all_c1 | ragged-all-to-all | {{0,1}} => {{0,0}}
ragged_all_to_all_c2 | ragged-all-to-all | {{0,1}} => {{0,2}}
ragged_all_to_all_c3 | ragged-all-to-all | s32[2] from => s32[] from
ragged_all_to_all_c4 | ragged-all-to-all | s32[2] to => s32[3] to
collective_permute_c2 | collective-permute | {{0,1},{1,0}} => {{0,1},{0,2}}
collective_permute_c3 | collective-permute | {{0,1},{1,0}} => {{0,1},{1,1}}
infeed_i1 | infeed | token[] after-all => f32[4] a
outfeed_i2 | outfeed | token[] after-all => f32[4] b
outfeed_c1 | outfeed | outfeed_shape=f32[4] => outfeed_shape=f32[5]
async_start_c1 | async-start | r = ((f32[4]), f32[4], u32[]) => r = (f32[4])
async_start_c4 | async-start | r = ((f32[4]), => r = ((f32[5]),
`;

/** A violation: its label, and the example of an opcode with replacements made in it. */
export interface ConstraintCase {
  readonly label: string;
  readonly opcode: string;
  readonly replacements: readonly (readonly [from: string, to: string])[];
}

export const constraintCases: readonly ConstraintCase[] = table
  .trim()
  .split('\n')
  .map((line) => {
    const [label, opcode, ...rest] = line.split(/ \| | \|$/);
    const replacements = rest.map((r): [string, string] => {
      const [from, to] = r.split(/ => ?/);
      return [from!, to ?? ''];
    });
    return { label: label!, opcode: opcode!, replacements };
  });
