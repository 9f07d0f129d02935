#include "bench/ceiling/step_counts.h"

#include "bench/ceiling/noise_counts.h"
#include "kernels/chain/cell_tables.h"

#include <algorithm>
#include <stdexcept>

namespace stationary::bench {
namespace {

/// What it takes to read four neighbouring numbers of each lane's row: loads into a whole register, loads into a part
/// of one, and the shuffles of the 4×4 transposes.
struct QuarterReads {
    double loads;
    double inserts;
    double shuffles;
};
QuarterReads quarter_reads(SimdLevel level, int vectors) {
    switch (level) {
        case SimdLevel::generic:
            return vectors == 1 ? QuarterReads{4, 0, 8} : QuarterReads{8, 0, 8};
        case SimdLevel::avx2:
            return vectors == 1 ? QuarterReads{4, 4, 8} : QuarterReads{8, 0, 16};
        case SimdLevel::avx512:
            return vectors == 1 ? QuarterReads{4, 12, 8} : QuarterReads{8, 8, 16};
    }
    throw std::invalid_argument("unknown SIMD level");
}

/// Counts what a step does with numbers of the state's precision.
class StepCount {
  public:
    StepCount(const CellProgram& program, SimdLevel level)
        : program_(program), level_(level), d_(program.dimension), vectors_(program.double_precision ? 2 : 1) {}

    [[nodiscard]] PrimitiveCounts langevin() {
        noise_vectors(1, d_);
        matrix(program_.hessian);
        noise_factor(1);
        fma(d_);
        state(Primitive::add, d_);
        return counts_;
    }

    [[nodiscard]] PrimitiveCounts sgd() {
        switch (program_.oracle) {
            case Oracle::quadratic:
                quadratic();
                break;
            case Oracle::least_squares:
                least_squares();
                break;
            case Oracle::finite_quadratic:
                finite_quadratic();
                break;
            case Oracle::gaussian_regression:
                gaussian_regression();
                break;
        }
        update();
        return counts_;
    }

  private:
    [[nodiscard]] double batch() const { return static_cast<double>(program_.batch_size); }

    void state(Primitive primitive, double count) { counts_.add(primitive, vectors_ * count); }
    void fma(double count) {
        state(vectors_ == 2 ? Primitive::double_fused_multiply_add : Primitive::fused_multiply_add, count);
    }

    /// Normals are made in float, whatever the state's precision.
    void noise_vectors(double count, double normals_each) {
        counts_.add(normals(count * normals_each));
        if (vectors_ == 2) counts_.add(Primitive::widen, count * normals_each);
    }

    /// `times` dot products of n terms: four running sums (kernels/lanes/dot.h).
    void dot(double times, int n) {
        const int sums = std::min(n, 4);
        state(Primitive::multiply, times * sums);
        fma(times * (n - sums));
        state(Primitive::add, times * (sums - 1));
    }

    void matrix(const std::vector<double>& table) {
        if (is_diagonal(table, d_)) {
            state(Primitive::multiply, d_);
        } else {
            dot(d_, d_);
        }
    }

    void noise_factor(double times) {
        if (is_diagonal(program_.noise_factor, d_)) {
            state(Primitive::multiply, times * d_);
        } else {
            for (int row = 1; row <= d_; ++row) dot(times, row);
        }
    }

    /// A row of n numbers per lane, for each training point of a batch, after its index.
    void rows(int n) {
        counts_.add(indices(program_)).add(Primitive::load, batch() * lanes_of(level_));
        const QuarterReads each = quarter_reads(level_, vectors_);
        const double quarters = batch() * ((n + 3) / 4);
        counts_.add(Primitive::load, quarters * each.loads).add(Primitive::insert, quarters * each.inserts);
        counts_.add(Primitive::shuffle, quarters * each.shuffles);
    }

    void quadratic() {
        noise_vectors(batch(), d_);
        state(Primitive::add, (batch() - 1) * d_);
        noise_factor(1);
        matrix(program_.hessian);
        fma(d_);
    }

    void least_squares() {
        rows(d_ + 1);
        dot(batch(), d_);
        state(Primitive::add, batch());
        fma(batch() * d_ + 2 * d_);
    }

    void finite_quadratic() {
        rows(d_);
        state(Primitive::add, batch() * d_);
        matrix(program_.hessian);
        fma(d_);
    }

    void gaussian_regression() {
        noise_vectors(batch(), d_ + 1);
        noise_factor(batch());
        dot(batch(), d_);
        fma(batch() * (1 + d_));
        state(Primitive::multiply, d_);
    }

    /// v ← μ v + (1 − τ) ĝ, δ ← δ − η (a ĝ + c v), without the factors that are 1 and the terms that are 0.
    void update() {
        fma(d_);
        if (program_.momentum != 0.0) fma(d_);
        if (program_.gradient_weight != 1.0) state(Primitive::multiply, d_);
        if (program_.direct_weight != 0.0) {
            fma(d_);
            if (program_.direct_weight != 1.0) state(Primitive::multiply, d_);
        } else if (program_.velocity_weight != 1.0) {
            state(Primitive::multiply, d_);
        }
    }

    const CellProgram& program_;
    SimdLevel level_;
    int d_;
    int vectors_;  ///< per pack of numbers
    PrimitiveCounts counts_;
};

}  // namespace

PrimitiveCounts step_counts(const CellProgram& program, SimdLevel level) {
    StepCount count(program, level);
    return program.stepper == Stepper::langevin ? count.langevin() : count.sgd();
}

double matrix_operations(const CellProgram& program) {
    const double d = program.dimension;
    const auto products = [&](const std::vector<double>& table, double full) {
        return is_diagonal(table, program.dimension) ? d : full;
    };
    return 2 * (products(program.hessian, d * d) + products(program.noise_factor, d * (d + 1) / 2));
}

}  // namespace stationary::bench
