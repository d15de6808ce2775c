"""The device that pycaffe computes on: Caffe's own global choice, set here and nowhere else."""

from types import ModuleType

from tools.caffe_run.caffe_install import import_caffe


def caffe_on(gpu: int | None) -> ModuleType:
    """Return the module caffe, set to compute on the GPU of that number, or on the CPU (None).

    Caffe keeps one device for the process: nets compute where it points when they are called.
    """
    caffe = import_caffe()
    if gpu is None:
        caffe.set_mode_cpu()
    else:
        caffe.set_device(gpu)
        caffe.set_mode_gpu()
    return caffe
