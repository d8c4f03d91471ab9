class ConvolutionStepper extends live.Figure {}
live.define("convolution-stepper", ConvolutionStepper);
