// A kernel by the name of those in kernels/ whose array lies in local memory, to show that check_kernel_counts sees it.

namespace stationary {

enum class TablePlace { shared };
enum class Padding { known };
enum class NormalMap { reproducible };

template <class Lanes, int D>
struct LangevinStepper;

template <class Scalar, int D, int exact_dimension, template <class, int> class Stepper, TablePlace place,
          Padding padding, NormalMap map>
__global__ void run_chains(Scalar* numbers, const int* places) {
    Scalar kept[64] = {};
    for (int k = 0; k < 1000; ++k) kept[places[k] % 64] += numbers[k];  // indices known only at run time
    numbers[threadIdx.x] = kept[places[threadIdx.x] % 64];
}

template __global__ void run_chains<float, 1, 1, LangevinStepper, TablePlace::shared, Padding::known,
                                    NormalMap::reproducible>(float*, const int*);

}  // namespace stationary
