"""
The messages of Caffe's files: nets as text (`.prototxt`) and as bytes (`.caffemodel`).

Fields of `LayerParameter` up to 148 are Caffe's own, 200 to 206 those of its SSD branch. Other
branches gave numbers of their own to what they added, which often clash; from 2001 on stand those
that are read from text only. What trains a net is left out, and skipped where it occurs.
"""

from __future__ import annotations

from functools import cache

from google.protobuf.message import Message

from ..formats.protobuf_messages import message_classes

PLACE = 1000
"""Fields that no file has, for where the data of a blob lies (`protobuf_wire.without_run`)."""

MESSAGES = """
enum V1Type: NONE=0 ACCURACY=1 BNLL=2 CONCAT=3 CONVOLUTION=4 DATA=5 DROPOUT=6 EUCLIDEAN_LOSS=7
  FLATTEN=8 HDF5_DATA=9 HDF5_OUTPUT=10 IM2COL=11 IMAGE_DATA=12 INFOGAIN_LOSS=13 INNER_PRODUCT=14
  LRN=15 MULTINOMIAL_LOGISTIC_LOSS=16 POOLING=17 RELU=18 SIGMOID=19 SOFTMAX=20 SOFTMAX_LOSS=21
  SPLIT=22 TANH=23 WINDOW_DATA=24 ELTWISE=25 POWER=26 SIGMOID_CROSS_ENTROPY_LOSS=27 HINGE_LOSS=28
  MEMORY_DATA=29 ARGMAX=30 THRESHOLD=31 DUMMY_DATA=32 SLICE=33 MVN=34 ABSVAL=35 SILENCE=36
  CONTRASTIVE_LOSS=37 EXP=38 DECONVOLUTION=39
enum Phase: TRAIN=0 TEST=1
enum PoolMethod: MAX=0 AVE=1 STOCHASTIC=2
enum RoundMode: CEIL=0 FLOOR=1
enum EltwiseOp: PROD=0 SUM=1 MAX=2
enum NormRegion: ACROSS_CHANNELS=0 WITHIN_CHANNEL=1
enum ReductionOp: SUM=1 ASUM=2 SUMSQ=3 MEAN=4
enum CodeType: CORNER=1 CENTER_SIZE=2 CORNER_SIZE=3
BlobShape: dim=1 int64* packed
BlobProto: num=1 int32; channels=2 int32; height=3 int32; width=4 int32; data=5 float* packed;
  shape=7 BlobShape; double_data=8 double* packed; data_place=1000 uint64; data_bytes=1001 uint64
NetState: phase=1 Phase=TEST; level=2 int32=0; stage=3 string*
NetStateRule: phase=1 Phase; min_level=2 int32; max_level=3 int32; stage=4 string*; not_stage=5
  string*
NetParameter: name=1 string; layers=2 V1LayerParameter*; input=3 string*; input_dim=4 int64*;
  input_shape=8 BlobShape*; state=6 NetState; layer=100 LayerParameter*
LayerParameter: name=1 string; type=2 string; bottom=3 string*; top=4 string*; blobs=7 BlobProto*;
  include=8 NetStateRule*; exclude=9 NetStateRule*; param=6 ParamSpec*; transform_param=100
  TransformationParameter; accuracy_param=102 AccuracyParameter; argmax_param=103 ArgMaxParameter;
  batch_norm_param=139 BatchNormParameter; bias_param=141 BiasParameter; clip_param=148
  ClipParameter; concat_param=104 ConcatParameter; convolution_param=106 ConvolutionParameter;
  crop_param=144 CropParameter; data_param=107 DataParameter; dropout_param=108 DropoutParameter;
  dummy_data_param=109 DummyDataParameter; eltwise_param=110 EltwiseParameter; elu_param=140
  ELUParameter; embed_param=137 EmbedParameter; exp_param=111 ExpParameter; flatten_param=135
  FlattenParameter; image_data_param=115 DataParameter; inner_product_param=117
  InnerProductParameter; input_param=143 InputParameter; log_param=134 LogParameter; lrn_param=118
  LRNParameter; memory_data_param=119 MemoryDataParameter; mvn_param=120 MVNParameter;
  parameter_param=145 ParameterParameter; pooling_param=121 PoolingParameter; power_param=122
  PowerParameter; prelu_param=131 PReLUParameter; recurrent_param=146 RecurrentParameter;
  reduction_param=136 ReductionParameter; relu_param=123 ReLUParameter; reshape_param=133
  ReshapeParameter; scale_param=142 ScaleParameter; softmax_param=125 SoftmaxParameter;
  spp_param=132 SPPParameter; slice_param=126 SliceParameter; swish_param=147 SwishParameter;
  threshold_param=128 ThresholdParameter; tile_param=138 TileParameter; permute_param=202
  PermuteParameter; prior_box_param=203 PriorBoxParameter; detection_output_param=204
  DetectionOutputParameter; norm_param=206 NormalizeParameter; interp_param=2001 InterpParameter;
  shuffle_channel_param=2002 ShuffleChannelParameter; upsample_param=2003 UpsampleParameter;
  roi_pooling_param=2004 ROIPoolingParameter; bn_param=2006
  BNParameter; hard_sigmoid_param=2008
  HardSigmoidParameter
V1LayerParameter: layer=1 V0LayerParameter; bottom=2 string*; top=3 string*; name=4 string; type=5
  V1Type; blobs=6 BlobProto*; include=32 NetStateRule*; exclude=33 NetStateRule*; param=1001
  string*; concat_param=9 ConcatParameter; convolution_param=10 ConvolutionParameter; data_param=11
  DataParameter; dropout_param=12 DropoutParameter; image_data_param=15 DataParameter;
  inner_product_param=17 InnerProductParameter; lrn_param=18 LRNParameter; pooling_param=19
  PoolingParameter; power_param=21 PowerParameter; memory_data_param=22 MemoryDataParameter;
  argmax_param=23 ArgMaxParameter; eltwise_param=24 EltwiseParameter; threshold_param=25
  ThresholdParameter; dummy_data_param=26 DummyDataParameter; accuracy_param=27 AccuracyParameter;
  relu_param=30 ReLUParameter; slice_param=31 SliceParameter; mvn_param=34 MVNParameter;
  transform_param=36 TransformationParameter; softmax_param=39 SoftmaxParameter; exp_param=41
  ExpParameter
V0LayerParameter: name=1 string; type=2 string; num_output=3 uint32; biasterm=4 bool; pad=7 uint32;
  kernelsize=8 uint32; group=9 uint32; stride=10 uint32; pool=11 PoolMethod; dropout_ratio=12
  float; local_size=13 uint32; alpha=14 float; beta=15 float; k=22 float; batchsize=19 uint32;
  cropsize=20 uint32; blobs=50 BlobProto*; concat_dim=65 uint32
ParamSpec: name=1 string
TransformationParameter: scale=1 float=1; crop_size=3 uint32=0; mean_value=5 float*
AccuracyParameter: top_k=1 uint32=1; axis=2 int32=1
ArgMaxParameter: out_max_val=1 bool=false; top_k=2 uint32=1; axis=3 int32
BatchNormParameter: use_global_stats=1 bool; moving_average_fraction=2 float=0.999; eps=3
  float=1e-5
BiasParameter: axis=1 int32=1; num_axes=2 int32=1
ClipParameter: min=1 float; max=2 float
ConcatParameter: axis=2 int32=1; concat_dim=1 uint32=1
ConvolutionParameter: num_output=1 uint32; bias_term=2 bool=true; pad=3 uint32*; kernel_size=4
  uint32*; group=5 uint32=1; stride=6 uint32*; pad_h=9 uint32=0; pad_w=10 uint32=0; kernel_h=11
  uint32; kernel_w=12 uint32; stride_h=13 uint32; stride_w=14 uint32; axis=16 int32=1; dilation=18
  uint32*
CropParameter: axis=1 int32=2; offset=2 uint32*
DataParameter: batch_size=4 uint32; crop_size=5 uint32=0
DropoutParameter: dropout_ratio=1 float=0.5
DummyDataParameter: num=2 uint32*; channels=3 uint32*; height=4 uint32*; width=5 uint32*; shape=6
  BlobShape*
EltwiseParameter: operation=1 EltwiseOp=SUM; coeff=2 float*
ELUParameter: alpha=1 float=1
EmbedParameter: num_output=1 uint32; input_dim=2 uint32; bias_term=3 bool=true
ExpParameter: base=1 float=-1; scale=2 float=1; shift=3 float=0
FlattenParameter: axis=1 int32=1; end_axis=2 int32=-1
InnerProductParameter: num_output=1 uint32; bias_term=2 bool=true; axis=5 int32=1; transpose=6
  bool=false
InputParameter: shape=1 BlobShape*
LogParameter: base=1 float=-1; scale=2 float=1; shift=3 float=0
LRNParameter: local_size=1 uint32=5; alpha=2 float=1; beta=3 float=0.75; norm_region=4
  NormRegion=ACROSS_CHANNELS; k=5 float=1
MemoryDataParameter: batch_size=1 uint32; channels=2 uint32; height=3 uint32; width=4 uint32
MVNParameter: normalize_variance=1 bool=true; across_channels=2 bool=false; eps=3 float=1e-9
ParameterParameter: shape=1 BlobShape
PoolingParameter: pool=1 PoolMethod=MAX; kernel_size=2 uint32; stride=3 uint32=1; pad=4 uint32=0;
  kernel_h=5 uint32; kernel_w=6 uint32; stride_h=7 uint32; stride_w=8 uint32; pad_h=9 uint32=0;
  pad_w=10 uint32=0; global_pooling=12 bool=false; round_mode=13 RoundMode=CEIL
PowerParameter: power=1 float=1; scale=2 float=1; shift=3 float=0
PReLUParameter: channel_shared=2 bool=false
RecurrentParameter: num_output=1 uint32; expose_hidden=5 bool=false
ReductionParameter: operation=1 ReductionOp=SUM; axis=2 int32=0; coeff=3 float=1
ReLUParameter: negative_slope=1 float=0
ReshapeParameter: shape=1 BlobShape; axis=2 int32=0; num_axes=3 int32=-1
ScaleParameter: axis=1 int32=1; num_axes=2 int32=1; bias_term=4 bool=false
SliceParameter: slice_dim=1 uint32=1; slice_point=2 uint32*; axis=3 int32=1
SoftmaxParameter: axis=2 int32=1
SPPParameter: pyramid_height=1 uint32; pool=2 PoolMethod=MAX
SwishParameter: beta=1 float=1
ThresholdParameter: threshold=1 float=0
TileParameter: axis=1 int32=1; tiles=2 int32
PermuteParameter: order=1 uint32*
PriorBoxParameter: min_size=1 float*; max_size=2 float*; aspect_ratio=3 float*; flip=4 bool=true;
  clip=5 bool=false; variance=6 float*; img_size=7 uint32; img_h=8 uint32; img_w=9 uint32; step=10
  float; step_h=11 float; step_w=12 float; offset=13 float=0.5
NonMaximumSuppressionParameter: nms_threshold=1 float=0.3; top_k=2 int32; eta=3 float=1
DetectionOutputParameter: num_classes=1 uint32; share_location=2 bool=true; background_label_id=3
  int32=0; nms_param=4 NonMaximumSuppressionParameter; code_type=6 CodeType=CORNER; keep_top_k=7
  int32=-1; variance_encoded_in_target=8 bool=false; confidence_threshold=9 float
NormalizeParameter: across_spatial=1 bool=true; channel_shared=3 bool=true; eps=4 float=1e-10
InterpParameter: height=1 int32=0; width=2 int32=0; zoom_factor=3 int32=1; shrink_factor=4 int32=1;
  pad_beg=5 int32=0; pad_end=6 int32=0
ShuffleChannelParameter: group=1 uint32=1
UpsampleParameter: scale=1 int32=2; scale_h=2 uint32; scale_w=3 uint32; upsample_h=5 uint32;
  upsample_w=6 uint32
ROIPoolingParameter: pooled_h=1 uint32; pooled_w=2 uint32; spatial_scale=3 float=1
BNParameter: eps=1 float=1e-5
HardSigmoidParameter: alpha=1 float=0.2; beta=2 float=0.5
"""
"""What is said of each message; see `protobuf_messages.message_classes`."""

CHILDREN = {
    "NetParameter": {2: "V1LayerParameter", 100: "LayerParameter"},
    "LayerParameter": {7: "BlobProto"},
    "V1LayerParameter": {1: "V0LayerParameter", 6: "BlobProto"},
    "V0LayerParameter": {50: "BlobProto"},
}
"""Where blobs are."""

BLOB_DATA = 5


@cache
def messages() -> dict[str, type[Message]]:
    """The classes by name, made when the first net is read."""
    return message_classes("stepwell.caffe", MESSAGES)
