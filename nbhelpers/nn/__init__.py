"""Neural networks from scratch in NumPy: written to be read, and as fast as TensorFlow on a CPU.

Functions come in pairs: ``*_forward`` returns the output and a cache, ``*_backward`` takes the
gradient of the output and that cache, and returns the gradients of the inputs. Layers wrap them,
and `Sequential` puts layers in a row. Names, axes and defaults are Keras': images are ``(batch,
height, width, channels)``, kernels ``(kernel_h, kernel_w, channels, filters)``.
"""

from nbhelpers.nn._activations import (
    elu_backward,
    elu_forward,
    gelu_backward,
    gelu_forward,
    leaky_relu_backward,
    leaky_relu_forward,
    prelu_backward,
    prelu_forward,
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    silu_backward,
    silu_forward,
    softmax_backward,
    softmax_forward,
    softplus_backward,
    softplus_forward,
    tanh_backward,
    tanh_forward,
)
from nbhelpers.nn._conv import conv2d_backward, conv2d_forward
from nbhelpers.nn._dense import dense_backward, dense_forward, flatten_backward, flatten_forward
from nbhelpers.nn._gradients import check_gradient, numerical_gradient
from nbhelpers.nn._initialisers import (
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    random_normal,
)
from nbhelpers.nn._layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPooling2D,
    PReLU,
)
from nbhelpers.nn._losses import (
    binary_crossentropy,
    binary_crossentropy_backward,
    categorical_crossentropy,
    categorical_crossentropy_backward,
    mean_squared_error,
    mean_squared_error_backward,
    softmax,
)
from nbhelpers.nn._memory import keep_freed_arrays
from nbhelpers.nn._normalisation import (
    batch_norm_backward,
    batch_norm_forward,
    dropout_backward,
    dropout_forward,
)
from nbhelpers.nn._optimizers import SGD, Adam
from nbhelpers.nn._pool import (
    average_pool2d_backward,
    average_pool2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)
from nbhelpers.nn._sequential import Sequential

keep_freed_arrays()

__all__ = [
    "Activation",
    "Adam",
    "AveragePooling2D",
    "BatchNormalization",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "Layer",
    "MaxPooling2D",
    "PReLU",
    "SGD",
    "Sequential",
    "average_pool2d_backward",
    "average_pool2d_forward",
    "batch_norm_backward",
    "batch_norm_forward",
    "check_gradient",
    "conv2d_backward",
    "conv2d_forward",
    "dense_backward",
    "dense_forward",
    "dropout_backward",
    "dropout_forward",
    "elu_backward",
    "elu_forward",
    "flatten_backward",
    "flatten_forward",
    "gelu_backward",
    "gelu_forward",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "leaky_relu_backward",
    "leaky_relu_forward",
    "lecun_normal",
    "max_pool2d_backward",
    "max_pool2d_forward",
    "numerical_gradient",
    "prelu_backward",
    "prelu_forward",
    "random_normal",
    "relu_backward",
    "relu_forward",
    "sigmoid_backward",
    "binary_crossentropy",
    "binary_crossentropy_backward",
    "sigmoid_forward",
    "silu_backward",
    "silu_forward",
    "softmax",
    "softmax_backward",
    "categorical_crossentropy",
    "categorical_crossentropy_backward",
    "softmax_forward",
    "softplus_backward",
    "softplus_forward",
    "mean_squared_error",
    "mean_squared_error_backward",
    "tanh_backward",
    "tanh_forward",
]
