// The CUDA program that a user would write by hand: one thread a chain, a curandState for each thread (XORWOW, cuRAND's
// default), curand_normal for each draw, compiled with nvcc's default flags. It is a peer to compare with, no part of
// the engine, and shares no code with it.
//
// usage: peer_straightforward MODEL STATES SEED
// MODEL: words as cuda_peer.py writes them. STATES: where the final positions go, float32 [chains][d].
// Prints {"seconds": …}, the time of the simulation kernel.

#include <curand_kernel.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

void check(cudaError_t status) {
    if (status != cudaSuccess) throw std::runtime_error(cudaGetErrorString(status));
}

/// A float array on the device, for as long as the program runs.
float* upload(const std::vector<float>& values) {
    float* device = nullptr;
    check(cudaMalloc(&device, values.size() * sizeof(float)));
    check(cudaMemcpy(device, values.data(), values.size() * sizeof(float), cudaMemcpyHostToDevice));
    return device;
}

struct Model {
    std::string dynamics;
    int dimension = 0;
    int chains = 0, steps = 0;
    int training_points = 0;
    int batch_size = 0;
    float step_size = 0;  // h, or the learning rate η
    float momentum = 0;
    float ridge = 0;
    const float* hessian = nullptr;       // H [d][d]
    const float* noise_factor = nullptr;  // F [d][d], lower triangular
    const float* minimizer = nullptr;     // Φ* [d]
    const float* features = nullptr;      // X [N][d]
    const float* targets = nullptr;       // y [N]
};

std::vector<float> read_floats(std::istream& file, int count) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) file >> value;
    return values;
}

void write_floats(const char* name, const std::vector<float>& values) {
    std::ofstream file(name, std::ios::binary);
    file.write(reinterpret_cast<const char*>(values.data()), std::streamsize(values.size() * sizeof(float)));
    if (!file.flush()) throw std::runtime_error("the final positions cannot be written");
}

Model read_model(const char* name) {
    std::ifstream file(name);
    Model m;
    file >> m.dynamics >> m.dimension >> m.chains >> m.steps;
    const int square = m.dimension * m.dimension;
    if (m.dynamics == "langevin") {
        file >> m.step_size;
        m.hessian = upload(read_floats(file, square));
        m.noise_factor = upload(read_floats(file, square));
    } else {
        file >> m.training_points >> m.batch_size >> m.step_size >> m.momentum >> m.ridge;
        m.minimizer = upload(read_floats(file, m.dimension));
        m.features = upload(read_floats(file, m.training_points * m.dimension));
        m.targets = upload(read_floats(file, m.training_points));
    }
    if (!file) throw std::runtime_error("the model file is incomplete");
    return m;
}

__global__ void set_up(curandState* states, unsigned long long seed, int chains) {
    const int chain = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (chain < chains) curand_init(seed, static_cast<unsigned long long>(chain), 0, &states[chain]);
}

/// Φ ← Φ − h HΦ + F z.
template <int D>
__global__ void simulate_langevin(Model m, curandState* states, float* final_positions) {
    const int chain = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (chain >= m.chains) return;
    curandState state = states[chain];
    float position[D] = {};
    for (int step = 0; step < m.steps; ++step) {
        float noise[D];
        float moved[D];
        for (int i = 0; i < D; ++i) noise[i] = curand_normal(&state);
        for (int i = 0; i < D; ++i) {
            float gradient = 0;
            float kick = 0;
            for (int j = 0; j < D; ++j) gradient += m.hessian[i * D + j] * position[j];
            for (int j = 0; j <= i; ++j) kick += m.noise_factor[i * D + j] * noise[j];
            moved[i] = position[i] - m.step_size * gradient + kick;
        }
        for (int i = 0; i < D; ++i) position[i] = moved[i];
    }
    for (int i = 0; i < D; ++i) final_positions[chain * D + i] = position[i];
}

/// g = (1/B) Σ_b x_b (x_bᵀΦ − y_b) + ridge·Φ; v ← μv + g; Φ ← Φ − ηv.
template <int D>
__global__ void simulate_sgd(Model m, curandState* states, float* final_positions) {
    const int chain = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (chain >= m.chains) return;
    curandState state = states[chain];
    float position[D];
    float velocity[D] = {};
    for (int i = 0; i < D; ++i) position[i] = m.minimizer[i];
    for (int step = 0; step < m.steps; ++step) {
        float gradient[D] = {};
        for (int b = 0; b < m.batch_size; ++b) {
            const unsigned point = curand(&state) % static_cast<unsigned>(m.training_points);
            const float* features = m.features + point * D;
            float residual = -m.targets[point];
            for (int i = 0; i < D; ++i) residual += features[i] * position[i];
            for (int i = 0; i < D; ++i) gradient[i] += features[i] * residual;
        }
        for (int i = 0; i < D; ++i) {
            const float whole = gradient[i] / static_cast<float>(m.batch_size) + m.ridge * position[i];
            velocity[i] = m.momentum * velocity[i] + whole;
            position[i] -= m.step_size * velocity[i];
        }
    }
    for (int i = 0; i < D; ++i) final_positions[chain * D + i] = position[i];
}

template <int D>
void launch(const Model& m, curandState* states, float* final_positions) {
    constexpr int threads = 256;
    const int blocks = (m.chains + threads - 1) / threads;
    if (m.dynamics == "langevin") {
        simulate_langevin<D><<<blocks, threads>>>(m, states, final_positions);
    } else {
        simulate_sgd<D><<<blocks, threads>>>(m, states, final_positions);
    }
    check(cudaGetLastError());
}

void launch(const Model& m, curandState* states, float* final_positions) {
    if (m.dimension == 2) return launch<2>(m, states, final_positions);
    if (m.dimension == 10) return launch<10>(m, states, final_positions);
    throw std::runtime_error("compiled for d = 2 and d = 10 only");
}

curandState* make_states(const Model& m, unsigned long long seed) {
    curandState* states = nullptr;
    check(cudaMalloc(&states, static_cast<std::size_t>(m.chains) * sizeof(curandState)));
    set_up<<<(m.chains + 255) / 256, 256>>>(states, seed, m.chains);
    check(cudaGetLastError());
    return states;
}

/// Runs all chains and returns the seconds of the simulation kernel.
float simulate(const Model& m, unsigned long long seed, float* final_positions) {
    curandState* states = make_states(m, seed);
    Model no_steps = m;
    no_steps.steps = 0;
    launch(no_steps, states, final_positions);  // loads the kernel, which the first launch would be charged for

    cudaEvent_t start, stop;
    check(cudaEventCreate(&start));
    check(cudaEventCreate(&stop));
    check(cudaEventRecord(start));
    launch(m, states, final_positions);
    check(cudaEventRecord(stop));
    check(cudaEventSynchronize(stop));
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, start, stop));
    return milliseconds / 1000;
}

void run(const char* model_name, const char* states_name, unsigned long long seed) {
    const Model m = read_model(model_name);
    std::vector<float> positions(static_cast<std::size_t>(m.chains) * static_cast<std::size_t>(m.dimension));
    float* final_positions = upload(positions);
    const float seconds = simulate(m, seed, final_positions);
    check(cudaMemcpy(positions.data(), final_positions, positions.size() * sizeof(float), cudaMemcpyDeviceToHost));
    write_floats(states_name, positions);
    std::cout << "{\"seconds\": " << seconds << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc != 4) throw std::runtime_error("usage: peer_straightforward MODEL STATES SEED");
        run(argv[1], argv[2], std::strtoull(argv[3], nullptr, 10));
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
    return 0;
}
