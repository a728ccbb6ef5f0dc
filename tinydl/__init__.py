from tinydl import backend
from tinydl.autograd import grad, no_grad
from tinydl.tensor import Tensor
